"""Copies of rows: each must follow a row of another name that is no copy itself, and its keys must be there."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.steps import walk_steps
from experiments.language.tree import Node, Table, child, table, text
from simulator.spec.base import hint


def check_copies(root: Table) -> list[Problem]:
    """Every row with keys that do not exist, every copy of what is no row, every conflict where there can be none."""
    return [*_keys(root), *_originals(root), *_conflicts(root)]


def is_copy(root: Table, service: str, row: str) -> bool:
    """Whether a service's row is a copy of another's."""
    return bool(row) and child(root, "services", service, "state", row, "copy_of") is not None


def idle_copies(root: Table) -> Iterator[Problem]:
    """Warnings: copies that no step ever writes."""
    written = {(found.service, text(found.step.entries.get("write"))) for found in walk_steps(root)}
    for service, name, held in _state(root):
        copy_of = child(held, "copy_of")
        if copy_of is not None and (service, name) not in written:
            said = f"no step of {service} writes its copy {name!r}: it stays as it was at the beginning"
            yield problem(copy_of.place, said)


def _state(root: Table) -> Iterator[tuple[str, str, Node]]:
    for service, body in table(root, "services").entries.items():
        for name, held in table(body, "state").entries.items():
            yield service, name, held


def _keys(root: Table) -> Iterator[Problem]:
    known = list(table(root, "keys").entries)
    for _, _, held in _state(root):
        used = child(held, "key")
        name = text(used)
        if used is not None and name and name not in known:
            listed = hint(name, known) or (f"; there are: {', '.join(known)}" if known else ": write them in 'keys'")
            yield problem(used.place, f"there are no keys {name!r}{listed}")


def _originals(root: Table) -> Iterator[Problem]:
    services = table(root, "services")
    for service, name, held in _state(root):
        node = child(held, "copy_of")
        written = text(node)
        if node is None or not written:
            continue
        owner, _, row = written.partition(".")
        known = table(services, owner, "state").entries
        followed = known.get(row)
        if not row:
            continue  # no name of a row: said already
        if owner not in services.entries:
            yield problem(node.place, f"there is no service {owner!r}{hint(owner, services.entries)}")
        elif followed is None:
            yield problem(node.place, f"{owner} has no row {row!r} in its state{hint(row, known)}")
        elif (owner, row) == (service, name):
            yield problem(node.place, f"{written} cannot be a copy of itself")
        elif child(followed, "quantity") is not None:
            yield problem(node.place, f"{written} is a stock: only rows have copies")
        elif further := text(child(followed, "copy_of")):
            yield problem(node.place, f"{written} is itself a copy: write copy_of: {further}")


def _conflicts(root: Table) -> Iterator[Problem]:
    for found in walk_steps(root):
        conflict = found.step.entries.get("conflict")
        row = text(found.step.entries.get("write"))
        if conflict is not None and is_copy(root, found.service, row):
            said = f"{row!r} is a copy: there is no conflict; apply in its state says what an older version does"
            yield problem(conflict.place, said)
