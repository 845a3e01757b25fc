"""Pivots of sagas: at most one in an operation, and among its own steps, where everything after it is known.

How steps past the pivot are tried again makes no sense without one.
"""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.steps import below
from experiments.language.tree import Node, Scalar, Table, child, items, table
from simulator.spec.styles import ORCHESTRATED


def check_pivots(root: Table) -> list[Problem]:
    """Every pivot that is one too many, or not among the steps of the operation itself, and every one missed."""
    return [
        found
        for service in table(root, "services").entries.values()
        for operation in table(service, "operations").entries.values()
        for found in _of_operation(operation)
    ]


def _of_operation(operation: Node) -> Iterator[Problem]:
    own = [id(step) for step in items(child(operation, "steps"))]
    earlier: Scalar | None = None
    for key in ("steps", "on_failure"):
        for step in below(child(operation, key)):
            pivot = child(step, "pivot")
            if not isinstance(pivot, Scalar) or pivot.value is not True:
                continue
            if key == "on_failure":
                yield problem(pivot.place, "a pivot belongs to the steps of a saga, not to what follows its failure")
            elif id(step) not in own:
                yield problem(pivot.place, "a pivot is one of the operation's own steps, not one inside another step")
            elif earlier is not None:
                yield problem(pivot.place, f"a saga has one pivot, and line {earlier.place.line} has it already")
            else:
                earlier = pivot
    kind, forward = child(operation, "style", "kind"), child(operation, "style", "forward_retry")
    if forward is not None and earlier is None and isinstance(kind, Scalar) and kind.value in ORCHESTRATED:
        text = "'forward_retry' is only for sagas with a pivot: write 'pivot: true' at the call that is not undone"
        yield problem(forward.place, text)
