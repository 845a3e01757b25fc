"""An orchestrated saga: steps in order; after a failure the completed ones are undone in reverse, before the answer.

The failed step itself is undone only as `undo_failed_step` says; an undo that fails is stuck, and the others go on,
or stop, or it is tried again (`on_undo_failure`; a retry waits 1 s, then twice as long each time, at most 100 s, as
Temporal's activities do by default). With `durable`, a crash of the orchestrator is taken up again on another replica
`resume_after` later: steps that had ended are not repeated, the one in progress is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.causes import RESUMED
from simulator.kernel.root import Root
from simulator.outcomes import OK, Outcome, Reply
from simulator.policies.limit import within
from simulator.services.chore import Chore
from simulator.services.execution import Done, failed
from simulator.services.sequence import run_steps
from simulator.services.steps import Call
from simulator.styles.common import answer

if TYPE_CHECKING:
    from simulator.kernel.deadlines import DeadlineTable
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step
    from simulator.spec.services import StyleSpec
    from simulator.styles.common import Program_

FIRST_UNDO_WAIT = 1.0
LONGEST_UNDO_WAIT = 100.0
LEAST_RESUME_WAIT = 1.0
"""A durable saga that finds no replica to go on looks again after this many seconds, at the least."""


@dataclass(slots=True)
class Progress:
    """How far a saga has come: all that a durable orchestrator needs to go on.

    Attributes:
        next: the step that is next, or in progress.
        done: what has ended, in order.
        failure: the reply that turned it round; None while it goes forward.
        ended: whether its reply was decided and every undo tried.
    """

    next: int = 0
    done: list[Done] = field(default_factory=list)
    failure: Reply | None = None
    ended: bool = False


class Saga:
    """The saga of one operation over `steps`.

    Args:
        replicas: its service's, to go on after a crash.
    """

    def __init__(
        self,
        operation: Operation,
        steps: Sequence[Step],
        spec: StyleSpec,
        replicas: Sequence[Replica],
        deadlines: DeadlineTable,
    ) -> None:
        self._operation = operation
        self._steps = steps
        self._spec = spec
        self._replicas = replicas
        self._deadlines = deadlines
        self._timed_out = Reply(Outcome.SERVER_ERROR, "", operation.name, Reply(Outcome.TIMEOUT, "", operation.name))

    def run(self, execution: Execution) -> Running:
        """Carry the saga out from its beginning; ends with what the operation answers."""
        return self._go_on(execution, Progress())

    def _go_on(self, execution: Execution, progress: Progress) -> Running:
        try:
            if progress.failure is None:
                progress.failure = yield from self._forward(execution, progress)
            if progress.failure.outcome is not Outcome.OK:
                yield from self._back(execution, progress)
            progress.ended = True
        except GeneratorExit:
            if self._spec.durable and not execution.replica.up and not progress.ended:
                self._resume_later(execution.root, execution, progress)
            raise
        return progress.failure

    def _forward(self, execution: Execution, progress: Progress) -> Running:
        steps = self._all_steps(execution, progress)
        if self._spec.timeout is None:
            return (yield from steps)
        environment, late = execution.replica.environment, self._timed_out
        reply = yield from within(environment, self._deadlines, execution.task, self._spec.timeout, steps, late)
        if reply is late:
            self._cut_short(execution, progress)
        return reply

    def _cut_short(self, execution: Execution, progress: Progress) -> None:
        """A call under way when the time was up is the failed step, and what became of it is unknown."""
        step = self._steps[progress.next] if progress.next < len(self._steps) else None
        if isinstance(step, Call):
            path = execution.path.child(step, step.label)
            progress.done.append(Done(step, path, Reply(Outcome.TIMEOUT, "", self._operation.name)))

    def _all_steps(self, execution: Execution, progress: Progress) -> Running:
        if progress.next == 0:
            reply = self._operation.begin(execution)
            if reply.outcome is not Outcome.OK:
                return reply
        while progress.next < len(self._steps):
            reply = yield from run_steps(self._steps[progress.next : progress.next + 1], execution, progress.done)
            if reply.outcome is not Outcome.OK:
                return failed(self._operation.name, reply)
            progress.next += 1
        return self._operation.end(execution.root, execution.path, execution.replica, execution.origin)

    def _back(self, execution: Execution, progress: Progress) -> Running:
        for crew in execution.crews:
            yield from crew.wait_for_all(execution)
        while progress.done:
            done = progress.done[-1]
            if self._is_undone(done):
                reply = yield from self._undo(execution, done)
                if reply.outcome is not Outcome.OK:
                    execution.root.mishaps.stuck += 1
                    if self._spec.on_undo_failure == "stop":
                        break
            progress.done.pop()
        return OK

    def _is_undone(self, done: Done) -> bool:
        if not done.step.undoable:
            return False
        if done.reply.outcome is Outcome.OK:
            return True
        unknown = done.reply.outcome in (Outcome.TIMEOUT, Outcome.UNREACHABLE)
        return self._spec.undo_failed_step == "always" or (self._spec.undo_failed_step == "unknown" and unknown)

    def _undo(self, execution: Execution, done: Done) -> Running:
        execution.root.begin_undo(done.path)
        wait = FIRST_UNDO_WAIT
        while True:
            reply: Reply = yield from done.step.undo(execution, done.path)
            if reply.outcome is Outcome.OK or self._spec.on_undo_failure != "retry":
                return reply
            yield wait
            wait = min(2 * wait, LONGEST_UNDO_WAIT)

    def _resume_later(self, root: Root, execution: Execution, progress: Progress) -> None:
        def program(resumed: Execution) -> Program_:
            reply = yield from self._go_on(resumed, progress)
            yield from answer(self._operation, resumed, reply)

        chore = Chore(root, execution.path, program)
        self._resume_at(execution.replica, chore)

    def _resume_at(self, crashed: Replica, chore: Chore) -> None:
        environment = crashed.environment
        wait = max(self._spec.resume_after, 0.0)
        environment.at(environment._now + wait, self._resume, (crashed, chore))

    def _resume(self, waiting: tuple[Replica, Chore]) -> None:
        crashed, chore = waiting
        alive = [replica for replica in self._replicas if replica.up]
        if alive:
            chore.root.begin_again(chore.path, RESUMED, crashed.environment._now)
            alive[chore.root.ordinal % len(alive)].accept(chore)
            return
        environment = crashed.environment
        wait = max(self._spec.resume_after, LEAST_RESUME_WAIT)
        environment.at(environment._now + wait, self._resume, waiting)


def saga(operation: Operation, saga: Saga) -> Program:
    """The program of an operation in this style."""

    def program(execution: Execution) -> Program_:
        reply = yield from saga.run(execution)
        yield from answer(operation, execution, reply)

    return program
