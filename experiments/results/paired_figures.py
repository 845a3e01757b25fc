"""The values of one metric against each other: the way that suits the metric."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting
from experiments.results.estimators import Estimator, estimator_of, sizes_known
from experiments.statistics.counts import Kind
from experiments.statistics.paired import Difference, paired_difference
from experiments.statistics.paired_ratios import Sized, ratio_difference
from experiments.statistics.percentiles import PooledPercentile, percentile_difference
from experiments.statistics.rounding import but_for_rounding
from experiments.statistics.unpaired import unpaired_difference
from experiments.statistics.unpaired_ratios import unpaired_ratio_difference


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


def sized(cells: Cells, place: Place) -> Sized | None:
    """Return a figure's values and what they were taken over; None if no replication has it."""
    values = cells.vector(*place)
    return None if values is None else Sized(values, cells.sizes(*place))


def difference_of(metric: str, one: Sized, two: Sized, *, paired: bool = True) -> Difference:
    """Compare the values of one metric, parallel to what they were taken over, as the metric is estimated.

    Where it is not known what they were taken over, every replication counts once. What differs by rounding only is
    the same. Groups are not looked for.

    Args:
        metric: its name.
        one: of one variant.
        two: of the other.
        paired: whether replications of the same place met the same random numbers; else they have nothing in common.
    """
    return but_for_rounding(_difference(metric, one, two, paired), one.values, two.values, paired=paired)


def _difference(metric: str, one: Sized, two: Sized, paired: bool) -> Difference:
    of_values = paired_difference if paired else unpaired_difference
    if metric == "recovered":
        return of_values(one.values, two.values, shares=True)
    estimator = estimator_of(metric)
    if estimator is Estimator.EVENTS:
        one, two = (Sized(side.values, [1.0] * len(side.values)) for side in (one, two))
    known = all(sizes_known(list(side.values), list(side.sizes)) for side in (one, two))
    if estimator in _KINDS and known:
        of_ratios = ratio_difference if paired else unpaired_ratio_difference
        return of_ratios(one, two, _KINDS[estimator])
    return of_values(one.values, two.values)


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
