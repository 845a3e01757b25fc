"""The JSON Schema of the experiment file, made from the models, so that editors complete and check it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from experiments.language.partial_schema import add_partial
from simulator.metrics.names import METRICS
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.laws import LawSpec
from simulator.spec.units import Duration, Rate, Share, format_duration

SHIPPED = Path(__file__).with_name("callsim.schema.json")
"""The schema as it lies in the package."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_DISCRIMINATORS = ("dist", "process", "kind")
_ALWAYS_WRITTEN = ("Law", "Arrivals", "Batch", "Fault")
_STANDARD = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}
"""Limits that pydantic leaves in its own words."""

_Json = dict[str, Any]


def experiment_schema() -> _Json:
    """The schema: units and shorthands are alternatives with patterns."""
    definitions: _Json = {}
    root = _collect(ExperimentSpec.model_json_schema(mode="validation"), definitions)
    for name, definition in definitions.items():
        _state_what_is_written(name, definition)
    named = {name: _inner(kind) for name, kind in (("Duration", Duration), ("Rate", Rate), ("Share", Share))}
    named["Law"] = _hoist(_inner(LawSpec), named)
    definitions = {name: _hoist(value, named) for name, value in definitions.items()} | named
    _name_tables(root)
    body: _Json = _hoist(root, named)
    _let_services_extend(body, definitions)
    return {"$schema": DIALECT, "title": "callsim experiment", **body, "$defs": dict(sorted(definitions.items()))}


def schema_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(experiment_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _inner(kind: Any) -> _Json:
    """The schema of an annotated type; its definitions are those of the experiment."""
    return _collect(TypeAdapter(kind).json_schema(mode="validation"), {})


def _collect(schema: _Json, definitions: _Json) -> _Json:
    definitions.update({name: _clean(value) for name, value in schema.pop("$defs", {}).items()})
    cleaned: _Json = _clean(schema)
    return cleaned


def _clean(value: Any) -> Any:
    """Without titles, defaults of null, and null as a value: a file leaves out what is absent."""
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {_STANDARD.get(key, key): _clean(inner) for key, inner in value.items() if not _is_noise(key, inner)}
    for union in ("anyOf", "oneOf"):
        if isinstance(kept.get(union), list):
            kept[union] = [member for member in kept[union] if member != {"type": "null"}]
            if len(kept[union]) == 1:
                return {**{key: inner for key, inner in kept.items() if key != union}, **kept[union][0]}
    return kept


def _is_noise(key: str, inner: Any) -> bool:
    if key == "default":
        return inner is None or isinstance(inner, (dict, list))
    return key == "discriminator" or (key == "title" and isinstance(inner, str))


def _hoist(value: Any, named: _Json) -> Any:
    """Every copy of a named schema replaced by a reference to it."""
    if isinstance(value, list):
        return [_hoist(item, named) for item in value]
    if not isinstance(value, dict):
        return value
    for name, schema in named.items():
        rest = {key: inner for key, inner in value.items() if key not in ("default", "description")}
        if rest == schema:
            kept = {key: inner for key, inner in value.items() if key in ("default", "description")}
            return _with_unit({**kept, "$ref": f"#/$defs/{name}"})
    hoisted = {key: _hoist(inner, named) for key, inner in value.items()}
    return _within_a_union(hoisted, named)


def _within_a_union(value: _Json, named: _Json) -> _Json:
    """Members of a union that together are a named union, replaced by one reference."""
    members = value.get("anyOf")
    if not isinstance(members, list):
        return value
    for name, schema in named.items():
        inner = schema.get("anyOf")
        if inner and all(member in members for member in inner):
            others = [member for member in members if member not in inner]
            reference = {"$ref": f"#/$defs/{name}"}
            members = [reference, *others]
    rest = {key: entry for key, entry in value.items() if key != "anyOf"}
    return _with_unit({**rest, "anyOf": members} if len(members) > 1 else {**rest, **members[0]})


def _with_unit(value: _Json) -> _Json:
    """A default in seconds, written as a file would write it."""
    default = value.get("default")
    kinds = [part.get("$ref", "") for part in (value, *value.get("anyOf", ()))]
    if isinstance(default, float) and any(kind.endswith("/Duration") for kind in kinds):
        return {**value, "default": format_duration(default) if default else 0}
    return value


def _state_what_is_written(name: str, definition: _Json) -> None:
    """What the models know and pydantic does not say."""
    properties = definition.get("properties", {})
    if name.endswith(_ALWAYS_WRITTEN):
        written = [key for key in _DISCRIMINATORS if "const" in properties.get(key, {})]
        definition["required"] = sorted({*definition.get("required", []), *written})
    if name.endswith("Fault"):
        at_random = {"required": ["mtbf", "mttr"], "not": {"required": ["for"]}}
        definition["anyOf"] = [{"required": ["at", "for"]}, at_random]
    if name == "OperationSpec":
        definition.pop("required", None)
        definition["oneOf"] = [{"required": ["work"]}, {"required": ["steps"]}]
    if name == "WorkloadSpec":
        definition["oneOf"] = [{"required": [key]} for key in ("call", "path", "publish")]


def _let_services_extend(root: _Json, definitions: _Json) -> None:
    """A service that extends another needs to write nothing else; the rest need everything."""
    services = root["properties"]["services"]
    whole = services["additionalProperties"]
    heir = {"$ref": f"#/$defs/{add_partial('ServiceSpec', definitions)}"}
    services["additionalProperties"] = {"if": {"required": ["extends"]}, "then": heir, "else": whole}


def _name_tables(root: _Json) -> None:
    """The tables that the language reads itself."""
    properties = root["properties"]
    for table in ("policies", "calls"):
        members = properties[table]["additionalProperties"]["anyOf"]
        members[:] = [member for member in members if member.get("type") != "string"]
        members.append({"type": "string", "description": "the name of a policy, or none"})
    bound = {"type": ["string", "number", "object"]}
    metrics = {name: {**bound, "description": metric.meaning} for name, metric in METRICS.items()}
    figures = {"type": "object", "properties": metrics, "additionalProperties": False}
    periods = {**figures, "patternProperties": {"^(during|after) |^healthy$": figures}}
    properties["objectives"] = {"type": "object", "additionalProperties": periods}
    properties["sweep"] = {"type": "object", "additionalProperties": {"type": ["array", "object"]}}
    root["patternProperties"] = {"^x-": {}}
