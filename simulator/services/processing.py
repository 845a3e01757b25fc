"""A replica's processor on the clock: executions wait in it while it works on them, and steps whose work it does.

With `cores` the cpu part of work goes through the processor; under the disciplines `ps` and preemptive `priority` all
work does, and its servers are the workers. Only a job that is worked on occupies a server: whoever waits for a call or
a pool does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kernel.draws import Constant
from simulator.kernel.ticket import Ticket
from simulator.outcomes import OK
from simulator.services.processor import NEVER, Job
from simulator.services.steps import Work

if TYPE_CHECKING:
    from collections.abc import Generator

    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.services.execution import Done, Execution
    from simulator.services.processor import Processor
    from simulator.services.sequence import Running
    from simulator.services.steps import Luck
    from simulator.services.workers import ServerTally


NO_TIME = Constant(0.0)


class Processing:
    """One replica's processor, with one armed timer.

    Attributes:
        most: how many executions may be at the replica, at work or waiting for something.
    """

    __slots__ = ("_armed", "_environment", "_processor", "_tally", "most")

    def __init__(
        self, environment: Environment, processor: Processor, tally: ServerTally, most: float = float("inf")
    ) -> None:
        self._environment = environment
        self._processor = processor
        self._tally = tally
        self._armed = NEVER
        self.most = most

    def work(self, execution: Execution, seconds: float) -> Generator[None, None, None]:
        """Have `seconds` of work done for an execution; if it is closed before the end, the job goes."""
        ticket = Ticket(execution.task)
        job = Job(seconds, execution.root.entry.priority, ticket)
        running, standing = self._settle()
        self._processor.add(job, self._environment._now)
        self._changed(running, standing)
        try:
            yield None
        except GeneratorExit:
            if not ticket.granted:
                self._remove(job)
            raise

    def freeze(self) -> None:
        """The replica stands still. What occupied a server goes on occupying it."""
        self._changed(*self._settle())
        self._processor.freeze(self._environment._now)

    def thaw(self) -> None:
        """The replica goes on."""
        self._processor.thaw(self._environment._now)
        self._arm()

    def _remove(self, job: Job) -> None:
        running, standing = self._settle()
        if job.present:
            self._processor.remove(job, self._environment._now)
        self._changed(running, standing)

    def _settle(self) -> tuple[int, int]:
        """Let whoever's work has ended by now go on; how many servers ran and jobs stood before."""
        processor = self._processor
        before = processor.running, processor.standing
        for job in processor.advance(self._environment._now):
            if job.ticket is not None:
                job.ticket.grant(self._environment)
        return before

    def _changed(self, running: int, standing: int) -> None:
        """Count what has changed since there were so many, and set the timer."""
        processor = self._processor
        now: float = self._environment._now
        self._tally.change(processor.running - running, processor.standing - standing, now)
        self._arm()

    def _arm(self) -> None:
        """Have the timer go off at the next end of a job. Where that has become later, it is set again as it goes."""
        due = self._processor.due()
        if due < self._armed:
            self._armed = max(due, self._environment._now)
            self._environment.at(self._armed, self._ring, self._armed)

    def _ring(self, time: float) -> None:
        if time != self._armed:
            return  # an earlier one took its place
        self._armed = NEVER
        if self._processor.due() <= time:
            self._changed(*self._settle())
        else:
            self._arm()


class SharedWork(Work):
    """Work that the replica's processor does; after it perhaps `io`, which occupies the worker alone."""

    __slots__ = ("_io",)

    def __init__(
        self,
        label: str,
        operation: int,
        time: Draws | None,
        contention: float,
        mistakes: Luck | None,
        *,
        effect: bool,
        undo_time: Draws | None,
        io: Draws | None = None,
    ) -> None:
        super().__init__(label, operation, time or NO_TIME, contention, mistakes, effect=effect, undo_time=undo_time)
        self._io = None if io is None else Work(label, operation, io, 0.0, None, effect=False, undo_time=None)

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Compute, wait for the device, leave the effect."""
        yield from self.occupy(execution, self._time)
        if self._io is not None:
            if execution.replica.paused.value:
                yield from execution.replica.paused.wait(execution)
            yield from self._io.occupy(execution, self._io.time)
        return self.finished(execution.root, execution.path, execution.replica, done, execution.origin)

    def occupy(self, execution: Execution, time: Draws) -> Running:
        """Have the processor do it."""
        replica = execution.replica
        if not execution.holding:
            yield from replica.acquire(execution)
        seconds = self.seconds(execution.root, replica, time)
        if seconds > 0:
            assert replica.processing is not None
            yield from replica.processing.work(execution, seconds)
        return OK
