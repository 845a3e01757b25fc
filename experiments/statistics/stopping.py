"""When enough replications have been played: sequential stopping at a wanted half width of the interval.

References: Y. S. Chow and H. Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals for the
mean", Ann. Math. Statist. 36 (1965); A. M. Law, Simulation Modeling and Analysis, section 9.4.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.statistics.intervals import Interval

LEAST_GROWTH = 0.1
"""A round adds at least this share of what there is: every look is one more chance to stop by luck."""


@dataclass(frozen=True, slots=True)
class Target:
    """How narrow an interval is to be.

    Attributes:
        half_width: half the interval's length, above 0: in the unit of what is estimated, or a share of the estimate.
        relative: it is a share of the estimate.
    """

    half_width: float
    relative: bool = False

    def wanted(self, estimate: float) -> float:
        """Return the half width in the unit of the estimate."""
        return self.half_width * abs(estimate) if self.relative else self.half_width


def half_width(interval: Interval) -> float:
    """Return half the length of an interval: NaN if it has none, or no finite one."""
    half = (interval.high - interval.low) / 2
    return half if math.isfinite(half) else math.nan


def is_met(interval: Interval, target: Target) -> bool:
    """Say whether an interval is as narrow as wanted; without an interval it is not."""
    return half_width(interval) <= target.wanted(interval.estimate)


def replications_needed(interval: Interval, target: Target) -> float:
    """Return about how many replications it takes until the interval is as narrow as wanted.

    The half width shrinks with the square root of their number; those that had no value count too, for so it will be
    with further ones. NaN where the interval says nothing of that: an end is missing or infinite, there is no
    estimate, or a share of an estimate of 0 is wanted.
    """
    half, wanted = half_width(interval), target.wanted(interval.estimate)
    if math.isnan(half) or math.isnan(wanted) or not wanted:
        return math.nan
    return math.ceil(_replications(interval) * (half / wanted) ** 2)


def is_hopeless(interval: Interval) -> bool:
    """Say whether no number of replications makes an interval: nothing was ever there to be measured (a replication
    without a value is another matter: the next may have one), or the value is infinite and so is all of the interval.
    """
    return not _replications(interval) or (math.isinf(interval.estimate) and math.isinf(interval.low))


def next_number(interval: Interval, target: Target, played: int, most: int) -> int:
    """Return how many replications there should be after the next round; as many as there are: stop.

    Grows to what the spread predicts, at least by a tenth and at most to twice as many, so that an unlucky first look
    costs little. Where nothing can be predicted there are twice as many: of a percentile far out, ten replications
    often know no upper end, and a rare phase may have been in none of them.

    Args:
        interval: of all replications so far.
        target: how narrow it is to be.
        played: replications so far, at least 1.
        most: no more than these.
    """
    if is_met(interval, target) or played >= most or is_hopeless(interval):
        return played
    needed = replications_needed(interval, target)
    if math.isnan(needed):
        return min(2 * played, most)
    least = played + math.ceil(LEAST_GROWTH * played)
    return int(min(max(least, min(needed, 2 * played)), most))


def _replications(interval: Interval) -> int:
    return interval.count + interval.dropped
