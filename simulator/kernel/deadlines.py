"""Deadlines of one length, kept in a queue with one armed timer.

All attempts with the same constant timeout expire in the order in which they began. So instead of a heap entry
(or a SimPy `AnyOf`) per call there is a first-in-first-out queue per length, and one timer for its head.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment


class Expiring(Protocol):
    """What waits with a deadline."""

    expires: float
    """When its time is up, in seconds; set by `Deadlines.add`."""
    waiting: bool
    """False once it is answered or given up: then its deadline means nothing."""

    def expire(self) -> None:
        """Called once at the deadline, if it still waits."""


class Deadlines:
    """The deadlines of one constant length in one environment."""

    __slots__ = ("_armed", "_environment", "_queue", "length")

    def __init__(self, environment: Environment, length: float) -> None:
        self._environment = environment
        self.length = length
        self._queue: deque[Expiring] = deque()
        self._armed = False

    def add(self, waiter: Expiring) -> None:
        """Let `waiter` expire after this queue's length from now."""
        now: float = self._environment._now
        waiter.expires = now + self.length
        self._queue.append(waiter)
        if not self._armed:
            self._armed = True
            self._environment.at(waiter.expires, self._due, None)

    def _due(self, _: None) -> None:
        queue = self._queue
        now: float = self._environment._now
        while queue:
            head = queue[0]
            if head.waiting:
                if head.expires > now:
                    self._environment.at(head.expires, self._due, None)
                    return
                queue.popleft()
                head.waiting = False
                head.expire()
            else:
                queue.popleft()
        self._armed = False


class DeadlineTable:
    """One `Deadlines` per length, made on demand."""

    __slots__ = ("_environment", "_queues")

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._queues: dict[float, Deadlines] = {}

    def of(self, length: float) -> Deadlines:
        """The queue for deadlines of `length` seconds."""
        if length not in self._queues:
            self._queues[length] = Deadlines(self._environment, length)
        return self._queues[length]
