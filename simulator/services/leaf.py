"""Leaves: operations that do one piece of work and answer. They are most of what a model executes.

A leaf needs no task and no execution of its own: the attempt or message in hand is all there is to remember, and the
work is one action on the clock. When it is over the leaf draws its failures, answers and gives the worker back,
exactly as the general program of the synchronous style would do.
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Any, Protocol

from simulator.outcomes import OK

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.outcomes import Reply
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.services.steps import Work


class Served(Protocol):
    """What a leaf serves, once: an attempt of a caller, or a message in hand.

    Attributes:
        replica: where it is. since: when its work began, in seconds.
        execution: the leaf, while it lasts.
    """

    root: Root
    path: Path
    given_up: bool
    replica: Any
    since: float
    execution: Any

    def answer(self, reply: Reply) -> None:
        """Take the reply."""


class Leaf:
    """The program of a synchronous operation whose only step is `work`."""

    answered = False
    """Whoever is still served by a leaf has no answer yet."""

    __slots__ = ("_contended", "_number", "_operation", "_over", "_plain", "_time", "_work")

    def __init__(self, operation: Operation, work: Work) -> None:
        self._operation = operation
        self._work = work
        self._plain = work.plain
        self._contended = work.contended
        self._time = work.time
        self._number = operation.number
        self._over = self._finish  # bound once: it is scheduled for every request

    def begin(self, origin: Served, replica: Replica) -> None:
        """Start the work for `origin` at `replica`, whose worker it holds."""
        environment = replica.environment
        origin.execution = self
        origin.since = environment._now
        if self._contended:
            seconds = self._work.seconds(origin.root, replica)
        else:
            seconds = self._time.draw(origin.root) * replica.slowdowns[self._number].value
        heappush(environment.entries, (environment._now + seconds, environment.place(), self._over, origin))

    def _finish(self, origin: Served) -> None:
        if origin.execution is not self:
            return  # stopped, or lost in a crash
        replica: Replica = origin.replica
        if self._plain or (reply := self._work.finished(origin.root, origin.path, replica, None, origin)) is OK:
            reply = self._operation.end(origin.root, origin.path, replica, origin)
        else:
            reply = self._operation.failed(reply)
        origin.execution = None
        origin.answer(reply)
        replica.left(origin)
