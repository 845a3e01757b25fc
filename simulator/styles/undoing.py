"""Taking back what an orchestrated saga has done: which steps, in which order, and what becomes of failed undos."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simulator.kernel.ledger import UNTRACKED
from simulator.outcomes import OK, Outcome
from simulator.services.branching import Parallel
from simulator.styles.repeating import Repetition, rest

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.outcomes import Reply
    from simulator.services.execution import Done, Execution
    from simulator.services.sequence import Running
    from simulator.spec.styles import StyleSpec

UNKNOWN = (Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.CANCELLED)
"""How a step ends of which nobody can tell what it left."""


def is_undone(spec: StyleSpec, done: Done) -> bool:
    """Whether a saga that turns round takes a step back: if it ended ok, or as `undo_failed_step` says."""
    if not done.step.undoable:
        return False
    if done.reply.outcome is Outcome.OK or spec.undo_failed_step == "always":
        return True
    return spec.undo_failed_step == "unknown" and done.reply.outcome in UNKNOWN


def note_failed(root: Root, done: Done) -> None:
    """A saga turns round and leaves a step as it is: if that had failed, it may have taken effect all the same."""
    if done.reply.outcome is not Outcome.OK and done.path is not UNTRACKED:
        root.mishaps.failed_steps.append(done.path)


def begin_undo(root: Root, done: Done, begun: list[Done]) -> None:
    """Ask for the undo of a step, unless its saga has asked before (`begun`): a repetition takes back nothing more."""
    if not any(one is done for one in begun):
        begun.append(done)
        root.begin_undo(done.path)


class Undoing:
    """The undos of one orchestrated saga."""

    def __init__(self, spec: StyleSpec, repetition: Repetition) -> None:
        self._spec = spec
        self._repetition = repetition

    def run(self, execution: Execution, done: list[Done], begun: list[Done]) -> Generator[Any, Any, None]:
        """Undo what is in `done`, the last step first; what has been tried is taken off the list.

        In `begun` it writes down what it has begun to undo: that outlives a crash.
        """
        if self._spec.undo_order == "parallel":
            yield from self._together(execution, done, begun)
        else:
            yield from self._in_turn(execution, done, begun)

    def _in_turn(self, execution: Execution, done: list[Done], begun: list[Done]) -> Generator[Any, Any, None]:
        while done:
            reply = yield from self.undo(execution, done[-1], begun)
            if reply.outcome is not Outcome.OK and self._spec.on_undo_failure == "stop":
                return
            done.pop()

    def _together(self, execution: Execution, done: list[Done], begun: list[Done]) -> Generator[Any, Any, None]:
        """Begin all undos at once, in reverse order, each in a task of its own, and wait for all of them."""
        branches = [(_UndoStep(self, one, done, begun),) for one in reversed(done)]
        if branches:
            yield from Parallel("undos", branches, len(branches), fail_fast=False).run(execution, None)

    def undo(self, execution: Execution, done: Done, begun: list[Done]) -> Running:
        """Undo one step, again if it fails and the file says so; what fails for good is stuck."""
        if not is_undone(self._spec, done):
            note_failed(execution.root, done)
            return OK
        if execution.replica.paused.value:
            yield from execution.replica.paused.wait(execution)
        begin_undo(execution.root, done, begun)
        course = None
        while True:
            reply: Reply = yield from done.step.undo(execution, done.path)
            if reply.outcome is Outcome.OK:
                return OK
            wait = None
            if self._spec.on_undo_failure == "retry":
                course = course or self._repetition.begin(execution.root)
                wait = course.next()
            if wait is None:
                execution.root.fail_undo(done.path, execution.replica.environment._now)
                return reply
            yield from rest(execution, wait)


class _UndoStep:
    """One undo among several that run at once, as a step of a branch."""

    label = "undo"
    critical = True
    undoable = False

    def __init__(self, undoing: Undoing, done: Done, left: list[Done], begun: list[Done]) -> None:
        self._undoing = undoing
        self._done = done
        self._left = left
        self._begun = begun

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Undo; tried is tried, whatever came of it."""
        yield from self._undoing.undo(execution, self._done, self._begun)
        self._left.remove(self._done)
        return OK

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called."""
        raise AssertionError("an undo is not undone")

    def expected(self, path: Path) -> set[Path]:
        """None."""
        return set()
