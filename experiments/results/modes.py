"""Figures whose replications fall into two groups: they are told apart and not averaged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting, Vector, metric_named
from experiments.results.estimators import Estimator, estimator_of, sizes_known
from experiments.statistics.intervals import mean, present
from experiments.statistics.modes import Group, Groups, groups_of
from experiments.statistics.ratios import ratio
from reports.evidence import COMPONENT_PREFIXES

LOOKED_AT = (
    "goodput",
    "throughput",
    "fulfilled",
    "error_rate",
    "latency_mean",
    "orphaned",
    "recovered",
)
"""Metrics of workloads in which it shows that some replications recover and some never do, and all that is needed to
see it. Percentiles are not among them: they jump where a share of requests crosses theirs, and nothing is
split."""


class ModeRow(NamedTuple):
    """Two groups of replications, by the mean of each: how many lie near ``lower``, and how many near ``upper``."""

    variant: str
    point: str
    phase: str
    operation: str
    metric: str
    unit: str
    in_lower: int
    lower: float
    in_upper: int
    upper: float


def mode_rows(cells: Cells) -> list[ModeRow]:
    """Return all figures that are not averaged, in order of variant, point, phase, operation and metric."""
    return [
        ModeRow(*setting, *cell, metric_named(cell.metric).unit, *found.lower, *found.upper)
        for setting in cells.settings()
        for cell, _values in cells.rows(setting)
        if (found := groups_at(cells, setting, cell)) is not None
    ]


def groups_at(cells: Cells, setting: Setting, cell: Cell) -> Groups | None:
    """Return the two groups of a workload's figure, or None: one group, or not a figure that is looked at."""
    values = cells.vector(setting, cell)
    if values is None or cell.metric not in LOOKED_AT or cell.operation.startswith(COMPONENT_PREFIXES):
        return None
    if cell.metric == "recovered":
        return _recovered(present(values))
    return groups_of(values, _noise(cells, setting, cell, values))


def _recovered(values: Sequence[float]) -> Groups | None:
    """Replications that recovered and those that did not: two groups from the first of each on."""
    ones = sum(1 for value in values if value)
    if ones in (0, len(values)):
        return None
    return Groups(Group(len(values) - ones, 0.0), Group(ones, 1.0), 0.5)


def _noise(cells: Cells, setting: Setting, cell: Cell, values: Vector) -> float:
    """Return the variance that a replication's value has if its events are independent; 0 where none are counted."""
    if cell.metric in ("goodput", "throughput"):
        return _noise_of_rate(cells, setting, cell, values)
    sizes = cells.sizes(setting, cell)
    if estimator_of(cell.metric) is not Estimator.SHARE or not sizes_known(values, sizes):
        return 0.0
    found = ratio(values, sizes)
    return found.estimate * (1 - found.estimate) * found.count / found.size if found.size else 0.0


def _noise_of_rate(cells: Cells, setting: Setting, cell: Cell, values: Vector) -> float:
    """Return the same of events per second; the seconds are those in which throughput makes the answers."""
    answers = present(cells.sizes(setting, cell._replace(metric="error_rate")))
    rates = present(cells.vector(setting, cell._replace(metric="throughput")) or [])
    seconds = mean(answers) / mean(rates) if answers and rates and mean(rates) else math.nan
    return mean(present(values)) / seconds if seconds > 0 else 0.0


def of_variant(rows: Sequence[ModeRow]) -> Iterator[tuple[tuple[str, str, str], list[ModeRow]]]:
    """Yield the rows of each variant, point and operation together, in order."""
    keys = sorted({(row.variant, row.point, row.operation) for row in rows})
    for key in keys:
        yield key, [row for row in rows if (row.variant, row.point, row.operation) == key]
