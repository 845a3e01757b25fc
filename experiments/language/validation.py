"""From the models' complaints to problems with a line: every message in one voice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from experiments.language.problems import Place, Problem, problem
from experiments.language.tree import Listing, Node, Scalar, Table, plain, shown
from simulator.spec.base import hint
from simulator.spec.experiment import ExperimentSpec

_OWN = {"unknown_key", "missing_key"}
Model = TypeVar("Model", bound=BaseModel)


def tags_of(model: type[BaseModel]) -> frozenset[str]:
    """The tags of every union, anywhere below a model, whose members are told apart by one."""
    return frozenset(_tags(model.__pydantic_core_schema__, set()))


def _tags(part: Any, seen: set[int]) -> Iterator[str]:
    if not isinstance(part, (dict, list, tuple)) or id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, dict) and part.get("type") == "tagged-union":
        yield from (tag for tag in part["choices"] if isinstance(tag, str))
    for inner in part.values() if isinstance(part, dict) else part:
        yield from _tags(inner, seen)


_TAGS = tags_of(ExperimentSpec)
"""What pydantic puts into a location for the member of a union that it took."""

_WORDS = re.compile(r"'([^']*)'")


def validate(model: type[Model], node: Table, context: Mapping[str, bool]) -> tuple[Model | None, list[Problem]]:
    """The model of a node, or every problem that it has."""
    try:
        return model.model_validate(plain(node), context=dict(context)), []
    except ValidationError as error:
        return None, _problems(error, node)


def _problems(error: ValidationError, root: Node) -> list[Problem]:
    found: dict[tuple[int, str], Problem] = {}
    for detail in error.errors():
        spot = locate(root, detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"])
        if _is_echo(detail["type"], spot.node):
            continue
        entry = _problem(detail, spot, detail["loc"])
        # Of the many complaints that the members of a union have about one value, the first says enough.
        mark = "" if isinstance(spot.node, Scalar) and not spot.rest else entry.path + entry.message
        found.setdefault((id(spot.node), mark), entry)
    return list(found.values())


def _is_echo(kind: str, node: Node) -> bool:
    """Whether the complaint only follows from another one."""
    emptied = kind == "too_short" and isinstance(node, (Listing, Table)) and bool(plain(node))
    return emptied or kind == "default_factory_not_called"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a complaint belongs.

    Attributes:
        node: the deepest node that was found.
        key: the last part of the location, if it is the key of that node; else empty.
        key_place: where this key stands.
        rest: the part of the location that was not found.
    """

    node: Node
    key: str
    key_place: Place
    rest: tuple[int | str, ...]


def locate(root: Node, loc: tuple[int | str, ...]) -> Spot:
    """The place that a location of pydantic means: locations also hold the tags of unions, which no file writes."""
    node, used, key, place = root, -1, "", root.place
    for used in _best(root, loc, 0)[1]:
        step = loc[used]
        key = step if isinstance(step, str) else ""
        place = node.key_place(key) if isinstance(node, Table) else node.place
        node = _below(node, step) or node
    rest = tuple(part for part in loc[used + 1 :] if part != "[key]")
    return Spot(node, key if used == len(loc) - 1 or loc[-1] == "[key]" else "", place, rest)


def _best(node: Node, loc: tuple[int | str, ...], start: int) -> tuple[tuple[int, int], tuple[int, ...]]:
    """The longest way down that follows the location and leaves out only tags; of equal ones, the one that ends
    latest."""
    best: tuple[tuple[int, int], tuple[int, ...]] = ((0, -1), ())
    for position in range(start, len(loc)):
        if position > start and not _is_written_nowhere(node, loc[position - 1]):
            break
        below = _below(node, loc[position])
        if below is None:
            continue
        (count, last), path = _best(below, loc, position + 1)
        candidate = ((count + 1, max(last, position)), (position, *path))
        best = max(best, candidate, key=lambda entry: entry[0])
    return best


def _is_written_nowhere(node: Node, step: int | str) -> bool:
    """Whether a part of a location is a tag, or belongs to the steps that ``work`` is short for."""
    is_short = isinstance(node, Table) and "work" in node.entries and "steps" not in node.entries
    return step in _TAGS or (is_short and step in ("steps", 0))


def _below(node: Node, step: int | str) -> Node | None:
    if isinstance(node, Table):
        return node.entries.get(str(step))
    if isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def _problem(detail: Any, spot: Spot, loc: tuple[int | str, ...]) -> Problem:
    kind, context, node = detail["type"], detail.get("ctx", {}), spot.node
    if kind == "missing":
        return problem(node.place, f"'{loc[-1]}' is missing")
    if loc[-1:] == ("[key]",):
        return problem(spot.key_place, _one_of(_WORDS.findall(str(context.get("expected", ""))), spot.key), spot.key)
    if kind == "unknown_key" and spot.key:
        return problem(spot.key_place, detail["msg"])
    if kind.startswith("union_tag") and isinstance(node, Table):
        return _wrong_kind(context, node)
    message = detail["msg"] if kind in _OWN else _worded(kind, detail["msg"], context, node)
    value = shown(node) if isinstance(node, Scalar) or kind.endswith("_type") else ""
    return problem(node.place, message, value)


def _wrong_kind(context: Mapping[str, Any], node: Table) -> Problem:
    key = str(context.get("discriminator", "")).strip("'")
    known = _WORDS.findall(str(context.get("expected_tags", "")))
    written = node.entries.get(key)
    if written is None:
        return problem(node.place, f"'{key}' is missing")
    return problem(written.place, _one_of(known, shown(written)), shown(written))


def _one_of(known: list[str], written: str) -> str:
    return f"must be one of {', '.join(known)}{hint(written, known)}"


_SENTENCES: dict[str, str] = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "must be a mapping of keys to values"),
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
    **dict.fromkeys(("int_type", "int_from_float", "int_parsing"), "must be a whole number"),
    "bool_type": "must be true or false",
    "too_short": "must not be empty",
}
_LIMITS: dict[str, tuple[str, str]] = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
}


def _worded(kind: str, message: str, context: Mapping[str, Any], node: Node) -> str:
    """One of pydantic's own complaints in our words."""
    if kind == "literal_error":
        written = node.text if isinstance(node, Scalar) else ""
        return _one_of(_WORDS.findall(str(context["expected"])) or [str(context["expected"])], written)
    if kind == "string_type":
        return "must be text; a number as a text stands in quotes" if isinstance(node, Scalar) else "must be text"
    if kind == "string_pattern_mismatch":
        return "must begin with /" if context.get("pattern") == "^/" else "must be written service.operation"
    if kind in _LIMITS:
        word, name = _LIMITS[kind]
        return f"must be {word} {context[name]:g}"
    return _SENTENCES.get(kind, message)
