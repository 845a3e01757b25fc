"""Runs steps in order, and undoes them in reverse.

Every step has ``run(execution, done)``: a generator that ends with a reply. What it completes it writes into `done`
(None: nobody will undo), with nested steps in the order in which they ended.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import Done, Execution

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path

Running = Generator[float | None, Any, Reply]
"""Steps under way, ending with a reply."""


class Step(Protocol):
    """One step of an operation.

    Attributes:
        label: what it is called in messages: ``call payments.charge``.
        critical: whether its failure ends the operation.
        undoable: whether there is anything to undo.
    """

    label: str
    critical: bool
    undoable: bool

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Carry the step out."""

    def undo(self, execution: Execution, path: Path) -> Running:
        """Take it back (only if `undoable`)."""

    def expected(self, path: Path) -> set[Path]:
        """The effects expected of it, as a step of an execution at `path`."""


def expected_of(steps: Sequence[Step], path: Path) -> set[Path]:
    """The effects expected of the critical ones among `steps`."""
    return set().union(*(step.expected(path) for step in steps if step.critical))


EXPIRED = Reply(Outcome.TIMEOUT, "", "deadline")


def run_steps(
    steps: Sequence[Step], execution: Execution, done: list[Done] | None = None, *, all_critical: bool = False
) -> Running:
    """Run `steps` in order until a critical one fails (with `all_critical`, any one); its reply, or ok."""
    replica = execution.replica
    for step in steps:
        if replica.paused.value:
            yield from replica.paused.wait(execution)
        if execution.deadline < replica.environment._now:
            return EXPIRED
        reply = yield from step.run(execution, done)
        if reply is not OK:
            if step.critical or all_critical:
                return reply
            replica.tally.passed_over += 1
    if replica.paused.value:
        yield from replica.paused.wait(execution)
    return OK


def run_all(steps: Sequence[Step], execution: Execution) -> Running:
    """Run every step whatever becomes of the others; failures are only counted."""
    for step in steps:
        reply = yield from step.run(execution, None)
        if reply.outcome is not Outcome.OK:
            execution.replica.tally.passed_over += 1
    return OK
