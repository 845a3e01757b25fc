"""One figure of one run: a metric's value, and over how much it was taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import nan
from typing import TYPE_CHECKING, NamedTuple

from simulator.metrics.quantiles import mean, quantile

if TYPE_CHECKING:
    from simulator.metrics.quantiles import Values


class Figure(NamedTuple):
    """A metric's value.

    Attributes:
        metric: its name.
        value: in the metric's unit; NaN: nothing to measure, infinity: never.
        of: what the value was taken over, so that runs can be put together: requests (messages, attempts, look-ups)
            of a share or a number per request, values of a mean or a percentile, busy seconds of a share of them. NaN:
            a figure of time (a rate, a time average, a maximum), to which every run contributes alike.
        sample: what a percentile is one of, in ascending order; else None.
    """

    metric: str
    value: float
    of: float = nan
    sample: Values | None = None


Figures = Iterator[Figure]


def ratio(metric: str, part: float, whole: float) -> Figure:
    """A share, or a number per something; NaN of nothing."""
    return Figure(metric, part / whole if whole > 0 else nan, whole)


def average(metric: str, values: Values) -> Figure:
    """The mean of some finite values."""
    return Figure(metric, mean(values), len(values))


def percentile(metric: str, ascending: Values, share: float) -> Figure:
    """The quantile of a sorted sample."""
    return Figure(metric, quantile(ascending, share), len(ascending), ascending)


def values_of(figures: Iterable[Figure]) -> dict[str, float]:
    """The values alone, by metric."""
    return {figure.metric: figure.value for figure in figures}
