"""Bulkheads: how many calls may be under way at once. Pure: they take the time and know no clock.

A *semaphore* has permits; a *thread pool* has threads, and starts more than `core` of them only once its queue is full
(the rule of java.util.concurrent.ThreadPoolExecutor, which resilience4j and Hystrix use). Both keep the queue of those
who wait: first come, first served, a permit handed straight from who leaves to who is next. So a permit is either free
or in one call's hands, and while one is free nobody waits.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from simulator.spec.policies import BulkheadSpec


class Entry(IntEnum):
    """What a call that wants in is told."""

    IN = 0
    """It has a permit, to be given back by `Bulkhead.leave`, once."""
    WAIT = 1
    """There is a place in the queue: `Bulkhead.join` takes it."""
    FULL = 2


class Waiter(Protocol):
    """Who waits in a queue.

    Attributes:
        withdrawn: whether it has stopped waiting.
    """

    withdrawn: bool


Who = TypeVar("Who", bound=Waiter)


class Bulkhead(Generic[Who]):
    """What both kinds have in common: the permits that are out, and the queue.

    Attributes:
        busy: how many permits are out.
        waiting: how many wait for one.
    """

    __slots__ = ("_line", "_places", "busy", "waiting")

    def __init__(self, places: int | None) -> None:
        self._places = float("inf") if places is None else places
        self._line: deque[Who] = deque()
        self.busy = 0
        self.waiting = 0

    def enter(self, now: float) -> Entry:
        """Ask for a permit."""
        raise NotImplementedError

    def join(self, waiter: Who) -> None:
        """Take the place in the queue that `enter` has just offered."""
        self._line.append(waiter)
        self.waiting += 1

    def leave(self, now: float) -> Who | None:
        """Give a permit back. It passes to the waiter that is returned; with None nobody waits and it is free."""
        line = self._line
        while line:
            waiter = line.popleft()
            if not waiter.withdrawn:
                self.waiting -= 1
                return waiter
        self.busy -= 1
        self._freed(now)
        return None

    def abandon(self, waiter: Who) -> None:
        """A waiter to whom nothing was handed waits no longer."""
        waiter.withdrawn = True
        self.waiting -= 1
        line = self._line
        while line and line[0].withdrawn:  # so that the queue never holds more than who came after its head
            line.popleft()

    def _freed(self, now: float) -> None:
        """A permit is free that nobody waited for."""


class Semaphore(Bulkhead[Who]):
    """`limit` permits and a queue of `places` (None: without bound)."""

    __slots__ = ("_limit",)

    def __init__(self, limit: int, places: int | None) -> None:
        super().__init__(places)
        self._limit = limit

    def enter(self, now: float) -> Entry:
        """Ask for a permit: there is one, or a place in the queue, or neither."""
        if self.busy < self._limit:
            self.busy += 1
            return Entry.IN
        return Entry.WAIT if self.waiting < self._places else Entry.FULL


class ThreadPool(Bulkhead[Who]):
    """Threads: `core` of them first, then the queue, then up to `most`, then full.

    A thread beyond `core` that has been idle for `keep_alive` seconds ends, and the next one is started only when the
    queue is full again. The thread that has been idle longest takes the next call.

    Attributes:
        threads: how many there are as of the last call, at least `core`: those not yet started count as idle.
    """

    __slots__ = ("_core", "_idle", "_keep_alive", "_most", "threads")

    def __init__(self, core: int, most: int, keep_alive: float, places: int | None) -> None:
        super().__init__(places)
        self._core = core
        self._most = most
        self._keep_alive = keep_alive
        self._idle: deque[float] = deque([0.0] * core)
        self.threads = core

    def enter(self, now: float) -> Entry:
        """Ask for a thread: an idle one, else a place in the queue, else a new thread, else none."""
        idle = self._idle
        while self.threads > self._core and idle and now - idle[0] >= self._keep_alive:
            idle.popleft()
            self.threads -= 1
        if idle:
            idle.popleft()
        elif self.waiting < self._places:
            return Entry.WAIT
        elif self.threads < self._most:
            self.threads += 1
        else:
            return Entry.FULL
        self.busy += 1
        return Entry.IN

    def _freed(self, now: float) -> None:
        self._idle.append(now)


def bulkhead_of(spec: BulkheadSpec) -> Bulkhead[Any]:
    """The bulkhead that a spec describes."""
    if spec.kind == "thread_pool":
        core = spec.core or 1
        return ThreadPool(core, spec.max or core, spec.keep_alive or 0.0, spec.places)
    return Semaphore(spec.limit or 1, spec.places)
