"""How one figure of a single run differs from another's, batch by batch.

Two runs on the same random numbers have the same requests arrive in each batch, so the batches are paired as
replications are. They are joined until the differences of neighbours no longer resemble each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from experiments.results.batches import Cut
from experiments.results.cells import Cells
from experiments.results.estimators import Estimator, estimator_of
from experiments.results.paired_figures import Place, difference_of, percentiles_difference
from experiments.statistics.batch_means import BATCHES, correlated
from experiments.statistics.paired import Difference
from experiments.statistics.paired_ratios import Sized
from reports.evidence import ALL


def batched_difference(cells: Cells, first: Place, second: Place) -> Difference | None:
    """Compare two figures of single runs; None if either has no batches.

    Where even the fewest batches depend on each other there is no p-value: it would be too small.
    """
    one, two = cells.batches(first.setting), cells.batches(second.setting)
    if one is None or two is None or first.cell.phase != ALL:
        return None
    found = None
    metric = first.cell.metric
    cuts = zip(one.cuts(first.cell.operation, metric), two.cuts(second.cell.operation, metric), strict=False)
    for a, b in cuts:
        found = _difference(metric, a, b)
        if found.identical or not (_dependent(a.parts, b.parts) or _dependent(a.values, b.values)):
            return found
    return None if found is None else replace(found, p_value=math.nan)


def _dependent(one: Sequence[float], two: Sequence[float]) -> bool:
    """Whether the differences of neighbouring batches resemble each other; nothing is known where a side has none."""
    return correlated([left - right for left, right in zip(one, two, strict=False)])


def _difference(metric: str, one: Cut, two: Cut) -> Difference:
    if estimator_of(metric) is not Estimator.EVENTS:
        found = difference_of(metric, Sized(one.values, one.sizes), Sized(two.values, two.sizes))
        return percentiles_difference(one.percentile, two.percentile, found)
    number = len(one.values)
    sums = (Sized([value * (BATCHES // number) for value in cut.values], cut.sizes) for cut in (one, two))
    found = difference_of(metric, *sums)
    return replace(found, estimate=found.estimate * number, low=found.low * number, high=found.high * number)
