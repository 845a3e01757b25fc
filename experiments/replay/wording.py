"""Complaints of the models in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

from simulator.spec.base import hint

SHOWN = 40
"""Characters: more of a wrong value says no more."""

_FOREIGN = frozenset(get_args(ErrorType))
"""The kinds of complaint that have pydantic's text; all others have ours."""

_SENTENCES: Mapping[str, str] = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "must be an object"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
    **dict.fromkeys(("int_type", "int_from_float", "int_parsing"), "must be a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    "string_type": "must be a text",
}
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
}
_WORDS = re.compile(r"'([^']*)'")


def complaints(details: Iterable[Any]) -> list[str]:
    """What is wrong with the values of a spec, each ``key: text``.

    Args:
        details: the errors of a pydantic `ValidationError`, as its ``errors()`` gives them.
    """
    return [
        f"{'.'.join(str(part) for part in detail['loc'])}: {_text(detail)}".lstrip(": ")
        for detail in details
        if not _is_echo(detail)
    ]


def _is_echo(detail: Any) -> bool:
    """Whether it only follows from another complaint: a list is empty because all of it was refused."""
    emptied = detail["type"] == "too_short" and bool(detail["input"])
    return emptied or detail["type"] == "default_factory_not_called"


def _text(detail: Any) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind not in _FOREIGN:
        return str(detail["msg"])
    if kind == "missing":
        return "is missing"
    if kind == "too_short":
        return "must not be empty"
    if kind == "literal_error":
        known = _WORDS.findall(str(context["expected"])) or [str(context["expected"])]
        return f"must be {' or '.join(known)}, not {shown(value)}{hint(str(value)[:SHOWN], known)}"
    if kind in _LIMITS:
        word, name = _LIMITS[kind]
        return f"must be {word} {context[name]:g}, not {shown(value)}"
    return f"{_SENTENCES.get(kind, 'has a value of another kind')}, not {shown(value)}"


def shown(value: Any) -> str:
    """A value as JSON has it, more or less, and no longer than tells it."""
    words = {"True": "true", "False": "false", "None": "null"}
    text = repr(value)
    return words.get(text, text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
