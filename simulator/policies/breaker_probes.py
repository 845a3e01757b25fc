"""A half-open breaker's probes: how many may go, and what their results come to. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from simulator.policies.breaker_windows import Thresholds, Totals

if TYPE_CHECKING:
    from simulator.spec.policies import BreakerSpec


class Verdict(Enum):
    """What a half-open breaker does after a result."""

    WAIT = "wait"
    CLOSE = "close"
    OPEN = "open"


class Probes:
    """The probes of one half-open breaker, from `begin` to the verdict.

    Attributes:
        out: permits that were taken and have not come back.
    """

    __slots__ = ("_by_rate", "_in_total", "_results", "_spec", "_taken", "_thresholds", "_totals", "out")

    def __init__(self, spec: BreakerSpec, thresholds: Thresholds) -> None:
        self._spec = spec.half_open
        self._thresholds = thresholds
        self._in_total = self._spec.counted == "in_total"
        self._by_rate = self._spec.verdict == "rate"
        self._results = self._spec.results or 1
        self._totals = Totals()
        self._taken = self.out = 0

    def begin(self) -> None:
        """Nothing is known, and all permits are there."""
        self._totals.clear()
        self._taken = self.out = 0

    def take(self) -> bool:
        """Take a permit, if there is one."""
        permits = self._spec.permits
        if permits is not None and self._taken >= permits:
            return False
        self._taken += 1
        self.out += 1
        return True

    def give_back(self, unused: bool) -> None:
        """A permit comes back: one that is given once and for all only if its call had no result."""
        self.out -= 1
        if unused or not self._in_total:
            self._taken -= 1

    def judge(self, failed: bool, seconds: float) -> Verdict:
        """What the probes come to with one more result."""
        totals = self._totals
        totals.add(failed, self._by_rate and self._thresholds.is_slow(seconds))
        if self._by_rate:
            if totals.calls < self._results:
                return Verdict.WAIT
            return Verdict.OPEN if self._thresholds.reached(totals, totals.calls) else Verdict.CLOSE
        if failed:
            return Verdict.OPEN if totals.failures >= self._spec.opens_after else Verdict.WAIT
        return Verdict.CLOSE if totals.calls - totals.failures >= self._spec.closes_after else Verdict.WAIT
