"""Rows and stocks that steps use: each must be there, be of the right kind, and be read before a write can repeat."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.steps import lists_of, walk_steps
from experiments.language.tree import Table, child, items, table, text
from simulator.spec.base import hint

ROW_STEPS = ("read", "write")
STOCK_STEPS = ("take", "give")


def check_state(root: Table) -> list[Problem]:
    """Every step on state that cannot be carried out."""
    return [*_uses(root), *_repeats(root)]


def _uses(root: Table) -> Iterator[Problem]:
    for found in walk_steps(root):
        state = table(root, "services", found.service, "state").entries
        stocks = {name for name, held in state.items() if child(held, "quantity") is not None}
        for keys, what, names in ((ROW_STEPS, "row", set(state) - stocks), (STOCK_STEPS, "stock", stocks)):
            for key in keys:
                written = found.step.entries.get(key)
                name = text(written)
                if written is not None and name and name not in names:
                    other = "a stock, not a row" if name in stocks else "a row, not a stock: it has no quantity"
                    missing = f"{found.service} has no {what} {name!r} in its state{hint(name, names)}"
                    said = f"{name!r} is {other}" if name in state else missing
                    yield problem(written.place, said)


def _repeats(root: Table) -> Iterator[Problem]:
    """A write that is repeated goes back to a read of the same row, earlier in the same list of steps."""
    for steps in lists_of(root):
        read: set[str] = set()
        for step in items(steps):
            read.add(text(child(step, "read")))
            conflict = child(step, "conflict")
            row = text(child(step, "write"))
            if conflict is not None and text(conflict) == "retry" and row not in read:
                yield problem(conflict.place, f"conflict: retry needs a 'read: {row}' before it, in the same steps")
