"""Which estimator suits which metric: the one table, and the only place that knows."""

from __future__ import annotations

import math
from enum import Enum
from types import MappingProxyType

from experiments.results.cells import Vector, highest, metric_named
from experiments.statistics.counts import count_interval
from experiments.statistics.intervals import Interval, mean_interval, median_interval, share_interval
from experiments.statistics.ratios import ratio_interval
from simulator.metrics.names import METRICS, PERCENTILES, Metric


class Estimator(Enum):
    """How the replications' values become one figure with an interval."""

    MEAN = "mean over replications, each of which counts once"
    RATIO = "sum over replications divided by the sum of what it was taken over"
    SHARE = "the same of requests (or messages, attempts, look-ups) that something happened to: exact where few"
    NUMBER = "the same of events, of which a request may have several: exact where few"
    EVENTS = "events per replication: exact where few"
    MEDIAN = "median of the replications"
    REPLICATIONS = "share of the replications"


_OF_TIME = frozenset({"utilization", "cpu_utilization", "breaker_open_share"})
"""Shares of time and not of anything that is counted."""

_EVENTS = frozenset({"breaker_opens", "completion_left_out", "inconsistency_window_left_out", "diverged"})
"""Counts of a whole replication."""

_BY_NAME = MappingProxyType(
    {
        "recovery_time": Estimator.MEDIAN,
        "recovered": Estimator.REPLICATIONS,
        "wasted_work": Estimator.RATIO,
        "deliveries": Estimator.RATIO,
        "calls_per_request": Estimator.RATIO,
    }
)
"""Metrics whose unit does not say it: seconds of seconds, and numbers that start at one."""


def estimator_of(metric: str) -> Estimator:
    """Return the estimator of a metric.

    Raises:
        KeyError: no such metric.
    """
    known = metric_named(metric)
    if known.name in _BY_NAME:
        return _BY_NAME[known.name]
    if known.name in _EVENTS:
        return Estimator.EVENTS
    return _by_unit(known)


def _by_unit(metric: Metric) -> Estimator:
    if metric.unit == "1/request":
        return Estimator.NUMBER
    if metric.unit == "share" and metric.name not in _OF_TIME:
        return Estimator.SHARE
    return Estimator.RATIO if metric.unit == "s" and metric.name.endswith("_mean") else Estimator.MEAN


def interval_of(metric: str, values: Vector, sizes: Vector) -> Interval:
    """Return the estimate over replications that suits the metric, with its interval.

    Where it is not known what a value was taken over, every replication counts once.

    Args:
        metric: its name.
        values: one per replication; NaN: none.
        sizes: over how much each value was taken; NaN where it is a figure of time.
    """
    return _interval(metric, values, sizes).within(0.0, highest(metric))


def _interval(metric: str, values: Vector, sizes: Vector) -> Interval:
    match estimator_of(metric):
        case Estimator.MEDIAN:
            return median_interval(values)
        case Estimator.REPLICATIONS:
            return share_interval(values)
        case Estimator.EVENTS:
            return count_interval(values, [1.0] * len(values), "number")
        case Estimator.RATIO if sizes_known(values, sizes):
            return ratio_interval(values, sizes)
        case Estimator.SHARE if sizes_known(values, sizes):
            return count_interval(values, sizes, "share")
        case Estimator.NUMBER if sizes_known(values, sizes):
            return count_interval(values, sizes, "number")
        case _:
            return mean_interval(values)


def sizes_known(values: Vector, sizes: Vector) -> bool:
    """Whether every value comes with a size."""
    return len(sizes) == len(values) and not any(
        math.isnan(size) and not math.isnan(value) for value, size in zip(values, sizes, strict=True)
    )


def table() -> list[tuple[str, Estimator]]:
    """Return every metric and its estimator, percentiles of a family as one row, in the order of the tables."""
    rows = []
    for name in METRICS:
        family, _, suffix = name.rpartition("_")
        shown = f"{family}_p*" if suffix in PERCENTILES else name
        if (shown, estimator_of(name)) not in rows:
            rows.append((shown, estimator_of(name)))
    return rows
