"""What a setting's replications did window by window, on average: read back from ``timeline.parquet``."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from experiments.results.cells import Setting
from experiments.results.parquet import row_groups

LATENCY = "latency_p50"
WAITING: Mapping[str, str] = {"queue_length": "services", "backlog": "brokers"}
"""Figures of what waits, and the name of all components together: they are added up."""

Name = tuple[str, str]
"""Operation and metric."""


def window_means(timeline: Path, begins: Mapping[Setting, float]) -> Iterator[tuple[Setting, dict[Name, list[float]]]]:
    """Yield settings with the mean over their replications in each whole window.

    Workloads' median latencies, and what waits in all services and in all brokers. Windows in which no replication has
    a figure are left out.

    Args:
        timeline: the file; one setting at a time is in memory.
        begins: when the first window begins, in seconds; settings that are not named are passed over.
    """
    for group in row_groups(timeline):
        setting = Setting(*(str(group[name][0]) for name in Setting._fields))
        if setting in begins:
            yield setting, _averaged(_parts(group, begins[setting]))


def _parts(group: pa.Table, begin: float) -> dict[tuple[Name, float, int], list[float]]:
    """Return the figures of one setting's components by name, window and replication."""
    chosen = pc.and_(pc.is_in(group["metric"], pa.array([LATENCY, *WAITING])), pc.greater_equal(group["time"], begin))
    names = ("replication", "operation", "metric", "time", "value")
    columns = group.filter(chosen).select(names).to_pydict()
    parts: dict[tuple[Name, float, int], list[float]] = defaultdict(list)
    for replication, operation, metric, time, value in zip(*(columns[name] for name in names), strict=True):
        if math.isfinite(value) and not (metric == LATENCY and ":" in operation):
            parts[(WAITING.get(metric, operation), metric), time, replication].append(value)
    return parts


def _averaged(parts: Mapping[tuple[Name, float, int], list[float]]) -> dict[Name, list[float]]:
    """Add up the components of each replication, and average the replications."""
    windows: dict[Name, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (name, time, _), values in parts.items():
        windows[name][time].append(math.fsum(values))
    return {
        name: [math.fsum(values) / len(values) for _, values in sorted(by_time.items())]
        for name, by_time in windows.items()
    }
