"""Knobs: the only things that faults turn, and components read.

Each turn returns a handle, and taking it back removes just that contribution. So overlapping faults compose, and none
can leave another's setting behind. Contributions are combined anew, in order of the handles, at every turn: a knob at
rest has exactly its resting value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import fsum, prod


class Knob:
    """A number that several hands can turn at once.

    Attributes:
        value: what components read.
    """

    __slots__ = ("_combine", "_next", "_turns", "_watchers", "value")

    def __init__(self, combine: Callable[[Iterable[float]], float]) -> None:
        self._combine = combine
        self._turns: dict[int, float] = {}
        self._next = 0
        self._watchers: tuple[Callable[[], None], ...] = ()
        self.value = combine(())

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after every turn."""
        self._watchers += (watcher,)

    def turn(self, amount: float) -> int:
        """Add a contribution; returns the handle that takes it back."""
        handle = self._next
        self._next += 1
        self._turns[handle] = amount
        self._refresh()
        return handle

    def release(self, handle: int) -> None:
        """Take a contribution back.

        Raises:
            KeyError: it was taken back before.
        """
        del self._turns[handle]
        self._refresh()

    def _refresh(self) -> None:
        self.value = self._combine(self._turns.values())
        for watcher in self._watchers:
            watcher()


class Product(Knob):
    """Contributions multiply: slowdowns. At rest 1."""

    def __init__(self) -> None:
        super().__init__(prod)


class Sum(Knob):
    """Contributions add up: latencies. At rest 0."""

    def __init__(self) -> None:
        super().__init__(fsum)


class Share(Knob):
    """Shares of chance combine as 1 - ∏(1 - share): errors, losses. At rest 0."""

    def __init__(self) -> None:
        super().__init__(_combined_share)


class Count(Knob):
    """How many hands hold it: crashes, partitions unite. At rest 0."""

    def __init__(self) -> None:
        super().__init__(fsum)


def _combined_share(shares: Iterable[float]) -> float:
    return 1.0 - prod(1.0 - share for share in shares)
