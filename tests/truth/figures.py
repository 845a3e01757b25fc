"""Where figures are found in a results folder: one value per replication."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from experiments.results.reading import Results
from tests.truth.cases import Figure

SAME = 0.02
"""How far the summary's estimate may lie from the plain mean over the replications."""

ROUNDING = 1e-9
"""Seconds that floating point may add to a latency of 0."""

Arrays = dict[str, np.ndarray]
"""Columns of ``requests.parquet``, by name."""


def metric(operation: str, name: str, *, variant: str = "base", point: str = "", phase: str = "all") -> Figure:
    """Return the figure that `summary.csv` has in this row, replication by replication (`runs.parquet`).

    Raises AssertionError if `summary.csv`, which a user reads, has no such row or a mean that is not theirs (a ratio
    over all replications together may differ from the mean of their ratios, but by little).
    """

    def read(results: Results) -> Sequence[float]:
        wanted = {"variant": variant, "point": point, "phase": phase, "operation": operation, "metric": name}
        values = list(_matching(results.runs, wanted).sort_values("replication")["value"])
        assert values, f"no figure {operation} {name} ({variant}, {point or 'no sweep'}, {phase})"
        (said,) = _matching(results.summary, wanted)["mean"]
        kept = [value for value in values if not math.isnan(value)]
        same = math.isclose(said, math.fsum(kept) / len(kept), rel_tol=SAME, abs_tol=1e-12)
        assert same or name == "recovery_time", f"summary.csv says {said} for {operation} {name}, not {kept}"
        return values

    return read


def _matching(frame: pd.DataFrame, wanted: Mapping[str, str]) -> pd.DataFrame:
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def derived(of: Callable[..., float], *figures: Figure) -> Figure:
    """Return what ``of`` makes of other figures, replication by replication."""

    def read(results: Results) -> Sequence[float]:
        return [of(*values) for values in zip(*(figure(results) for figure in figures), strict=True)]

    return read


def requests(operation: str, of: Callable[[Arrays], float], *, variant: str = "base", point: str = "") -> Figure:
    """Return what ``of`` makes of each replication's requests that arrived after the warm-up, in order of arrival.

    It gets the columns ``arrived``, ``answered``, ``ok`` (answered ok), ``timeouts`` (attempts that timed out) and
    ``found``: how many earlier requests of this workload were still unanswered at the moment of arrival.
    """

    def read(results: Results) -> Sequence[float]:
        warmup = results.manifest["warmup"]
        return [
            of({name: values[columns["arrived"] >= warmup] for name, values in columns.items()})
            for columns in _replications(results, operation, variant, point)
        ]

    return read


def spread(columns: Arrays) -> float:
    """Return the standard deviation of the latencies of a replication's requests."""
    return float(np.std(columns["answered"] - columns["arrived"]))


def waiting(columns: Arrays) -> float:
    """Return the share of a replication's requests that took any time at all.

    Of probes (requests without work) these are the ones that found no worker free, and they hold up nobody.
    """
    return float(np.mean(columns["answered"] - columns["arrived"] > ROUNDING))


def finding(at_least: int) -> Callable[[Arrays], float]:
    """Return the share of a replication's requests that found this many others or more."""
    return lambda columns: float(np.mean(columns["found"] >= at_least))


def _replications(results: Results, operation: str, variant: str, point: str) -> Iterator[Arrays]:
    file = pq.ParquetFile(results.folder / "requests.parquet")
    names = ["variant", "point", "operation", "arrived", "answered", "outcome", "timeouts"]
    for group in range(file.num_row_groups):  # one per run: never all of them in memory
        frame = file.read_row_group(group, names).to_pandas()
        frame = frame[(frame["variant"] == variant) & (frame["point"] == point) & (frame["operation"] == operation)]
        if len(frame):
            yield _columns(frame.sort_values("arrived", kind="stable"))


def _columns(frame: pd.DataFrame) -> Arrays:
    arrived, answered = frame["arrived"].to_numpy(), frame["answered"].to_numpy()
    leaving = np.sort(np.where(np.isnan(answered), math.inf, answered))
    found = np.arange(len(arrived)) - np.searchsorted(leaving, arrived, side="right")
    ok = (frame["outcome"] == "ok").to_numpy()
    timeouts = frame["timeouts"].to_numpy()
    return {"arrived": arrived, "answered": answered, "ok": ok, "timeouts": timeouts, "found": found}
