"""Samples of known laws, a row per replication, for measuring how often intervals cover."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]
Draw = Callable[[np.random.Generator, int, int], Array]
"""A generator, rows and columns to a sample."""

SIGMA = math.sqrt(math.log(5.0))
"""Of a lognormal law with a coefficient of variation of 2."""


def exponential(share: float) -> tuple[Draw, float]:
    """Exponential with mean 1, and its quantile."""
    return lambda generator, rows, columns: generator.exponential(size=(rows, columns)), -math.log(1 - share)


def lognormal(share: float) -> tuple[Draw, float]:
    """Lognormal with a coefficient of variation of 2, and its quantile."""
    true = math.exp(SIGMA * float(stats.norm.ppf(share)))
    return lambda generator, rows, columns: generator.lognormal(0.0, SIGMA, size=(rows, columns)), true


def queue(share: float, load: float = 0.8) -> tuple[Draw, float]:
    """Response times of an M/M/1 queue in order of arrival, and their quantile."""
    return lambda generator, rows, columns: waits(generator, rows, columns, load), -math.log(1 - share) / (1 - load)


def waits(generator: np.random.Generator, rows: int, columns: int, load: float) -> Array:
    """Response times in services of mean 1 (Lindley's recursion as a reflected walk), after 300 unmeasured requests."""
    size = (rows, columns + 300)
    gaps, services = generator.exponential(1 / load, size=size), generator.exponential(size=size)
    walk = np.cumsum(services[:, :-1] - gaps[:, 1:], axis=1)
    walk = np.concatenate([np.zeros((rows, 1)), walk], axis=1)
    waiting: Array = walk - np.minimum.accumulate(walk, axis=1)
    return (waiting + services)[:, 300:]
