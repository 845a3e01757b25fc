"""Percentiles of all replications together, with intervals that hold far out in the tail.

The percentile of one replication is biased: where k independent values lie beyond it, by about the 2k-th part of the
tail's scale, and always in the same direction. Replications do not average that away, so Student's t over their
percentiles is sure of a wrong value. Requests that queue together make it worse: a hundred of them beyond a
percentile are worth few independent ones.

Here the percentile is that of the pooled sample, and its interval lies between two of the pooled order statistics
(Woodruff, JASA 47, 1952). Which two, the binomial distribution of the number beyond says, for a sample as small as
its clusters make it: replications in which more or fewer lie beyond than chance allows count for less (the dispersion
of Korn and Graubard, Survey Methodology 24, 1998, with their correction for the number of clusters). Infinite
values are welcome.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from experiments.statistics.distributions import normal_quantile, student_t_quantile
from experiments.statistics.intervals import CONFIDENCE, Interval, mean, mean_interval, present, standard_error
from experiments.statistics.paired import Difference, of_students_t

Array = np.ndarray[Any, Any]

MANY = 100.0
"""So many values beyond give the interval an upper end even where they come in so few bursts that no order statistic is
one: then it is Student's t over the clusters' parts. Chosen by the coverage in docs/statistics/percentiles.md.
"""

NEIGHBOURS = 15
"""So many order statistics to either side of a percentile tell how much two percentiles differ by the luck of which
two requests they are."""

_REACH = 2.0
"""The slope of the quantile function is taken so many standard deviations of the rank to either side."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The sample of one cluster (a replication, a batch) in descending order, or a selection of it.

    Attributes:
        values: descending.
        counts: for each value, how many of the sample it and those before it stand for; the last is the sample's size.
    """

    values: Array
    counts: Array

    @property
    def size(self) -> int:
        """How many values the sample has."""
        return int(self.counts[-1]) if len(self.counts) else 0

    def above(self, value: float, *, included: bool = False) -> int:
        """Return how many values lie above a value, or (`included`) not below it."""
        place = int(np.searchsorted(-self.values, -value, side="right" if included else "left"))
        return int(self.counts[place - 1]) if place else 0


NO_SAMPLE = Ordered(np.empty(0), np.empty(0, dtype=np.int64))
"""The sample of a cluster that has none."""


class Pool:
    """Clusters (replications, batches) that are independent of each other, and their samples put together."""

    def __init__(self, clusters: Sequence[Ordered]) -> None:
        """Merge the samples; a cluster without values keeps its place and counts for nothing."""
        self.clusters = tuple(clusters)
        self.filled = tuple(cluster for cluster in clusters if cluster.size)
        values = np.concatenate([cluster.values for cluster in clusters]) if clusters else np.empty(0)
        weights = [np.diff(cluster.counts, prepend=0) for cluster in clusters]
        order = np.argsort(-values, kind="stable")
        self._values = values[order]
        self._counts = np.cumsum(np.concatenate(weights)[order]) if clusters else np.empty(0, dtype=np.int64)

    @property
    def size(self) -> int:
        """How many values there are in all."""
        return int(self._counts[-1]) if len(self._counts) else 0

    @property
    def sample(self) -> Ordered:
        """All values as one cluster."""
        return Ordered(self._values, self._counts)

    def at(self, rank: int) -> float:
        """Return the value of a rank, from 1 (the largest) to `size`."""
        return float(self._values[int(np.searchsorted(self._counts, rank))])

    def around(self, rank: int) -> tuple[float, ...]:
        """Return the values next to a rank: see `PooledPercentile.around`."""
        place = int(np.searchsorted(self._counts, rank))
        places = range(place - NEIGHBOURS, place + NEIGHBOURS + 1)
        return tuple(float(self._values[at]) if 0 <= at < len(self._values) else math.nan for at in places)


@dataclass(frozen=True, slots=True)
class PooledPercentile:
    """A percentile of several clusters together.

    Attributes:
        interval: of the percentile; an end is NaN where too few values lie beyond to bound it. Its `count` are the
            clusters that had values.
        beyond: how many values of the pool lie beyond it, on average over equal samples: size times (1 - share).
        dispersion: how many values beyond it are worth one independent value, at least 1: how much they come in
            bursts, and how little few clusters say of that.
        parts: one value per cluster (NaN: it had none), whose spread is that cluster's part in the percentile's error
            and whose mean (weighted by size) is the percentile: a linearisation. Empty where it cannot be said.
        around: the pool's values next to the percentile, descending, `NEIGHBOURS` to either side and the percentile in
            the middle; NaN beyond the ends of the pool.
    """

    interval: Interval
    beyond: float
    dispersion: float
    parts: tuple[float, ...] = ()
    around: tuple[float, ...] = ()

    @property
    def bounded(self) -> bool:
        """Whether both ends are known and finite, and the error can be split by cluster."""
        return math.isfinite(self.interval.low) and math.isfinite(self.interval.high) and bool(self.parts)


def pooled_percentile(pool: Pool, share: float, confidence: float = CONFIDENCE) -> PooledPercentile:
    """Return the percentile of the pooled sample: the smallest value that at least ``share`` of it does not exceed.

    One cluster alone has no interval.

    Args:
        pool: the sample.
        share: above 0, below 1.
        confidence: of the interval.
    """
    number, size = len(pool.filled), pool.size
    dropped = len(pool.clusters) - number
    if not size:
        return PooledPercentile(Interval(math.nan, math.nan, math.nan, 0, dropped), 0.0, 1.0)
    rank = size - max(1, math.ceil(share * size - 1e-9)) + 1
    estimate, beyond = pool.at(rank), size * (1 - share)
    if number == 1:
        return PooledPercentile(Interval(estimate, math.nan, math.nan, 1, dropped), beyond, 1.0)
    dispersion = max(1.0, _dispersion(pool.filled, estimate) * _few_clusters(number, confidence))
    lowest, highest = _ranks(size, share, rank, dispersion, confidence)
    low = pool.at(lowest) if lowest else math.nan
    high = pool.at(highest) if highest else math.nan
    slope = _slope(pool, rank, _REACH * math.sqrt(dispersion * max(1, min(rank, size - rank))))
    parts = _parts(pool, estimate, slope)
    if not highest and math.isinf(low):
        high = low
    elif not highest and beyond >= MANY and parts:
        high = max(estimate, min(pool.at(1), mean_interval(parts, confidence).high))
    return PooledPercentile(
        Interval(estimate, low, high, number, dropped), beyond, dispersion, parts, pool.around(rank)
    )


def _few_clusters(number: int, confidence: float) -> float:
    """By how much a sample shrinks because its dispersion is known from a few clusters only (Korn and Graubard)."""
    probability = 0.5 + confidence / 2
    return (student_t_quantile(probability, number - 1) / normal_quantile(probability)) ** 2


def _dispersion(clusters: Sequence[Ordered], value: float) -> float:
    """The variance of the share beyond a value, over clusters, in units of the binomial one.

    Many values may equal the percentile (a time-out, say): then those above it count, or those not below it, whichever
    vary more.
    """
    return max(_design_effect(clusters, value, included) for included in (False, True))


def _design_effect(clusters: Sequence[Ordered], value: float, included: bool) -> float:
    beyond = [cluster.above(value, included=included) for cluster in clusters]
    sizes = [cluster.size for cluster in clusters]
    size, number = sum(sizes), len(clusters)
    share = sum(beyond) / size
    if not 0.0 < share < 1.0:
        return 0.0
    squares = math.fsum((count - share * of) ** 2 for count, of in zip(beyond, sizes, strict=True))
    return squares * number / (number - 1) / (size * share * (1 - share))


def _ranks(size: int, share: float, rank: int, dispersion: float, confidence: float) -> tuple[int, int]:
    """The ranks of the interval's lower and upper end; 0 where there is none.

    Both the number beyond the true percentile and the sample are divided by the dispersion; then the one is binomial.
    The true percentile lies below the value of rank l only if at least l values lie beyond it, and above that of rank u
    only if fewer than u do.
    """
    tail = (1 - confidence) / 2
    effective, beyond = size / dispersion, 1 - share

    def at_least(count: int) -> float:
        return _binomial_upper_tail(count / dispersion, effective, beyond)

    def fewer_than(count: int) -> float:
        return 1.0 - _binomial_upper_tail((count - 1) / dispersion + 1.0, effective, beyond)

    lowest = _first(lambda count: at_least(count) <= tail, rank, size)
    highest = _first(lambda count: fewer_than(count) > tail, 1, rank + 1) - 1
    return (lowest if lowest <= size else 0), highest


def _binomial_upper_tail(count: float, trials: float, share: float) -> float:
    """The probability of at least ``count`` of ``trials``, both continued to real numbers by the incomplete beta."""
    from scipy.special import betainc

    if count > trials:
        return 0.0
    return float(betainc(count, trials - count + 1.0, share))


def _first(holds: Callable[[int], bool], begin: int, end: int) -> int:
    """The first whole number from ``begin`` on for which a condition holds, ``end`` + 1 if none up to ``end`` does."""
    return begin + bisect_left(range(begin, end + 1), True, key=holds)


def _slope(pool: Pool, rank: int, reach: float) -> float:
    """By how much the percentile grows for each value more beyond it, from order statistics on either side."""
    above, below = max(1, rank - math.ceil(reach)), min(pool.size, rank + math.ceil(reach))
    if above == below:
        return math.nan
    higher, lower = pool.at(above), pool.at(below)
    return (higher - lower) / (below - above) if math.isfinite(higher) and math.isfinite(lower) else math.nan


def _parts(pool: Pool, estimate: float, slope: float) -> tuple[float, ...]:
    """See `PooledPercentile.parts`; a cluster beyond whose share lies more pulls the percentile up."""
    if not (math.isfinite(estimate) and math.isfinite(slope)):
        return ()
    beyond = [cluster.above(estimate) for cluster in pool.clusters]
    share, number = sum(beyond) / pool.size, len(pool.filled)
    return tuple(
        estimate + number * (count - share * cluster.size) * slope if cluster.size else math.nan
        for count, cluster in zip(beyond, pool.clusters, strict=True)
    )


def percentile_difference(first: PooledPercentile, second: PooledPercentile) -> Difference:
    """Return the difference of two percentiles whose clusters are paired: the same random numbers in the same order.

    Two things make it uncertain, and their variances add up. The differences of the clusters' parts say by how much
    more requests lie beyond the one than beyond the other. Where the two hardly differ that is the same number in
    every cluster, and all that is left is the luck of which two requests are the percentiles: see `_gap`. Student's t
    with the degrees of freedom of the clusters; those that one of the two lacks are left out.

    Raises:
        ValueError: the two have no parts, or unequally many.
    """
    if not first.parts or len(first.parts) != len(second.parts):
        raise ValueError(f"parts must be as many on both sides, got {len(first.parts)} and {len(second.parts)}")
    parts = present([one - two for one, two in zip(first.parts, second.parts, strict=True)])
    count, centre = len(parts), mean(parts)
    if count < 2:
        return Difference(centre, math.nan, math.nan, math.nan, count, identical=False)
    return of_students_t(centre, math.hypot(standard_error(parts), _gap(first, second)), count)


def _gap(first: PooledPercentile, second: PooledPercentile) -> float:
    """The standard deviation of the difference of two order statistics of one rank around what neighbours have.

    From the squared steps between the differences of neighbouring ranks (half their mean; von Neumann, Ann. Math.
    Statist. 12, 1941), so that differences that grow along the tail are none.
    """
    gaps = [one - two for one, two in zip(first.around, second.around, strict=True)]
    squares = [(after - before) ** 2 for before, after in pairwise(gaps)]
    finite = [square for square in squares if math.isfinite(square)]
    return math.sqrt(math.fsum(finite) / len(finite) / 2) if finite else 0.0
