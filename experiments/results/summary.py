"""``summary.csv``: every figure with its interval over the replications."""

from __future__ import annotations

from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting, Vector, highest, metric_named
from experiments.statistics.intervals import Interval, mean_interval, median_interval, share_interval


class SummaryRow(NamedTuple):
    """One figure. Times in seconds; ``phase`` is ``all``, ``healthy``, ``during:NAME`` or ``after:NAME``."""

    variant: str
    point: str
    phase: str
    operation: str
    metric: str
    unit: str
    mean: float
    """Mean over the replications; for ``recovery_time`` their median, for ``recovered`` the share of replications."""
    ci_low: float
    ci_high: float
    replications: int
    """Replications that had a value: one in which nothing happened to be measured has none."""


def interval_of(metric: str, values: Vector, sizes: Vector) -> Interval:
    """Return the estimate over replications that suits the metric: a mean, a median or a share, with its interval.

    Args:
        metric: its name.
        values: one per replication; NaN: none.
        sizes: over how much each value was taken; NaN where it is a figure of time.
    """
    if metric == "recovery_time":
        return median_interval(values)
    if metric == "recovered":
        return share_interval(values)
    return mean_interval(values).within(0.0, highest(metric))


def estimate_of(cells: Cells, setting: Setting, cell: Cell) -> Interval:
    """Return a figure of the tables with its interval, over all replications of a setting.

    A percentile is that of all replications' values together wherever the runs handed these over.
    """
    values = cells.vector(setting, cell) or []
    pooled = cells.percentile(setting, cell)
    if pooled is not None and pooled.interval.count > 1:
        return pooled.interval
    return interval_of(cell.metric, values, cells.sizes(setting, cell))


def summary_rows(cells: Cells) -> list[SummaryRow]:
    """Return the rows in order of variant, point, phase, operation and metric."""
    rows = []
    for setting in cells.settings():
        for cell, _ in cells.rows(setting):
            found = estimate_of(cells, setting, cell)
            unit = metric_named(cell.metric).unit
            rows.append(SummaryRow(*setting, *cell, unit, found.estimate, found.low, found.high, found.count))
    return rows
