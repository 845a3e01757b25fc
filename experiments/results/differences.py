"""How one figure differs from another, replication by replication: the way that suits the metric."""

from __future__ import annotations

import math

from experiments.results.batched_differences import batched_difference
from experiments.results.cells import Cells
from experiments.results.modes import groups_at
from experiments.results.paired_figures import Place, difference_of, percentiles_difference
from experiments.statistics.modes import both_sometimes_never, groups_difference
from experiments.statistics.paired import Difference
from experiments.statistics.paired_ratios import Sized
from experiments.statistics.rounding import but_for_rounding


def difference_between(cells: Cells, first: Place, second: Place) -> Difference | None:
    """Compare two figures of one metric that were played on the same random numbers; None if either is missing.

    Means, ratios, rare counts and percentiles are compared as they are estimated (`experiments.results.estimates`).
    Where the replications of either fall into two groups, it is compared how many fall into which
    (`experiments.statistics.modes`). Where one side has fewer replications, the first ones of both are compared.
    """
    one, two = _sized(cells, first), _sized(cells, second)
    if one is None or two is None:
        return None
    batched = batched_difference(cells, first, second)
    if batched is not None:
        return batched
    common = min(len(one.values), len(two.values))
    one, two = (Sized(side.values[:common], side.sizes[:common]) for side in (one, two))
    metric = first.cell.metric
    found = but_for_rounding(difference_of(metric, one, two), one.values, two.values, paired=True)
    if found.identical or metric == "recovered":
        return found
    found = percentiles_difference(cells.percentile(*first), cells.percentile(*second), found)
    grouped = any(groups_at(cells, *place) is not None for place in (first, second))
    grouped = grouped or (math.isnan(found.estimate) and both_sometimes_never(one.values, two.values))
    return groups_difference(one.values, two.values) if grouped else found


def _sized(cells: Cells, place: Place) -> Sized | None:
    values = cells.vector(*place)
    return None if values is None else Sized(values, cells.sizes(*place))
