"""The JSON Schema of what lies over something inherited: nothing is required, and ``none`` takes a key away."""

from __future__ import annotations

from typing import Any

_Json = dict[str, Any]
_PREFIX = "#/$defs/"
_REQUIRES = ("required", "minProperties", "default")
NONE = {"const": "none", "description": "takes away what is inherited"}


def add_partial(name: str, definitions: _Json) -> str:
    """Add the partial twin of a definition, and of all that it needs; lists are written whole, as they replace.

    Args:
        name: the definition's.
        definitions: all of them by name; twins are added.

    Returns:
        The twin's name.
    """
    twin = f"Partial{name}"
    if twin not in definitions:
        definitions[twin] = {}  # a definition that holds itself finds its twin
        definitions[twin] = _partial(definitions[name], definitions)
    return twin


def _partial(schema: Any, definitions: _Json) -> Any:
    if not isinstance(schema, dict) or schema.get("type") == "array":
        return schema
    if "$ref" in schema:
        name = add_partial(schema["$ref"].removeprefix(_PREFIX), definitions)
        return {**_without(schema), "$ref": f"{_PREFIX}{name}"}
    kept = _without(schema)
    for union in ("anyOf", "oneOf"):
        members = kept.pop(union, None)
        if members and not all(set(member) == {"required"} for member in members):
            # A mapping without the key that says its kind fits many members: never exactly one.
            kept["anyOf"] = [_partial(member, definitions) for member in members]
    if "properties" in kept:
        kept["properties"] = {key: _or_none(inner, definitions) for key, inner in kept["properties"].items()}
    if isinstance(kept.get("additionalProperties"), dict):
        kept["additionalProperties"] = _or_none(kept["additionalProperties"], definitions)
    return kept


def _without(schema: _Json) -> _Json:
    return {key: inner for key, inner in schema.items() if key not in _REQUIRES}


def _or_none(schema: Any, definitions: _Json) -> _Json:
    inner = _partial(schema, definitions)
    return inner if "const" in inner else {"anyOf": [inner, NONE]}
