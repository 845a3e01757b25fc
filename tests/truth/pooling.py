"""How sure all replications together make a figure, where they count one by one only badly.

Both suppose that requests do not depend on one another, as where nobody queues.
"""

from __future__ import annotations

import math

import numpy as np

from experiments.results.reading import Results
from experiments.statistics.counts import Kind, count_interval
from experiments.statistics.intervals import Interval
from tests.truth.cases import IntervalOf


def counted(operation: str, name: str, *, kind: Kind = "share", variant: str = "base") -> IntervalOf:
    """Return callsim's own interval of a counted figure: exact (Clopper and Pearson, Garwood) where events are few."""

    def read(results: Results, confidence: float) -> Interval:
        runs = results.runs
        rows = runs[(runs["variant"] == variant) & (runs["operation"] == operation) & (runs["metric"] == name)]
        rows = rows[(rows["phase"] == "all") & (rows["point"] == "")]
        return count_interval(list(rows["value"]), list(rows["of"]), kind, confidence)

    return read


def quantile_of_latencies(operation: str, share: float, *, variant: str = "base") -> IntervalOf:
    """Return the distribution-free interval of a percentile of all answered requests after the warm-up, of all
    replications together."""

    def read(results: Results, confidence: float) -> Interval:
        rows = results.requests
        rows = rows[(rows["variant"] == variant) & (rows["operation"] == operation)]
        rows = rows[rows["arrived"] >= results.manifest["warmup"]]
        latencies = (rows["answered"] - rows["arrived"]).to_numpy()
        return quantile_interval(latencies[np.isfinite(latencies)], share, confidence)

    return read


def quantile_interval(values: np.ndarray, share: float, confidence: float) -> Interval:
    """Return a quantile by rank, between two order statistics whose coverage is at least ``confidence``.

    An end is NaN where the values are too few to have one (Conover, Practical Nonparametric Statistics, section 3.2).
    """
    from scipy.stats import binom  # slow to import

    ascending, size = np.sort(values), len(values)
    tail = (1 - confidence) / 2
    below = int(binom.ppf(tail, size, share))  # P(fewer values below the quantile) is at most the tail
    above = int(binom.ppf(1 - tail, size, share)) + 1
    low = float(ascending[below - 1]) if below >= 1 else math.nan
    high = float(ascending[above - 1]) if above <= size else math.nan
    return Interval(float(ascending[max(1, math.ceil(share * size - 1e-9)) - 1]), low, high, size)
