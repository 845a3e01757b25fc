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

FEWEST_WINDOWS = 3
"""As many are enough where growth was expected: a beginning, a middle and an end."""

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
            enough, it need not be told from wandering, and `FEWEST_WINDOWS` will do.

    Returns:
        None where there are too few windows.
    """
    if not series or len(series[0]) < (FEWEST_WINDOWS if expected else LEAST_WINDOWS):
        return None
    growths = [_growth(values) for values in series]
    total = mean(growths)
    wandering = [_wandering(values, growth) for values, growth in zip(series, growths, strict=True)]
    begin, middle, end = (mean([_third(values, number) for values in series]) for number in range(3))
    goes_on = end - middle >= _GOES_ON * (end - begin)
    large = end - begin >= max(_LARGE * begin, 1.0)
    steady = goes_on and large and _told(growths, wandering, expected=expected)
    return Growth(total, mean(wandering), steady)


def above_zero(growths: Sequence[float]) -> bool:
    """Whether the mean over the replications is above 0 by Student's t, one-sided; one alone is taken at its word."""
    count = len(growths)
    if count == 1:
        return growths[0] > 0.0
    return mean(growths) > student_t_quantile(1.0 - LEVEL, count - 1) * standard_error(growths)


def _told(growths: Sequence[float], wandering: Sequence[float], *, expected: bool) -> bool:
    """Whether growth is told apart from chance, and from wandering unless it was expected in several replications.

    Where every replication by itself would tell, it is told: with two of them, Student's t asks for more than queues
    that differ in how fast they grow can give.
    """
    count = len(growths)
    if min(wandering) >= _CRITICAL * (1.0 + _SURELY):
        return True
    if expected and count > 1:
        return above_zero(growths)
    return above_zero(growths) and mean(wandering) >= _CRITICAL * (1.0 + _SURELY / math.sqrt(count))


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
