"""Variants: named sets of changes to the file, and the changes that the command line makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from experiments.language.overrides import OverrideError, apply
from experiments.language.paths import Segment, parse_path
from experiments.language.problems import ExperimentError, Place, Problem, problem
from experiments.language.source import parse_value
from experiments.language.sweeps import Point
from experiments.language.tree import Node, Scalar, Table, child, moved, shown, text
from simulator.spec.base import hint

BASE = "base"
"""The one variant of a file that names none."""


@dataclass(frozen=True, slots=True)
class Change:
    """One override: where, what, and where it is written."""

    path: tuple[Segment, ...]
    value: Node
    place: Place


@dataclass(frozen=True, slots=True)
class Variant:
    """A named list of changes, in the file's order."""

    name: str
    description: str
    changes: tuple[Change, ...]


def read_variants(node: Node | None) -> tuple[list[Variant], list[Problem]]:
    """The variants in the file's order, and what is wrong with them. Without any there is one, ``base``."""
    if node is None:
        return [Variant(BASE, "", ())], []
    if not isinstance(node, Table):
        return [], [problem(node.place, "must be a mapping of variants", shown(node))]
    if not node.entries:
        return [Variant(BASE, "", ())], []
    problems: list[Problem] = []
    return [_variant(name, body, problems) for name, body in node.entries.items()], problems


def _variant(name: str, body: Node, problems: list[Problem]) -> Variant:
    if not isinstance(body, Table):
        problems.append(problem(body.place, "must be a mapping of paths to values ({} changes nothing)", shown(body)))
        return Variant(name, "", ())
    if "set" not in body.entries and "description" not in body.entries:
        return Variant(name, "", tuple(path_changes(body, problems)))
    for key in body.entries:
        if key not in ("set", "description"):
            advice = hint(key, ("set", "description")) or ": paths belong under set"
            problems.append(problem(body.key_place(key), f"unknown key{advice}"))
    changes = child(body, "set")
    if changes is not None and not isinstance(changes, Table):
        problems.append(problem(changes.place, "must be a mapping", shown(changes)))
    listed = tuple(path_changes(changes, problems)) if isinstance(changes, Table) else ()
    return Variant(name, text(child(body, "description")), listed)


def path_changes(body: Table, problems: list[Problem]) -> Iterator[Change]:
    """The changes of a mapping of paths to values; keys that are no paths become problems."""
    for key, value in body.entries.items():
        try:
            yield Change(parse_path(key), value, body.key_place(key))
        except ValueError as error:
            problems.append(problem(body.key_place(key), str(error)))


def command_line_changes(overrides: Iterable[str]) -> list[Change]:
    """The changes of ``--set PATH=VALUE`` options.

    Raises:
        ExperimentError: an option is not of this form, or holds no path or no value.
    """
    changes: list[Change] = []
    problems: list[Problem] = []
    for option in overrides:
        place = Place("--set", 1, 1, option)
        path, equals, value = option.partition("=")
        try:
            if not equals:
                raise ValueError("write PATH=VALUE")
            changes.append(Change(parse_path(path.strip()), moved(parse_value(value.strip(), place), place), place))
        except ExperimentError as error:
            problems.extend(problem(place, entry.message) for entry in error.problems)
        except ValueError as error:
            problems.append(problem(place, str(error)))
    if problems:
        raise ExperimentError(problems)
    return changes


def with_changes(root: Table, changes: Iterable[Change], problems: list[Problem]) -> Table:
    """The experiment with changes applied in order; those that cannot be are added to the problems."""
    for change in changes:
        try:
            root = apply(root, change.path, change.value, change.place)
        except OverrideError as error:
            value = change.value.text if isinstance(change.value, Scalar) else ""
            problems.append(problem(change.place, str(error), value))
    return root


def point_changes(point: Point) -> list[Change]:
    """The changes that a sweep point makes."""
    return [Change(axis.path, value, value.place) for axis, value in point.values]
