"""How sure all replications together make a figure, where they say little one by one: rare events, and percentiles of
replications too short to have their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from experiments.results.reading import Results
from experiments.statistics.counts import Kind, count_interval
from experiments.statistics.intervals import Interval
from experiments.statistics.percentiles import Ordered, Pool, pooled_percentile
from simulator.metrics.names import PERCENTILES
from tests.truth.cases import IntervalOf

SAME = 1e-6
"""How far the summary's estimate may lie from the one that is found here."""


def counted(operation: str, name: str, *, kind: Kind = "share", variant: str = "base") -> IntervalOf:
    """Return callsim's own interval of a counted figure: exact (Clopper and Pearson, Garwood) where events are few."""

    def read(results: Results, confidence: float) -> Interval:
        runs = results.runs
        rows = runs[(runs["variant"] == variant) & (runs["operation"] == operation) & (runs["metric"] == name)]
        rows = rows[(rows["phase"] == "all") & (rows["point"] == "")]
        return count_interval(list(rows["value"]), list(rows["of"]), kind, confidence)

    return read


def percentile(operation: str, name: str, *, variant: str = "base") -> IntervalOf:
    """Return callsim's own interval of a percentile of the latencies of all replications together (``latency_p99``).

    It needs ``record: requests``. Raises AssertionError if `summary.csv`, which a user reads, has another estimate.
    """

    def read(results: Results, confidence: float) -> Interval:
        rows = results.requests
        rows = rows[(rows["variant"] == variant) & (rows["operation"] == operation)]
        rows = rows[rows["arrived"] >= results.manifest["warmup"]]
        samples = [(run["answered"] - run["arrived"]).to_numpy() for _, run in rows.groupby("replication")]
        found = percentile_of(samples, PERCENTILES[name.rpartition("_")[2]], confidence)
        summary = results.summary
        summary = summary[(summary["variant"] == variant) & (summary["operation"] == operation)]
        (said,) = summary[(summary["metric"] == name) & (summary["phase"] == "all")]["mean"]
        assert math.isclose(said, found.estimate, rel_tol=SAME), f"summary.csv says {said}, not {found.estimate}"
        return found

    return read


def percentile_of(samples: Sequence[np.ndarray], share: float, confidence: float) -> Interval:
    """Return the percentile of samples (one per replication) together."""
    ordered = [Ordered(np.sort(sample)[::-1], np.arange(1, len(sample) + 1)) for sample in samples]
    return pooled_percentile(Pool(ordered), share, confidence).interval
