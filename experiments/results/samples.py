"""The samples behind percentiles, replication by replication, and the percentiles of all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from experiments.statistics.percentiles import NO_SAMPLE, Ordered, Pool, PooledPercentile, pooled_percentile
from simulator.metrics.names import PERCENTILES
from simulator.metrics.order_statistics import counts
from simulator.results import Columns


class Family(NamedTuple):
    """The percentiles of one sample: `name` is ``latency`` for ``latency_p50`` to ``latency_p999``."""

    phase: str
    operation: str
    name: str


def share_of(metric: str) -> float | None:
    """Return the share that a percentile's name stands for; None for any other metric."""
    return PERCENTILES.get(metric.rpartition("_")[2])


class Samples:
    """What the replications of one setting handed over of their samples (`RunResult.order_statistics`)."""

    def __init__(self) -> None:
        self._clusters: dict[Family, dict[int, Ordered]] = {}
        self._found: dict[Family, Mapping[str, PooledPercentile]] = {}

    def add(self, replication: int, columns: Columns) -> None:
        """Take the samples of one replication (or batch), numbered from 0."""
        self._found.clear()
        names = ("phase", "operation", "family", "of", "values")
        for phase, operation, name, size, values in zip(*(columns[name] for name in names), strict=True):
            sample = Ordered(np.asarray(values), counts(int(size)))
            self._clusters.setdefault(Family(phase, operation, name), {})[replication] = sample

    def percentile(self, phase: str, operation: str, metric: str, replications: int) -> PooledPercentile | None:
        """Return a percentile of all replications' values; None if ``metric`` is none, or no sample was handed over.

        Args:
            phase: as in the tables.
            operation: as in the tables.
            metric: ``latency_p99``, say.
            replications: how many there were; those without a sample count for nothing.
        """
        name, _, suffix = metric.rpartition("_")
        if suffix not in PERCENTILES:
            return None
        family = Family(phase, operation, name)
        if family not in self._found and family in self._clusters:
            self._found[family] = self._percentiles(family, replications)
        return self._found.get(family, {}).get(suffix)

    def settle(self, replications: int) -> None:
        """Compute all percentiles, now that every replication is there, and forget the samples: they are large."""
        for family in list(self._clusters):
            self._found[family] = self._percentiles(family, replications)
        self._clusters.clear()

    def _percentiles(self, family: Family, replications: int) -> Mapping[str, PooledPercentile]:
        clusters = self._clusters[family]
        pool = Pool([clusters.get(number, NO_SAMPLE) for number in range(replications)])
        return {suffix: pooled_percentile(pool, share) for suffix, share in PERCENTILES.items()}
