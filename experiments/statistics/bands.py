"""Bands of time series: in every window for itself, the mean over replications and where the true mean lies.

A band is pointwise: of a hundred windows about five leave out the truth. For a statement about k windows together ask
for the confidence 1 - 0.05 / k (Bonferroni). Windows are never smoothed into each other, so what changes at the
boundary of a phase changes in the band from one window to the next.

Bands are drawn and not stored, so here numpy may add up as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.statistics.distributions import beta_quantile, student_t_quantile
from experiments.statistics.intervals import CONFIDENCE

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Band:
    """A mean and its interval in every window.

    Attributes:
        estimate: mean over the replications that have a value; NaN where none has, infinite where one is.
        low: lower end; NaN with fewer than two values, or an infinite one.
        high: upper end, likewise.
        count: replications that have a value.
    """

    estimate: Array
    low: Array
    high: Array
    count: Array


def band(values: Array, sizes: Array | None = None, confidence: float = CONFIDENCE) -> Band:
    """Return Student's t interval in every window.

    Where a share is 0 (or 1) in every replication that would have no width. With ``sizes`` it has that of Clopper and
    Pearson for as many independent trials: none of 400 is from 0 to 0.9 %.

    Args:
        values: a row per replication, a column per window; NaN: nothing was measured.
        sizes: trials behind each value, if the values are shares; 0 or NaN: unknown.
        confidence: of every window for itself.
    """
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = np.where(there, values, 0.0).sum(axis=0) / count
        squares = np.where(there, (values - estimate) ** 2, 0.0).sum(axis=0)
        half = _factors(count, confidence) * np.sqrt(squares / (count - 1))
        low, high = estimate - half, estimate + half
    if sizes is not None:
        trials = np.where(there, np.nan_to_num(sizes), 0.0).sum(axis=0)
        low, high = _without_events(estimate, low, high, trials, (count > 1) & (squares == 0.0), confidence)
    return Band(estimate, low, high, count)


def _factors(counts: Array, confidence: float) -> Array:
    """What turns a standard deviation of so many values into half the width of the interval of their mean."""
    probability = 0.5 + confidence / 2
    known = {
        count: student_t_quantile(probability, count - 1) / count**0.5 for count in set(counts.tolist()) if count > 1
    }
    return np.array([known.get(count, np.nan) for count in counts.tolist()])


def _without_events(
    estimate: Array, low: Array, high: Array, trials: Array, flat: Array, confidence: float
) -> tuple[Array, Array]:
    """Widen what is 0 or 1 throughout."""
    tail = (1 - confidence) / 2
    for place in np.flatnonzero(flat & (trials >= 1) & ((estimate == 0.0) | (estimate == 1.0))):
        most = beta_quantile(1 - tail, 1, round(float(trials[place])))
        if estimate[place] == 0.0:
            high[place] = most
        else:
            low[place] = 1.0 - most
    return low, high
