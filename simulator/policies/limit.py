"""A limit of time round a call: a deadline over all attempts, or a timeout that is not the innermost policy.

When the time is up the inner call is closed in the caller's own task: its waits end, its permits are returned,
nothing is recorded. (An innermost timeout needs none of this: the attempt itself expires, see `network.attempt`.)
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.kernel.environment import Interrupt
from simulator.outcomes import Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.deadlines import DeadlineTable
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment, Task
    from simulator.network.attempt import Request
    from simulator.policies.call import Call, Calling, Policy


_RUNNING: Any = object()
"""In place of an interrupt: the time is not up."""


class _Timer:
    """A deadline that interrupts a task. Once stopped it lets go of the task, since it stays in its queue."""

    __slots__ = ("_environment", "expires", "interrupt", "task", "waiting")

    expires: float

    def __init__(self, environment: Environment, task: Task | None) -> None:
        self._environment = environment
        self.task = task
        self.interrupt = _RUNNING
        self.waiting = True

    def expire(self) -> None:
        if self.task is not None:
            self.interrupt = Interrupt(self.task)
            self._environment.interrupt(self.interrupt)

    def stop(self) -> None:
        self.waiting = False
        self.task = None
        if self.interrupt is not _RUNNING:
            self.interrupt.cancelled = True


Result = TypeVar("Result")


def within(
    environment: Environment,
    deadlines: DeadlineTable,
    task: Task,
    seconds: float,
    inner: Generator[Any, Any, Result],
    otherwise: Result,
) -> Generator[Any, Any, Result]:
    """Run `inner` in `task` for at most `seconds`: its result, or `otherwise` if the time was up first.

    Then `inner` has been closed: everything that it held has been given back.
    """
    timer = _Timer(environment, task)
    deadlines.of(seconds).add(timer)
    send = inner.send
    value: Any = None
    try:
        while value is not timer.interrupt:
            try:
                wait = send(value)
            except StopIteration as end:
                result: Result = end.value
                return result
            value = yield wait
        return otherwise
    finally:
        timer.stop()
        inner.close()


def limited(
    environment: Environment, deadlines: DeadlineTable, length: Draws, name: str, *, propagate: bool = False
) -> Policy:
    """At most `length` seconds for everything inside; then ``timeout``.

    With `propagate`, the callee is handed the time that remains: it bounds the callee's own calls, work found expired
    at dequeue is dropped and no further step is begun.
    """
    timed_out = Reply(Outcome.TIMEOUT, "", name)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:  # no generator of its own: one layer less for every resume
            seconds = length.draw(request.root)
            limit = within(environment, deadlines, request.task, seconds, inner(request), timed_out)
            return _handing_down(request, environment._now + seconds, limit) if propagate else limit

        return call

    return policy


def _handing_down(request: Request, until: float, limit: Calling) -> Calling:
    """Bound what is inside by the time that remains; whoever repeats the call outside begins with its own again."""
    before = request.deadline
    request.deadline = min(before, until)
    try:
        return (yield from limit)
    finally:
        request.deadline = before
