"""When to hedge, and how often. Pure: it takes times and knows no clock.

After Dean and Barroso ("The Tail at Scale", CACM 56(2), 2013) the wait before a hedge may be a percentile of the times
that calls took. A hedged call that was answered took longer than that wait, whichever attempt answered it: so its time
counts on the right side, and hedging does not pull down the percentile that it goes by.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.spec.policies import HedgeSpec

WHOLE = 1_000_000_000
"""One hedge in the budget's own unit: whole numbers, so that twenty shares of 5 % are exactly one hedge."""


class Hedging:
    """What callers of one scope have seen of their calls, and the hedges that they may still afford."""

    __slots__ = ("_most", "_per_call", "_recent", "_saved", "_sorted", "_spec", "_thousandths")

    def __init__(self, spec: HedgeSpec) -> None:
        self._spec = spec
        quantile = spec.quantile
        self._thousandths = None if quantile is None else round(1000 * quantile)
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []
        budget = spec.budget
        self._per_call = None if budget is None else round(WHOLE * budget.share)
        self._most = 0 if budget is None else WHOLE * budget.burst
        self._saved = 0

    def begin(self) -> float | None:
        """A call begins, and earns its share of a hedge.

        Returns:
            Seconds to wait before each of its hedges; None: none is sent for slowness.
        """
        if self._per_call is not None:
            self._saved = min(self._most, self._saved + self._per_call)
        if self._thousandths is None:
            return self._spec.delay
        size = len(self._sorted)
        if size < self._spec.minimum_calls:
            return self._spec.initial_delay
        rank = -(-self._thousandths * size // 1000)  # the nearest rank, rounded up, in whole numbers
        return self._sorted[rank - 1]

    def spend(self) -> bool:
        """Ask for one hedge; False: the budget does not have it."""
        if self._per_call is None:
            return True
        if self._saved < WHOLE:
            return False
        self._saved -= WHOLE
        return True

    def answered(self, seconds: float) -> None:
        """A call was answered ok, this long after its first attempt began."""
        if self._thousandths is None:
            return
        if len(self._recent) == self._spec.window:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        self._recent.append(seconds)
        insort(self._sorted, seconds)

    def reset(self, now: float) -> None:
        """Forget everything: the process that held it has crashed."""
        self._recent.clear()
        self._sorted.clear()
        self._saved = 0
