"""An orchestrated saga: steps in order; after a failure the completed ones are undone, before the answer.

How they are undone is in `styles.undoing`. Past its pivot a saga goes only forward: a step that fails is tried again,
and one that fails for good (a client error, or no retry left) leaves the saga stuck as it is. With `durable`, a crash
of the orchestrator is taken up again on another replica `resume_after` later: steps that had ended are not repeated,
the one in progress is, and so is an undo in progress.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from simulator.causes import PAST_PIVOT, RESUMED
from simulator.outcomes import OK, Outcome, Reply
from simulator.policies.limit import within
from simulator.services.chore import Chore
from simulator.services.execution import Done, failed
from simulator.services.sequence import run_steps
from simulator.services.steps import GIVEN_UP
from simulator.styles.common import answer
from simulator.styles.repeating import rest

if TYPE_CHECKING:
    from simulator.kernel.deadlines import DeadlineTable
    from simulator.kernel.environment import Environment
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step
    from simulator.spec.styles import StyleSpec
    from simulator.styles.common import Program_
    from simulator.styles.repeating import Repetition
    from simulator.styles.undoing import Undoing

LEAST_RESUME_WAIT = 1.0
"""A durable saga that finds no replica to go on looks again after this many seconds, at the least."""


@dataclass(slots=True)
class Progress:
    """How far a saga has come: all that a durable orchestrator needs to go on.

    Attributes:
        until: when its time is up, in seconds; None: never.
        begun: whether the operation's own client errors have been drawn.
        next: the step that is next, or in progress.
        done: what has ended and was not undone, in order.
        failure: how its steps ended; None while it goes forward.
        interrupted: calls that were under way when the orchestrator crashed.
        undoing: what has begun to be undone.
        ended: whether every undo was tried.
        waits: whether it has lost its orchestrator and waits to be taken up.
    """

    until: float | None = None
    begun: bool = False
    next: int = 0
    done: list[Done] = field(default_factory=list)
    failure: Reply | None = None
    interrupted: list[Done] = field(default_factory=list)
    undoing: list[Done] = field(default_factory=list)
    ended: bool = False
    waits: bool = False


class SagaTally:
    """Orchestrated sagas of one operation, by how they ended; those that have not are under way.

    Attributes:
        cut_off: lost with their orchestrator, or stopped where they stood, without anybody to take them up.
        stuck: failed for good past their pivot.
    """

    __slots__ = ("begun", "committed", "cut_off", "stuck", "turned_round")

    def __init__(self) -> None:
        self.begun = self.committed = self.turned_round = self.stuck = self.cut_off = 0

    @property
    def under_way(self) -> int:
        """How many have begun and not ended."""
        return self.begun - self.committed - self.turned_round - self.stuck - self.cut_off


class Saga:
    """The saga of one operation over `steps`.

    Args:
        replicas: its service's, to go on after a crash.
        pivot: number of the step after which nothing is undone; None: there is none.
        forward: how steps past the pivot are tried again.

    Attributes:
        name: of its operation. tally: how its sagas ended.
        afterwards: what follows the steps, before the answer, if they ended ok; None: nothing.
    """

    def __init__(
        self,
        operation: Operation,
        steps: Sequence[Step],
        spec: StyleSpec,
        replicas: Sequence[Replica],
        environment: Environment,
        deadlines: DeadlineTable,
        *,
        undoing: Undoing,
        forward: Repetition,
        pivot: int | None,
    ) -> None:
        self.afterwards: Callable[[Execution], Running] | None = None
        self.name = operation.name
        self.tally = SagaTally()
        self._operation = operation
        self._steps = steps
        self._spec = spec
        self._replicas = replicas
        self._environment = environment
        self._deadlines = deadlines
        self._undoing = undoing
        self._repetition = forward
        self._pivot = len(steps) if pivot is None else pivot
        self._timed_out = Reply(Outcome.SERVER_ERROR, "", operation.name, Reply(Outcome.TIMEOUT, "", operation.name))

    def start(self, execution: Execution) -> Program_:
        """Carry the saga out from its beginning, and answer."""
        self.tally.begun += 1
        limit = self._spec.timeout
        return self._go_on(execution, Progress(None if limit is None else self._environment._now + limit))

    def _go_on(self, execution: Execution, progress: Progress) -> Program_:
        try:
            if progress.failure is None:
                progress.failure = yield from self._forward(execution, progress)
            if progress.failure.outcome is Outcome.OK:
                if self.afterwards is not None:
                    yield from self.afterwards(execution)
            elif progress.next > self._pivot:
                execution.root.mishaps.stuck += 1
            else:
                yield from self._back(execution, progress)
            self._ended(progress, progress.failure)
        except GeneratorExit:
            if self._spec.durable and not execution.replica.up and not progress.ended:
                self._lose_orchestrator(execution, progress)
            elif not progress.ended:
                self.tally.cut_off += 1
            raise
        yield from answer(self._operation, execution, progress.failure)

    def _ended(self, progress: Progress, reply: Reply) -> None:
        progress.ended = True
        if reply.outcome is Outcome.OK:
            self.tally.committed += 1
        elif progress.next > self._pivot:
            self.tally.stuck += 1
        else:
            self.tally.turned_round += 1

    # -- forward ------------------------------------------------------------------------------------------

    def _forward(self, execution: Execution, progress: Progress) -> Running:
        steps = self._all_steps(execution, progress)
        if progress.until is None:
            return (yield from steps)
        left = progress.until - self._environment._now
        if left <= 0:  # it went by while there was no orchestrator
            progress.done += progress.interrupted
            return self._timed_out
        return (yield from within(self._environment, self._deadlines, execution.task, left, steps, self._timed_out))

    def _all_steps(self, execution: Execution, progress: Progress) -> Running:
        if not progress.begun:
            progress.begun = True
            reply = self._operation.begin(execution)
            if reply.outcome is not Outcome.OK:
                return reply
        while progress.next < len(self._steps):
            step = self._steps[progress.next]
            run = partial(run_steps, (step,), execution, progress.done)
            past = progress.next > self._pivot
            reply = yield from self._until_it_succeeds(execution, run) if past else run()
            if reply.outcome is not Outcome.OK:
                return failed(self._operation.name, reply)
            progress.next += 1
        if self._pivot < len(self._steps):
            return (yield from self._until_it_succeeds(execution, partial(self._end, execution)))
        return self._operation.end(execution.root, execution.path, execution.replica, execution.origin)

    def _until_it_succeeds(self, execution: Execution, attempt: Callable[[], Running]) -> Running:
        """Try again whatever is no client error, as long as retries and the execution's deadline last."""
        course = None
        while True:
            reply = yield from attempt()
            if reply.outcome in (Outcome.OK, Outcome.CLIENT_ERROR):
                return reply
            course = course or self._repetition.begin(execution.root)
            wait = course.next()
            if wait is None or self._environment._now + wait > execution.deadline:
                return reply
            yield from rest(execution, wait)
            execution.root.begin_again(execution.path, PAST_PIVOT, self._environment._now)

    def _end(self, execution: Execution) -> Running:
        yield from ()
        return self._operation.end(execution.root, execution.path, execution.replica, execution.origin)

    def _back(self, execution: Execution, progress: Progress) -> Running:
        """Undo, once every branch that was begun has ended."""
        for crew in execution.crews:
            yield from crew.wait_for_all(execution)
        yield from self._undoing.run(execution, progress.done, progress.undoing)
        return OK

    # -- after a crash ------------------------------------------------------------------------------------

    def _lose_orchestrator(self, execution: Execution, progress: Progress) -> None:
        if progress.failure is None:  # what was under way is carried out again: no step has been given up
            progress.interrupted = [done for done in progress.done if done.reply is GIVEN_UP]
            progress.done = [done for done in progress.done if done.reply is not GIVEN_UP]
        self.resume_later(_Resumed(self, execution.root, execution.path, progress))

    def resume_later(self, resumed: _Resumed) -> None:
        """Take a saga up again on any replica that is up, `resume_after` from now or once there is one."""
        resumed.progress.waits = True
        self._environment.at(self._environment._now + self._spec.resume_after, self._resume, resumed)

    def program(self, progress: Progress) -> Program:
        """What a replica runs that takes the saga up."""
        return lambda execution: self._go_on(execution, progress)

    def _resume(self, resumed: _Resumed) -> None:
        alive = [replica for replica in self._replicas if replica.up]
        if alive:
            resumed.progress.waits = False
            resumed.root.begin_again(resumed.path, RESUMED, self._environment._now)
            alive[resumed.root.ordinal % len(alive)].accept(resumed)
            return
        wait = max(self._spec.resume_after, LEAST_RESUME_WAIT)
        self._environment.at(self._environment._now + wait, self._resume, resumed)


class _Resumed(Chore):
    """A saga that is taken up again after its orchestrator has crashed: until it has ended it is never left undone."""

    __slots__ = ("_saga", "progress")

    def __init__(self, saga: Saga, root: Root, path: Path, progress: Progress) -> None:
        super().__init__(root, path, saga.program(progress))
        self._saga = saga
        self.progress = progress

    def break_off(self) -> None:
        """The replica has crashed before it could begin, or under way: then it waits already."""
        if not self.progress.waits:
            self._saga.resume_later(_Resumed(self._saga, self.root, self.path, self.progress))
        super().break_off()
