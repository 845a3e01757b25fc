"""Ratios over replications: a sum of parts over a sum of sizes, such as errors over requests or seconds over requests.

A replication with twice the requests says twice as much, and one without any says nothing. The mean of the
replications' own shares would let each say the same, and is off where a share and its size vary together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import CONFIDENCE, Interval, mean


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio and how much each replication pulls at it.

    Attributes:
        estimate: sum of parts over sum of sizes; NaN without any size, infinite if a replication's ratio is.
        size: the sum of the sizes.
        pulls: one per replication that counts, in their order: how far its mean of pulls moves the estimate. Their
            standard error of the mean is the estimate's. Empty where the estimate is not finite.
        count: the replications that count: with a value and a size above 0.
        dropped: the others.
    """

    estimate: float
    size: float
    pulls: tuple[float, ...]
    count: int
    dropped: int

    @property
    def standard_error(self) -> float:
        """Of the estimate; NaN below two replications."""
        if len(self.pulls) < 2:
            return math.nan
        return math.sqrt(math.fsum(pull * pull for pull in self.pulls) / (len(self.pulls) - 1) / len(self.pulls))


def ratio(values: Sequence[float], sizes: Sequence[float]) -> Ratio:
    """Return the ratio over replications.

    A replication pulls with what the estimate would change by if it were left out: ``size * (value - estimate)``
    over the mean size of the others. With equal sizes that is the ordinary deviation from the mean, with uneven ones
    a little more than the linearised residual, which is known to be too small there.

    References: Cochran, Sampling Techniques, 3rd ed., sections 6.3 and 6.17 (residuals, jackknife); Law, Simulation
    Modeling and Analysis, section 9.4 (ratios over replications).

    Args:
        values: each replication's ratio; NaN: it has none.
        sizes: what each was taken over, 0 or above, parallel to ``values``; 0 or NaN: it does not count.

    Raises:
        ValueError: the two differ in length.
    """
    if len(values) != len(sizes):
        raise ValueError(f"values and sizes must have the same length, got {len(values)} and {len(sizes)}")
    kept = [(value, size) for value, size in zip(values, sizes, strict=True) if not math.isnan(value) and size > 0]
    count, dropped = len(kept), len(values) - len(kept)
    total = math.fsum(size for _, size in kept)
    centre = mean([value for value, _ in kept])
    if not math.isfinite(centre):
        return Ratio(centre, total, (), count, dropped)
    lowest, highest = min(value for value, _ in kept), max(value for value, _ in kept)
    weighted = math.fsum(value * size for value, size in kept) / total
    estimate = min(max(weighted, lowest), highest)  # rounding must not make equal values differ from their ratio
    pulls = tuple(_pull(size * (value - estimate), total - size, count) for value, size in kept)
    return Ratio(estimate, total, pulls, count, dropped)


def _pull(residual: float, others: float, count: int) -> float:
    return residual * (count - 1) / others if count > 1 else 0.0


def ratio_interval(values: Sequence[float], sizes: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return a ratio with Student's t interval, one degree of freedom less than replications that count.

    With a single replication there is no interval (NaN). If a value is infinite, so are estimate and interval: see
    `experiments.statistics.intervals.mean_interval`. Arguments and errors: see `ratio`.
    """
    found = ratio(values, sizes)
    if math.isinf(found.estimate):
        return Interval(found.estimate, found.estimate, found.estimate, found.count, found.dropped)
    if found.count < 2:
        return Interval(found.estimate, math.nan, math.nan, found.count, found.dropped)
    half = student_t_quantile(0.5 + confidence / 2, found.count - 1) * found.standard_error
    return Interval(found.estimate, found.estimate - half, found.estimate + half, found.count, found.dropped)
