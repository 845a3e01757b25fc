"""A limit of time round a call: a deadline over all attempts, or a timeout that is not the innermost policy.

When the time is up the inner call is closed in the caller's own task: its waits end, its permits are returned,
nothing is recorded. (An innermost timeout needs none of this: the attempt itself expires, see `network.attempt`.)
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simulator.kernel.environment import Interrupt
from simulator.outcomes import Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.deadlines import DeadlineTable
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment, Task
    from simulator.network.attempt import Request
    from simulator.policies.call import Call, Calling, Policy


class _Timer:
    """A deadline that interrupts a task."""

    __slots__ = ("_environment", "expires", "interrupt", "waiting")

    def __init__(self, environment: Environment, task: Task) -> None:
        self._environment = environment
        self.interrupt = Interrupt(task)
        self.waiting = True
        self.expires = 0.0

    def expire(self) -> None:
        self._environment.interrupt(self.interrupt)

    def stop(self) -> None:
        self.waiting = False
        self.interrupt.cancelled = True


class TimedOut(Exception):
    """Raised by `within` when the time is up."""


def within(
    environment: Environment, deadlines: DeadlineTable, task: Task, seconds: float, inner: Generator[Any, Any, Any]
) -> Generator[Any, Any, Any]:
    """Run `inner` in `task` for at most `seconds`; its result, or `TimedOut` once it has been closed.

    Raises:
        TimedOut: the time was up first. Everything that `inner` held has been given back.
    """
    timer = _Timer(environment, task)
    deadlines.of(seconds).add(timer)
    value: Any = None
    try:
        while True:
            try:
                wait = inner.send(value)
            except StopIteration as end:
                return end.value
            value = yield wait
            if value is timer.interrupt:
                raise TimedOut
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
        def call(request: Request) -> Calling:
            seconds = length.draw(request.root)
            if propagate:
                request.deadline = min(request.deadline, environment._now + seconds)
            try:
                reply: Reply = yield from within(environment, deadlines, request.task, seconds, inner(request))
            except TimedOut:
                return timed_out
            return reply

        return call

    return policy
