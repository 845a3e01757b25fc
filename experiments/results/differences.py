"""The difference of one figure between two settings on common random numbers."""

from __future__ import annotations

import math
from dataclasses import replace

from experiments.results.cells import Cell, Cells, Setting
from experiments.statistics.paired import Difference, paired_difference
from experiments.statistics.percentiles import PooledPercentile, percentile_difference


def difference_of(cells: Cells, setting: Setting, reference: Setting, cell: Cell) -> Difference | None:
    """Return how much higher a figure is at one setting than at another; None where one has no such figure.

    Where one of the two has fewer replications, the first ones of both are compared.

    Two percentiles that can be bounded are subtracted as the tables show them. Others, with too few requests beyond
    them, have the mean difference of the replications' own percentiles. It is tested as ever, for where nothing
    differs both sides are off by the same; and it has no interval, for where something does they are not.
    """
    first, second = cells.vector(setting, cell), cells.vector(reference, cell)
    if first is None or second is None:
        return None
    common = min(len(first), len(second))
    raw = paired_difference(first[:common], second[:common], shares=cell.metric == "recovered")
    one, two = cells.percentile(setting, cell), cells.percentile(reference, cell)
    if one is None or two is None or raw.identical or math.isnan(raw.p_value):
        return raw
    if len(first) == len(second) and _bounded(one) and _bounded(two):
        return percentile_difference(one, two)
    return replace(raw, low=math.nan, high=math.nan)


def _bounded(found: PooledPercentile) -> bool:
    """Whether both ends of a percentile's interval are known and finite, and its error can be split by replication."""
    return math.isfinite(found.interval.low) and math.isfinite(found.interval.high) and bool(found.parts)
