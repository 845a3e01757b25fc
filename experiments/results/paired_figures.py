"""The paired values of one metric against each other: the way that suits the metric."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from experiments.results.cells import Cell, Setting
from experiments.results.estimators import Estimator, estimator_of, sizes_known
from experiments.statistics.counts import Kind
from experiments.statistics.paired import Difference, paired_difference
from experiments.statistics.paired_ratios import Sized, ratio_difference
from experiments.statistics.percentiles import PooledPercentile, percentile_difference


class Place(NamedTuple):
    """A figure of one setting."""

    setting: Setting
    cell: Cell


_KINDS: dict[Estimator, Kind | None] = {
    Estimator.RATIO: None,
    Estimator.SHARE: "share",
    Estimator.NUMBER: "number",
    Estimator.EVENTS: "number",
}


def difference_of(metric: str, one: Sized, two: Sized) -> Difference:
    """Compare the paired values of one metric, parallel to what they were taken over, as the metric is estimated.

    Where it is not known what they were taken over, every replication counts once. Groups are not looked for.
    """
    if metric == "recovered":
        return paired_difference(one.values, two.values, shares=True)
    counts, kind, (one, two) = counted_as(metric, one, two)
    known = all(sizes_known(list(side.values), list(side.sizes)) for side in (one, two))
    if counts and known:
        return ratio_difference(one, two, kind)
    return paired_difference(one.values, two.values)


def counted_as(metric: str, one: Sized, two: Sized) -> tuple[bool, Kind | None, tuple[Sized, Sized]]:
    """Say whether a metric is a ratio, of what kind of events, and over what the two sides' values are to be taken."""
    estimator = estimator_of(metric)
    if estimator is Estimator.EVENTS:
        one, two = (Sized(side.values, [1.0] * len(side.values)) for side in (one, two))
    return estimator in _KINDS, _KINDS.get(estimator), (one, two)


def percentiles_difference(
    one: PooledPercentile | None, two: PooledPercentile | None, otherwise: Difference
) -> Difference:
    """Compare percentiles of all replications (or batches) together.

    Two that can be bounded are subtracted as the tables show them. Of others, with too few requests beyond them, the
    replications' own percentiles are compared (``otherwise``): where nothing differs both sides are off by the same,
    so the test holds. Where something does they are not, so there is no interval.
    """
    if one is None or two is None or otherwise.identical or math.isnan(otherwise.p_value):
        return otherwise
    if len(one.parts) == len(two.parts) and one.bounded and two.bounded:
        return percentile_difference(one, two)
    return replace(otherwise, low=math.nan, high=math.nan)
