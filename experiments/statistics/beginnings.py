"""Whether a series begins differently from how it goes on: a check of a warm-up that somebody chose.

The first value is compared with all others. Where it is the lowest or the highest of them, and lies further from their
mean than chance would take it, there was a beginning. Logarithms are compared, since what waits in a queue and what
passes through it are skewed: a queue that began empty lies many deviations below, a chance burst few above.

This is no test of independent values: neighbours in a queue are alike, which makes an extreme first value rarer than
one in `n`, and the deviation wider. How often it cries wolf was measured: docs/statistics/warm-up.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.statistics.intervals import mean

FEWEST = 40
"""With fewer values the first is too often the lowest or the highest by chance."""

_FLOOR = 0.01
"""Added to all values, as a share of their mean: a queue can be empty, and 0 has no logarithm."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a series begins.

    Attributes:
        deviations: how many standard deviations of the others' logarithms the first value's lies from their mean; 0 if
            others are lower and others higher.
        ends: position of the first value that has come to where the second half is; the length if none has.
        first: the first value.
        later: mean of the second half.
    """

    deviations: float
    ends: int
    first: float
    later: float


def beginning(values: Sequence[float]) -> Beginning | None:
    """Return how a series of finite values from 0 begins; None if it is too short, or all 0."""
    level = mean(values)
    if len(values) < FEWEST or not level:
        return None
    logs = [math.log(value + _FLOOR * level) for value in values]
    first, others = logs[0], logs[1:]
    later = mean(values[len(values) // 2 :])
    low, high = first < min(others), first > max(others)
    if not low and not high:
        return Beginning(0.0, 0, values[0], later)
    centre = mean(others)
    spread = math.sqrt(math.fsum((value - centre) ** 2 for value in others) / (len(others) - 1))
    arrived = (place for place, value in enumerate(values) if (value >= later if low else value <= later))
    away = abs(first - centre)
    return Beginning(away / spread if spread else math.inf, next(arrived, len(values)), values[0], later)
