"""One figure of the tables: over all replications of a setting, with its interval."""

from __future__ import annotations

import math
from dataclasses import replace

from experiments.results.batches import Batches, Cut
from experiments.results.cells import Cell, Cells, Setting, highest
from experiments.results.estimators import Estimator, estimator_of, interval_of
from experiments.statistics.batch_means import BATCHES
from experiments.statistics.intervals import Interval
from reports.evidence import ALL


def estimate_of(cells: Cells, setting: Setting, cell: Cell) -> Interval:
    """Return a figure's estimate and interval; one that no replication has is an interval without numbers.

    A percentile is that of all replications' requests together, wherever more than one handed them over
    (`experiments.statistics.percentiles`). A figure of a single run has the interval of its batches
    (`experiments.statistics.batch_means`). Everything else is estimated as `experiments.results.estimators` says.
    """
    pooled = cells.percentile(setting, cell)
    if pooled is not None and pooled.interval.count > 1:
        return pooled.interval
    found = interval_of(cell.metric, cells.vector(setting, cell) or [], cells.sizes(setting, cell))
    batches = cells.batches(setting)
    return found if batches is None or cell.phase != ALL else _of_batches(batches, cell, found)


def _of_batches(batches: Batches, cell: Cell, run: Interval) -> Interval:
    """Return the run's figure with the interval of its batches, if they have one."""
    cut = batches.chosen(cell.operation, cell.metric)
    if cut is None or math.isnan(run.estimate):
        return run
    found = interval_over(cut, cell.metric)
    shift = run.estimate - found.estimate
    if cut.percentile is not None or not math.isfinite(shift):
        shift = 0.0
    return replace(run, low=found.low + shift, high=found.high + shift).within(0.0, highest(cell.metric))


def interval_over(cut: Cut, metric: str) -> Interval:
    """Return the interval over batches as over replications; of counted events that of all batches' together."""
    if cut.percentile is not None:
        return cut.percentile.interval
    number = len(cut.values)
    if estimator_of(metric) is not Estimator.EVENTS:
        return interval_of(metric, list(cut.values), list(cut.sizes))
    found = interval_of(metric, [value * (BATCHES // number) for value in cut.values], [])
    return replace(found, estimate=found.estimate * number, low=found.low * number, high=found.high * number)
