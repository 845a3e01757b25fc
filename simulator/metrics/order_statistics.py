"""What leaves a run of a sample besides its percentiles: the sample itself, thinned, so that runs can be put together.

The largest `EXACT` values are all there. Below them a value in so many stands for its neighbours, always less than
one in `EXACT` of those above: a share of the sample is right to half a percent of itself wherever it is cut.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.results import Columns

if TYPE_CHECKING:
    from simulator.metrics.figures import Figure
    from simulator.metrics.quantiles import Values

EXACT = 200
"""So many of the largest values are kept one by one."""

Ranks = np.ndarray[Any, np.dtype[np.int64]]


@lru_cache(maxsize=256)
def ranks(size: int) -> Ranks:
    """Which order statistics of a sample are kept: ranks from 1, the largest, up to its size."""
    kept, rank = [], 0
    while rank < size:
        rank = min(size, rank + max(1, rank // EXACT))
        kept.append(rank)
    return np.array(kept, dtype=np.int64)


@lru_cache(maxsize=256)
def counts(size: int) -> Ranks:
    """For each of the kept ones, how many values it and those before it stand for: each for its nearest neighbours."""
    kept = ranks(size)
    if not size:
        return kept
    return np.append((kept[:-1] + kept[1:]) // 2, size)


def thinned(ascending: Values) -> Values:
    """The kept values of a sorted sample, in descending order."""
    size = len(ascending)
    return ascending[size - ranks(size)]


class OrderStatistics:
    """Gathers the samples behind percentiles, each once, thinned."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], tuple[int, Values]] = {}

    def add(self, phase: str, operation: str, figure: Figure) -> None:
        """Take a figure's sample, if it is a percentile and the sample has not been seen yet."""
        if figure.sample is not None:
            key = (phase, operation, figure.metric.rpartition("_")[0])
            if key not in self._kept:
                self._kept[key] = len(figure.sample), thinned(figure.sample)

    def columns(self) -> Columns:
        """One row per sample: see `RunResult.order_statistics`."""
        names = ("phase", "operation", "family")
        keys = {name: [key[place] for key in self._kept] for place, name in enumerate(names)}
        sizes, values = ([kept[place] for kept in self._kept.values()] for place in (0, 1))
        return keys | {"of": sizes, "values": values}
