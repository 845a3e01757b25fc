"""Confidence intervals over replications: of a mean, of a median, of a share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from experiments.statistics.distributions import beta_quantile, binomial_lower_tail, student_t_quantile

CONFIDENCE = 0.95
"""Confidence of every interval unless another is asked for."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A point estimate and where the true value lies with the stated confidence.

    Attributes:
        estimate: the mean, median or share; NaN where there was no value at all.
        low: lower end; NaN where the values do not determine one.
        high: upper end; NaN where the values do not determine one.
        count: the replications that had a value.
        dropped: the replications that had none (NaN) and were left out.
    """

    estimate: float
    low: float
    high: float
    count: int
    dropped: int = 0

    def within(self, lowest: float, highest: float) -> Interval:
        """Return the interval without what lies outside the range that the true value can have.

        Nothing is lost: the true value never lies there. Student's t does not know that a share ends at 1.
        """
        return replace(self, low=_limited(self.low, lowest, highest), high=_limited(self.high, lowest, highest))


def _limited(value: float, lowest: float, highest: float) -> float:
    """Return `value` no lower than `lowest` and no higher than `highest`; NaN stays NaN."""
    if value < lowest:
        return lowest
    return highest if value > highest else value


def present(values: Iterable[float]) -> list[float]:
    """Return the values that are not NaN, in their order. Infinite ones stay."""
    return [value for value in values if not math.isnan(value)]


def mean(values: Sequence[float]) -> float:
    """Return the mean: correctly rounded sum, divided. Infinite if a value is, NaN if none is there or +inf meets -inf.

    ``values`` hold no NaN.
    """
    if not values:
        return math.nan
    infinite = {value for value in values if math.isinf(value)}
    if infinite:
        return infinite.pop() if len(infinite) == 1 else math.nan
    return math.fsum(values) / len(values)


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean of at least two finite values."""
    centre = mean(values)
    squares = math.fsum((value - centre) ** 2 for value in values)
    return math.sqrt(squares / (len(values) - 1) / len(values))


def mean_interval(values: Iterable[float], confidence: float = CONFIDENCE) -> Interval:
    """Return Student's t interval of the mean.

    NaNs are dropped and counted. With a single value there is no interval (NaN). If a value is infinite, so is the
    mean, and since an event that was seen has a probability above 0 that holds for the true mean too: both ends
    are infinite.
    """
    given = list(values)
    kept = present(given)
    count, dropped = len(kept), len(given) - len(kept)
    centre = mean(kept)
    if math.isinf(centre):
        return Interval(centre, centre, centre, count, dropped)
    if count < 2 or math.isnan(centre):
        return Interval(centre, math.nan, math.nan, count, dropped)
    half = student_t_quantile(0.5 + confidence / 2, count - 1) * standard_error(kept)
    return Interval(centre, centre - half, centre + half, count, dropped)


def median_interval(values: Iterable[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the median and its distribution-free interval between two order statistics; infinite values are welcome.

    The interval is the narrowest symmetric pair of order statistics whose exact coverage is at least ``confidence``
    (for 95 % it takes six values; with fewer there is none, NaN). See Conover, Practical Nonparametric Statistics,
    section 3.2.
    """
    given = list(values)
    kept = sorted(present(given))
    count, dropped = len(kept), len(given) - len(kept)
    if not count:
        return Interval(math.nan, math.nan, math.nan, 0, dropped)
    lower, upper = kept[(count - 1) // 2], kept[count // 2]
    middle = lower if lower == upper else lower / 2 + upper / 2
    tail = (1 - confidence) / 2
    rank = next((k for k in range(count // 2 + 1) if binomial_lower_tail(k, count) > tail), 0)
    if not rank:
        return Interval(middle, math.nan, math.nan, count, dropped)
    return Interval(middle, kept[rank - 1], kept[count - rank], count, dropped)


def share_interval(values: Iterable[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the share of ones among zeros and ones, with the exact interval of Clopper and Pearson (1934).

    Exact means: covers at least ``confidence`` for every true share; so with few replications it is wide.
    """
    given = list(values)
    kept = present(given)
    trials, dropped = len(kept), len(given) - len(kept)
    if not trials:
        return Interval(math.nan, math.nan, math.nan, 0, dropped)
    successes = sum(1 for value in kept if value)
    tail = (1 - confidence) / 2
    low = beta_quantile(tail, successes, trials - successes + 1) if successes else 0.0
    high = beta_quantile(1 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return Interval(successes / trials, low, high, trials, dropped)
