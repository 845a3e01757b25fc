"""``summary.csv``: every figure with its interval over the replications."""

from __future__ import annotations

from typing import NamedTuple

from experiments.results.cells import Cells, metric_named
from experiments.results.estimates import estimate_of


class SummaryRow(NamedTuple):
    """One figure. Times in seconds; ``phase`` is ``all``, ``healthy``, ``during:NAME`` or ``after:NAME``."""

    variant: str
    point: str
    phase: str
    operation: str
    metric: str
    unit: str
    mean: float
    """The estimate over the replications that suits the metric: see `experiments.results.estimators`."""
    ci_low: float
    ci_high: float
    replications: int
    """Replications that had a value: one in which nothing happened to be measured has none."""


def summary_rows(cells: Cells) -> list[SummaryRow]:
    """Return the rows in order of variant, point, phase, operation and metric."""
    rows = []
    for setting in cells.settings():
        for cell, _values in cells.rows(setting):
            found = estimate_of(cells, setting, cell)
            unit = metric_named(cell.metric).unit
            rows.append(SummaryRow(*setting, *cell, unit, found.estimate, found.low, found.high, found.count))
    return rows
