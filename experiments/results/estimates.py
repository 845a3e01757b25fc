"""One figure of the tables: over all replications of a setting, with its interval."""

from __future__ import annotations

from experiments.results.cells import Cell, Cells, Setting
from experiments.results.estimators import interval_of
from experiments.statistics.intervals import Interval


def estimate_of(cells: Cells, setting: Setting, cell: Cell) -> Interval:
    """Return a figure's estimate and interval; one that no replication has is an interval without numbers.

    A percentile is that of all replications' requests together, wherever more than one handed them over
    (`experiments.statistics.percentiles`). Everything else is estimated as `experiments.results.estimators` says.
    """
    pooled = cells.percentile(setting, cell)
    if pooled is not None and pooled.interval.count > 1:
        return pooled.interval
    return interval_of(cell.metric, cells.vector(setting, cell) or [], cells.sizes(setting, cell))
