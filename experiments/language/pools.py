"""Pools that steps use: each must be there, and one that is held may not be asked for again."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.steps import below, walk_steps
from experiments.language.tree import Table, child, table, text
from simulator.spec.base import hint


def check_pools(root: Table) -> list[Problem]:
    """Every `with` step whose pool is not there, or is held already by a step round it."""
    return [*_unknown(root), *_held_twice(root)]


def _unknown(root: Table) -> Iterator[Problem]:
    for found in walk_steps(root):
        written = child(found.step, "with", "pool")
        known = table(root, "services", found.service, "pools").entries
        if written is not None and text(written) and text(written) not in known:
            there = f"; there are: {', '.join(sorted(known))}" if known else ""
            advice = hint(text(written), known) or there
            yield problem(written.place, f"{found.service} has no pool {text(written)!r}{advice}")


def _held_twice(root: Table) -> Iterator[Problem]:
    """A permit of the same pool inside its own `with`: executions that hold the first ones would wait for ever."""
    for found in walk_steps(root):
        name = text(child(found.step, "with", "pool"))
        for inner in below(child(found.step, "with", "steps")):
            again = child(inner, "with", "pool")
            if again is not None and name and text(again) == name:
                yield problem(
                    again.place, f"a permit of {name!r} is held already: all who hold one could wait for ever"
                )
