"""How one figure differs from another, replication by replication: the way that suits the metric."""

from __future__ import annotations

import math

from experiments.results.batched_differences import batched_difference
from experiments.results.cells import Cells
from experiments.results.modes import groups_at
from experiments.results.paired_figures import Place, difference_of, percentiles_difference, sized
from experiments.statistics.modes import both_sometimes_never, divided
from experiments.statistics.paired import Difference
from experiments.statistics.paired_ratios import Sized


def difference_between(cells: Cells, first: Place, second: Place) -> Difference | None:
    """Compare two figures of one metric that were played on the same random numbers; None if either is missing.

    Means, ratios, rare counts and percentiles are compared as they are estimated (`experiments.results.estimates`).
    Where the replications of either fall into two groups, it is compared how many fall into which
    (`experiments.statistics.modes`). Where one side has fewer replications, the first ones of both are compared.
    """
    one, two = sized(cells, first), sized(cells, second)
    if one is None or two is None:
        return None
    batched = batched_difference(cells, first, second)
    if batched is not None:
        return batched
    common = min(len(one.values), len(two.values))
    one, two = (Sized(side.values[:common], side.sizes[:common]) for side in (one, two))
    metric = first.cell.metric
    found = difference_of(metric, one, two)
    if found.identical or metric == "recovered":
        return found
    found = percentiles_difference(cells.percentile(*first), cells.percentile(*second), found)
    grouped = any(groups_at(cells, *place) is not None for place in (first, second))
    grouped = grouped or (math.isnan(found.estimate) and both_sometimes_never(one.values, two.values))
    if not grouped:
        return found
    pairs = [pair for pair in zip(one.values, two.values, strict=True) if not any(map(math.isnan, pair))]
    return divided([value for value, _ in pairs], [value for _, value in pairs]).difference
