"""The figures of one long run in consecutive batches (`experiments.statistics.batch_means`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from experiments.statistics.batch_means import BATCHES, FEWEST, correlated, joined, linearised
from experiments.statistics.percentiles import NO_SAMPLE, Ordered, Pool, PooledPercentile, pooled_percentile
from simulator.metrics.names import PERCENTILES
from simulator.metrics.order_statistics import counts
from simulator.results import Columns

_NO_MEAN = ("_max", "_end")
"""How figures end that are of one moment: the run's is no mean of the batches'."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A figure of one run, cut into so many batches that they are independent, or as few as there can be.

    Attributes:
        values: one per batch; NaN: it has none.
        sizes: over how much each was taken.
        parts: see `experiments.statistics.batch_means.linearised`.
        percentile: of the batches together, where the figure is a percentile of a sample that is known.
    """

    values: Sequence[float]
    sizes: Sequence[float]
    parts: Sequence[float]
    percentile: PooledPercentile | None = None

    @property
    def correlated(self) -> bool:
        """Whether neighbouring batches resemble each other more than chance allows."""
        return correlated(self.parts)


class _Series(NamedTuple):
    values: list[float]
    sizes: list[float]


class Batches:
    """The figures of one run by batch."""

    def __init__(self, metrics: Columns, order_statistics: Columns) -> None:
        """Take the columns of `RunResult.batches` and `RunResult.batch_samples`."""
        self._series: dict[tuple[str, str], _Series] = {}
        self._samples: dict[tuple[str, str], list[Ordered]] = {}
        names = ("phase", "operation", "metric", "value", "of")
        for number, operation, metric, value, size in zip(*(metrics[name] for name in names), strict=True):
            series = self._series.setdefault((operation, metric), _Series([math.nan] * BATCHES, [math.nan] * BATCHES))
            series.values[int(number)], series.sizes[int(number)] = float(value), float(size)
        names = ("phase", "operation", "family", "of", "values")
        for number, operation, family, size, kept in zip(*(order_statistics[name] for name in names), strict=True):
            samples = self._samples.setdefault((operation, family), [NO_SAMPLE] * BATCHES)
            samples[int(number)] = Ordered(np.asarray(kept), counts(int(size)))

    def cuts(self, operation: str, metric: str) -> Iterator[Cut]:
        """Yield a figure in 32 batches, in 16 and in 8; nothing if it has none or is no mean."""
        if (operation, metric) not in self._series or metric.endswith(_NO_MEAN):
            return
        values, sizes = self._series[operation, metric]
        family, _, suffix = metric.rpartition("_")
        samples = self._samples.get((operation, family), []) if suffix in PERCENTILES else []
        while len(values) >= FEWEST:
            yield _cut(values, sizes, samples, PERCENTILES.get(suffix, 0.0))
            values, sizes = joined(values, sizes)
            samples = [Pool(pair).sample for pair in zip(samples[::2], samples[1::2], strict=True)]

    def chosen(self, operation: str, metric: str) -> Cut | None:
        """Return a figure in as many batches as are independent, or in the fewest; None if it has none."""
        cut = None
        for cut in self.cuts(operation, metric):
            if not cut.correlated:
                break
        return cut


def _cut(values: Sequence[float], sizes: Sequence[float], samples: Sequence[Ordered], share: float) -> Cut:
    if not samples:
        return Cut(values, sizes, linearised(values, sizes))
    found = pooled_percentile(Pool(samples), share)
    return Cut(values, sizes, found.parts, found)
