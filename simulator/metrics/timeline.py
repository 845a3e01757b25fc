"""The headline figures window by window: what a timeline draws. Windows are ``run.window`` long, from the start."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulator.metrics.phases import Phase
from simulator.metrics.quantiles import mean, quantile
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.metrics.gauges import Gauges
    from simulator.metrics.instruments import Instrument
    from simulator.metrics.requests import Requests

Rows = Iterator[tuple[str, str, float, float]]
"""Operation, metric, begin of the window, value."""

SHOWN = frozenset(
    {
        "throughput",
        "error_rate",
        "utilization",
        "cpu_utilization",
        "hit_ratio",
        "replicas",
        "queue_length",
        "backlog",
        "behind",
        "breaker_open_share",
        "wait_mean",
    }
)
"""The metrics of components that a timeline keeps."""


class Windows(NamedTuple):
    """The windows of one run: `number` of them, each `length` seconds long; the last may be cut short by the end."""

    length: float
    number: int
    end: float

    @classmethod
    def of(cls, length: float, duration: float) -> Windows:
        """The windows that cover [0, duration)."""
        return cls(length, max(1, ceil(duration / length - 1e-9)), duration)

    def pieces(self) -> list[tuple[float, float]]:
        """Begin and end of each."""
        return [(k * self.length, min((k + 1) * self.length, self.end)) for k in range(self.number)]

    def place(self, times: Any) -> Any:
        """The number of the window in which each of `times` lies; -1 for none."""
        with np.errstate(invalid="ignore"):
            inside = (times >= 0) & (times < self.end)
            number = np.floor(np.where(inside, times, 0.0) / self.length).astype(np.int64)
        return np.where(inside, np.minimum(number, self.number - 1), -1)


def request_rows(operation: str, requests: Requests, windows: Windows) -> Rows:
    """Throughput and goodput by the time of the answer; errors and latency by the time of arrival."""
    pieces = windows.pieces()
    seconds = [end - begin for begin, end in pieces]
    answers = _histogram(windows.place(requests.column["answered"]), windows.number)
    good = _histogram(windows.place(requests.finished_at), windows.number)
    for number, (begin, _) in enumerate(pieces):
        yield operation, "throughput", begin, answers[number] / seconds[number]
        yield operation, "goodput", begin, good[number] / seconds[number]
    outcome, staleness = requests.column["outcome"], requests.column.get("staleness")
    arrived = windows.place(requests.column["arrived"])
    order = np.argsort(arrived, kind="stable")
    bounds = np.searchsorted(arrived[order], np.arange(windows.number + 1))
    for number, (begin, _) in enumerate(pieces):
        rows = order[bounds[number] : bounds[number + 1]]
        kinds = outcome[rows]
        answered = int((kinds >= 0).sum())
        failed = answered - int(((kinds == Outcome.OK) | (kinds == Outcome.CLIENT_ERROR)).sum())
        latency = np.sort(requests.latency[rows][kinds == Outcome.OK])
        yield operation, "error_rate", begin, failed / answered if answered else nan
        yield operation, "latency_p50", begin, quantile(latency, 0.50)
        yield operation, "latency_p99", begin, quantile(latency, 0.99)
        if staleness is not None:
            read = staleness[rows]
            yield operation, "staleness_mean", begin, mean(read[~np.isnan(read)])


def component_rows(instruments: Iterable[Instrument], gauges: Gauges, windows: Windows) -> Rows:
    """The figures of components in each window."""
    for instrument in instruments:
        for piece in windows.pieces():
            for figure in instrument.report(gauges, Phase("window", (piece,))):
                if figure.metric in SHOWN:
                    yield instrument.operation, figure.metric, piece[0], figure.value


def _histogram(places: Any, size: int) -> list[int]:
    counts: list[int] = np.bincount(places[places >= 0], minlength=size).tolist()
    return counts
