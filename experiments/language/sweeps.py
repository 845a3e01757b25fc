"""Sweeps: axes of values, and the grid of points that they span."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from experiments.language.paths import Segment, parse_path
from experiments.language.problems import Place, Problem, problem
from experiments.language.tree import Listing, Node, Scalar, Table, items, shown, text
from simulator.spec.base import hint
from simulator.spec.sizes import parse_bandwidth, parse_size
from simulator.spec.units import format_duration, parse_duration, parse_rate, parse_share

MOST_POINTS = 2_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its name in tables, the path that it changes, and its values as written."""

    name: str
    path: tuple[Segment, ...]
    values: tuple[Scalar, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Point:
    """One place in the grid: a value for every axis."""

    values: tuple[tuple[Axis, Scalar], ...]

    @property
    def text(self) -> str:
        """``axis=value;axis=value`` in the axes' order; empty where nothing is swept."""
        return ";".join(f"{axis.name}={value.text}" for axis, value in self.values)


def read_sweep(node: Node | None) -> tuple[list[Axis], list[Point], list[Problem]]:
    """The axes in the file's order, the points of the grid (the last axis varies fastest), and what is wrong."""
    if node is None:
        return [], [Point(())], []
    if not isinstance(node, Table):
        return [], [], [problem(node.place, "must be a mapping of axes", shown(node))]
    axes: list[Axis] = []
    problems: list[Problem] = []
    for name, body in node.entries.items():
        if name == "exclude":
            continue
        try:
            axes.append(_axis(name, body, node.key_place(name)))
        except ValueError as error:
            problems.append(problem(body.place, str(error), shown(body) if isinstance(body, Scalar) else ""))
    if math.prod(len(axis.values) for axis in axes) > MOST_POINTS:
        return axes, [], [*problems, problem(node.place, f"spans more than {MOST_POINTS} points")]
    excluded = _excluded(node.entries.get("exclude"), axes, problems)
    grid = itertools.product(*([(axis, value) for value in axis.values] for axis in axes))
    points = [Point(values) for values in grid]
    kept = [point for point in points if not any(_matches(point, rule) for rule in excluded)]
    if not kept and not problems:
        problems.append(problem(node.place, "leaves no point: everything is excluded"))
    return axes, kept, problems


def _axis(name: str, body: Node, place: Place) -> Axis:
    if any(sign in name for sign in "=;\n"):
        raise ValueError("an axis must not hold = or ;")
    if isinstance(body, Listing):
        return Axis(name, parse_path(name), _values(body), place)
    if not isinstance(body, Table):
        raise ValueError("an axis is {path, values}, or a path with a list of values")
    for key in body.entries:
        if key not in ("path", "values"):
            raise ValueError(f"unknown key {key!r}{hint(key, ('path', 'values')) or ': write {path, values}'}")
    path = text(body.entries.get("path"))
    if not path or "values" not in body.entries:
        raise ValueError("an axis needs 'path' and 'values'")
    return Axis(name, parse_path(path), _values(body.entries["values"]), place)


def _values(node: Node) -> tuple[Scalar, ...]:
    if isinstance(node, Table):
        return tuple(_spread(node))
    values = [item for item in items(node) if isinstance(item, Scalar)]
    if not values or len(values) != len(items(node)):
        raise ValueError("values are a list of single values, or {from, to, steps, log}")
    if len({value.text for value in values}) != len(values):
        raise ValueError("a value is in the list twice")
    return tuple(values)


def _spread(node: Table) -> Iterator[Scalar]:
    """The values of ``{from, to, steps, log}``, in the unit of its ends."""
    for key in node.entries:
        if key not in ("from", "to", "steps", "log"):
            raise ValueError(f"unknown key {key!r}: write {{from, to, steps, log}}")
    ends = [node.entries.get("from"), node.entries.get("to")]
    steps, log = node.entries.get("steps"), node.entries.get("log")
    first, last = (end if isinstance(end, Scalar) else None for end in ends)
    if first is None or last is None or not isinstance(steps, Scalar):
        raise ValueError("from, to and steps are needed")
    if not isinstance(steps.value, int) or isinstance(steps.value, bool) or not 2 <= steps.value <= MOST_POINTS:
        raise ValueError(f"steps must be a whole number from 2 to {MOST_POINTS}")
    logarithmic = isinstance(log, Scalar) and log.value is True
    read, write = _unit(first, last)
    low, high = read(first), read(last)
    if logarithmic and min(low, high) <= 0:
        raise ValueError("with log, both ends must be above 0")
    for index in range(steps.value):
        share = index / (steps.value - 1)
        number = low * (high / low) ** share if logarithmic else low + (high - low) * share
        yield first if index == 0 else last if share == 1 else write(node.place, number)


def _unit(first: Scalar, last: Scalar) -> tuple[Callable[[Scalar], float], Callable[[Place, float], Scalar]]:
    """How to read both ends and to write what lies between them."""
    if isinstance(first.value, (int, float)) and isinstance(last.value, (int, float)):
        return _number, _write_number
    units: list[tuple[Callable[[str], float], Callable[[float], str]]] = [
        (parse_duration, format_duration),
        (parse_rate, lambda number: f"{number:.15g}/s"),
        (parse_share, lambda number: f"{100 * number:.15g}%"),
        (parse_size, lambda number: f"{number:.15g}B"),
        (parse_bandwidth, lambda number: f"{8 * number:.15g}bit/s"),
    ]
    for parse, form in units:
        try:
            parse(first.text), parse(last.text)
        except ValueError:
            continue
        return _reader(parse), _writer(form)
    raise ValueError(
        f"from {first.text} to {last.text}: both must be durations, rates, shares, sizes, bandwidths or numbers"
    )


def _number(node: Scalar) -> float:
    return float(node.text)


def _write_number(place: Place, number: float) -> Scalar:
    rounded = _rounded(number)
    value: int | float = int(rounded) if rounded == int(rounded) else rounded
    return Scalar(place, value, str(value))


def _reader(parse: Callable[[str], float]) -> Callable[[Scalar], float]:
    return lambda node: parse(node.text)


def _writer(form: Callable[[float], str]) -> Callable[[Place, float], Scalar]:
    def write(place: Place, number: float) -> Scalar:
        written = form(_rounded(number))
        return Scalar(place, written, written)

    return write


def _rounded(number: float) -> float:
    """Six significant digits, so that a point's name stays short and does not depend on rounding errors."""
    return float(f"{number:.6g}")


def _excluded(node: Node | None, axes: list[Axis], problems: list[Problem]) -> list[dict[str, set[str]]]:
    rules = []
    known = {axis.name: {value.text for value in axis.values} for axis in axes}
    for entry in items(node) if node is not None else ():
        if not isinstance(entry, Table) or not entry.entries:
            problems.append(problem(entry.place, "is a mapping of axes to a value or a list of values", shown(entry)))
            continue
        rule = {}
        for name, value in entry.entries.items():
            members = items(value) if isinstance(value, Listing) else (value,)
            rule[name] = {shown(member) for member in members}
            if name not in known:
                problems.append(problem(entry.key_place(name), f"there is no axis {name!r}{hint(name, known)}"))
            elif missing := sorted(rule[name] - known[name]):
                message = f"the axis {name!r} has no value {missing[0]}{hint(missing[0], known[name])}"
                problems.append(problem(value.place, message))
        rules.append(rule)
    if node is not None and not isinstance(node, Listing):
        problems.append(problem(node.place, "must be a list", shown(node)))
    return rules


def _matches(point: Point, rule: dict[str, set[str]]) -> bool:
    values = {axis.name: value.text for axis, value in point.values}
    return all(values.get(name) in texts for name, texts in rule.items())
