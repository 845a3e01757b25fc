"""The figures of all replications, gathered by what they say: the rows from which every table is computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from experiments.results.batches import Batches
from experiments.results.samples import Samples
from experiments.statistics.percentiles import PooledPercentile
from simulator.metrics.names import METRICS, Metric
from simulator.results import Columns


class Cell(NamedTuple):
    """What one figure is about: a phase, an operation (or service, edge, topic) and a metric."""

    phase: str
    operation: str
    metric: str


class Setting(NamedTuple):
    """One variant at one point of the sweep (empty without a sweep)."""

    variant: str
    point: str


Vector = list[float]
"""One value per replication, in their order; NaN where a replication has none."""


class Cells:
    """Values by setting and cell. Replications are added in their order, each setting's for itself."""

    def __init__(self) -> None:
        self._vectors: dict[Setting, dict[Cell, Vector]] = {}
        self._sizes: dict[Setting, dict[Cell, Vector]] = {}
        self._replications: dict[Setting, int] = {}
        self._samples: dict[Setting, Samples] = {}
        self._batches: dict[Setting, Batches] = {}

    def add(self, setting: Setting, metrics: Columns, order_statistics: Columns | None = None) -> None:
        """Add the next replication of a setting.

        Args:
            setting: variant and point.
            metrics: the columns ``phase, operation, metric, value, of`` of its run.
            order_statistics: see `RunResult.order_statistics`; without them its percentiles stand for themselves.
        """
        vectors, sizes = self._vectors.setdefault(setting, {}), self._sizes.setdefault(setting, {})
        replication = self._replications.get(setting, 0)
        self._replications[setting] = replication + 1
        if order_statistics:
            self._samples.setdefault(setting, Samples()).add(replication, order_statistics)
        columns = (metrics[name] for name in ("phase", "operation", "metric", "value", "of"))
        for phase, operation, metric, value, size in zip(*columns, strict=True):
            cell = Cell(phase, operation, metric)
            for column, number in ((vectors, value), (sizes, size)):
                vector = column.setdefault(cell, [])
                vector.extend([math.nan] * (replication - len(vector)))
                vector.append(float(number))

    def add_batches(self, setting: Setting, metrics: Columns, order_statistics: Columns) -> None:
        """Add the batches of a setting's run: see `RunResult.batches` and `RunResult.batch_samples`."""
        self._batches[setting] = Batches(metrics, order_statistics)

    def batches(self, setting: Setting) -> Batches | None:
        """Return the batches of a setting of which one run was played; None if there are several, or it was not cut."""
        return self._batches.get(setting) if self.replications(setting) == 1 else None

    def replications(self, setting: Setting) -> int:
        """Return how many replications of a setting were added."""
        return self._replications.get(setting, 0)

    def settings(self) -> list[Setting]:
        """Return the settings in order of name."""
        return sorted(self._vectors)

    def vector(self, setting: Setting, cell: Cell) -> Vector | None:
        """Return the replications' values, or None if no replication has such a figure."""
        return self._padded(setting, self._vectors.get(setting, {}).get(cell))

    def sizes(self, setting: Setting, cell: Cell) -> Vector:
        """Return over how much each value was taken (`simulator.metrics.figures.Figure.of`); NaN: by time, or none."""
        return self._padded(setting, self._sizes.get(setting, {}).get(cell)) or []

    def percentile(self, setting: Setting, cell: Cell) -> PooledPercentile | None:
        """Return a percentile of all replications together; None if the metric is none, or nothing is known of it."""
        samples = self._samples.get(setting)
        return samples.percentile(*cell, self.replications(setting)) if samples is not None else None

    def settle(self, setting: Setting) -> None:
        """Say that no replication of a setting follows: what only its percentiles were computed from is forgotten."""
        if setting in self._samples:
            self._samples[setting].settle(self.replications(setting))

    def _padded(self, setting: Setting, vector: Vector | None) -> Vector | None:
        return None if vector is None else vector + [math.nan] * (self.replications(setting) - len(vector))

    def rows(self, setting: Setting) -> Iterator[tuple[Cell, Vector]]:
        """Yield a setting's cells and values in order of phase, operation and metric."""
        for cell in sorted(self._vectors.get(setting, {})):
            vector = self.vector(setting, cell)
            if vector is not None:
                yield cell, vector


def metric_named(name: str) -> Metric:
    """Return what is known of a metric; ``good@0.5`` (one of several limits) is a ``good``.

    Raises:
        KeyError: no such metric.
    """
    return METRICS[name.partition("@")[0]]


def highest(metric: str) -> float:
    """Return the largest value that a metric can have: 1 for a share, else infinity. None can be negative.

    Wasted work is counted whole when it ends, so in a phase there can be more of it than work.
    """
    share = metric_named(metric).unit == "share" and metric != "wasted_work"
    return 1.0 if share else math.inf
