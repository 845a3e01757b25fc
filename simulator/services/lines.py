"""Lines of requests that wait for a worker, in the order of their discipline.

A line appends and is emptied by what comes with it: a function that takes out the next one. Lines hold attempts, and
tickets of requests that come back to the worker in mid-request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Any, Protocol

from simulator.kernel.ticket import Ticket


class Line(Protocol):
    """Who waits; empty lines are false."""

    def append(self, item: Any) -> None:
        """Let somebody wait."""

    def clear(self) -> None:
        """Nobody waits any more."""

    def __iter__(self) -> Iterator[Any]:
        """Everybody who waits."""

    def __len__(self) -> int:
        """How many wait, withdrawn ones included."""


class PriorityLine:
    """The largest priority of the workload first; of equal ones, who came first. Who is at work is not disturbed."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Any]] = []
        self._number = 0

    def append(self, item: Any) -> None:
        """Let somebody wait: an attempt, or the ticket of one that comes back with its request's priority."""
        root: Any = item.task.root if type(item) is Ticket else item.root
        self._number += 1
        heappush(self._heap, (-root.entry.priority, self._number, item))

    def pop(self) -> Any:
        """Take out the next one."""
        return heappop(self._heap)[2]

    def clear(self) -> None:
        """Nobody waits any more."""
        self._heap.clear()

    def __iter__(self) -> Iterator[Any]:
        """Everybody who waits, in order."""
        return (item for _, _, item in sorted(self._heap))

    def __len__(self) -> int:
        """How many wait, withdrawn ones included."""
        return len(self._heap)


Opened = tuple[Line, Callable[[], Any]]
"""A line, and what takes the next one out of it."""


def fifo() -> Opened:
    """First come, first served."""
    line: deque[Any] = deque()
    return line, line.popleft


def lifo() -> Opened:
    """The last one to come is served first."""
    line: deque[Any] = deque()
    return line, line.pop


def by_priority() -> Opened:
    """See `PriorityLine`."""
    line = PriorityLine()
    return line, line.pop
