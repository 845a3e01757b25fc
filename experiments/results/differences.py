"""How one figure differs from another, replication by replication: the way that suits the metric."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting
from experiments.results.estimators import Estimator, estimator_of, sizes_known
from experiments.results.modes import groups_at
from experiments.statistics.counts import Kind
from experiments.statistics.modes import groups_difference
from experiments.statistics.paired import Difference, paired_difference
from experiments.statistics.paired_ratios import Sized, ratio_difference
from experiments.statistics.percentiles import percentile_difference


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


def difference_between(cells: Cells, first: Place, second: Place) -> Difference | None:
    """Compare two figures of one metric that were played on the same random numbers; None if either is missing.

    Means, ratios, rare counts and percentiles are compared as they are estimated (`experiments.results.estimates`).
    Where the replications of either fall into two groups, it is compared how many fall into which
    (`experiments.statistics.modes`). Where one side has fewer replications, the first ones of both are compared.
    """
    one, two = _sized(cells, first), _sized(cells, second)
    if one is None or two is None:
        return None
    common = min(len(one.values), len(two.values))
    one, two = (Sized(side.values[:common], side.sizes[:common]) for side in (one, two))
    metric = first.cell.metric
    found = difference_of(metric, one, two)
    if found.identical or metric == "recovered":
        return found
    found = _of_percentiles(cells, first, second, found)
    grouped = any(groups_at(cells, *place) is not None for place in (first, second))
    return groups_difference(one.values, two.values) if grouped else found


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


def _of_percentiles(cells: Cells, first: Place, second: Place, otherwise: Difference) -> Difference:
    """Compare percentiles of all replications together.

    Two that can be bounded are subtracted as the tables show them. Of others, with too few requests beyond them, the
    replications' own percentiles are compared (`otherwise`): where nothing differs both sides are off by the same,
    so the test holds. Where something does they are not, so there is no interval.
    """
    one, two = cells.percentile(*first), cells.percentile(*second)
    if one is None or two is None or math.isnan(otherwise.p_value):
        return otherwise
    if len(one.parts) == len(two.parts) and one.bounded and two.bounded:
        return percentile_difference(one, two)
    return replace(otherwise, low=math.nan, high=math.nan)


def _sized(cells: Cells, place: Place) -> Sized | None:
    values = cells.vector(*place)
    return None if values is None else Sized(values, cells.sizes(*place))
