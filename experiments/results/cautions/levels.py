"""Levels window by window, as ``timeline.parquet`` has them, for finders that look at how something develops."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from experiments.results.cells import Setting
from experiments.results.parquet import row_groups
from simulator.metrics.phases import Phase

Place = tuple[str, str]
"""Operation (or service, pool, topic) and metric."""

Series = Mapping[Place, Mapping[int, Mapping[float, float]]]
"""By place and replication: the level by the begin of its window."""


def series_of(folder: Path, wanted: Mapping[Setting, Set[Place]]) -> Iterator[tuple[Setting, Series]]:
    """Read whatever is wanted of each setting, whose rows are a group of their own; what is not there is left out."""
    import pyarrow.compute as pc

    metrics = sorted({metric for places in wanted.values() for _, metric in places})
    if not metrics:
        return
    for rows in row_groups(folder / "timeline.parquet"):
        setting = Setting(rows["variant"][0].as_py(), rows["point"][0].as_py())
        if not wanted.get(setting):
            continue
        chosen: Any = pc.is_in(rows["metric"].cast("string"), value_set=_strings(metrics))
        part = rows.filter(chosen)
        columns = (part[name].to_pylist() for name in ("operation", "metric", "replication", "time", "value"))
        found: dict[Place, dict[int, dict[float, float]]] = defaultdict(lambda: defaultdict(dict))
        for operation, metric, replication, time, value in zip(*columns, strict=True):
            if (operation, metric) in wanted[setting]:
                found[operation, metric][replication][time] = value
        yield setting, found


def _strings(names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(names, pa.string())


def longest_piece(phase: Phase) -> tuple[float, float]:
    """Begin and end of the longest time in one piece."""
    return max(phase.pieces, key=lambda ends: ends[1] - ends[0])


def within(runs: Mapping[int, Mapping[float, float]], piece: tuple[float, float], window: float) -> list[list[float]]:
    """The level in every whole window of a piece of time, by replication; those with a gap are left out."""
    begin, end = piece
    inside = [
        [value for time, value in sorted(run.items()) if time >= begin - 1e-9 and time + window <= end + 1e-9]
        for _, run in sorted(runs.items())
    ]
    return [values for values in inside if not any(map(math.isnan, values))]
