"""Does a queue grow as long as it is watched? Told apart from one that wanders, and from one that is only filling up.

A queue that is asked for more than it can do grows evenly: by (arrival rate - service rate) times the time. A stable
one near its capacity wanders like a random walk as long as nobody has watched it for long, and goes nowhere in the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import mean, standard_error

LEAST_WINDOWS = 9
"""Fewer windows tell growth from chance badly."""

LEVEL = 0.05
"""Of the one-sided test, over the replications, that growth is above 0."""

_CRITICAL = 0.65
"""What a queue that is asked for exactly as much as it can do, and begins empty, grows by, in steps of a random walk;
and how much that differs from replication to replication: it is the absolute value of a normal variable."""

_SURELY = 3.0
"""Growth counts from so many standard errors above what such a queue does."""

_LAPS = 1.8
"""How much larger the variance of a random walk's growth is than the sum of its squared steps, where both are taken
from averages over windows: averaging leaves 2/3 of the squares, and the least-squares slope has 6/5 of the variance."""

_GOES_ON = 0.25
"""The share of the growth from the first third to the last that must lie after the middle one; even growth has half."""

_LARGE = 0.5
"""Growth counts from this share of the level at the beginning (that of the first third)."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How a level changes over equal windows, over all replications.

    Attributes:
        total: mean growth from the first window to the last, by the least-squares slopes.
        wandering: by how many times it exceeds what a random walk of the same steps would do; mean over replications.
        steady: whether it is positive beyond chance, more than wandering, large against where it began, and goes on.
    """

    total: float
    wandering: float
    steady: bool


def growth_of(series: Sequence[Sequence[float]], *, expected: bool = False) -> Growth | None:
    """Look for steady growth.

    Args:
        series: by replication, the level's mean in each window, in order of time; all of one length.
        expected: whether it was known beforehand that more is asked for than there is: then growth beyond chance is
            enough, and it need not be told from wandering.

    Returns:
        None where there are too few windows.
    """
    if not series or len(series[0]) < LEAST_WINDOWS:
        return None
    growths = [_growth(values) for values in series]
    total = mean(growths)
    wandering = mean([_wandering(values, growth) for values, growth in zip(series, growths, strict=True)])
    begin, middle, end = (mean([_third(values, number) for values in series]) for number in range(3))
    goes_on = end - middle >= _GOES_ON * (end - begin)
    large = end - begin >= max(_LARGE * begin, 1.0)
    return Growth(total, wandering, goes_on and large and _beyond_chance(growths, total, wandering, expected=expected))


def _beyond_chance(growths: Sequence[float], total: float, wandering: float, *, expected: bool) -> bool:
    count = len(growths)
    above_zero = count == 1 or total > student_t_quantile(1.0 - LEVEL, count - 1) * standard_error(growths)
    if expected and count > 1:
        return above_zero
    return above_zero and wandering >= _CRITICAL * (1.0 + _SURELY / math.sqrt(count))


def _growth(values: Sequence[float]) -> float:
    """From the first window to the last along the least-squares line."""
    last = len(values) - 1
    places = [place - last / 2 for place in range(len(values))]
    slope = math.fsum(place * value for place, value in zip(places, values, strict=True))
    return slope / math.fsum(place * place for place in places) * last


def _wandering(values: Sequence[float], growth: float) -> float:
    steps = [later - earlier for earlier, later in pairwise(values)]
    centre = mean(steps)
    squares = math.fsum((step - centre) ** 2 for step in steps)
    if squares == 0.0:
        return math.inf if growth > 0 else 0.0
    return growth / math.sqrt(_LAPS * squares)


def _third(values: Sequence[float], number: int) -> float:
    size = len(values) // 3
    begin = (0, (len(values) - size) // 2, len(values) - size)[number]
    return mean(values[begin : begin + size])
