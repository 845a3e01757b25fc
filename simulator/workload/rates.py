"""Poisson arrivals whose rate changes: times of a unit-rate process on the scale of the expected number of arrivals.

If ``L(t)`` is the integral of the rate, the arrivals of a Poisson process of that rate are the times at which L reaches
the arrivals of a process of rate 1 (time change: Cinlar, Introduction to Stochastic Processes, section 4.7). So the
same luck serves every rate, and nothing is drawn and thrown away as in thinning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import cos, inf, pi, sin, sqrt
from typing import NamedTuple


class Piece(NamedTuple):
    """A rate that goes linearly from `first` to `last` (per second) in `seconds`; these may be infinite for a level."""

    first: float
    last: float
    seconds: float


def piecewise(pieces: Iterable[Piece], unit: Iterator[float]) -> Iterator[float]:
    """Arrivals while the pieces last, one after the other; `unit` gives exponential distances of mean 1 without end."""
    begin = 0.0
    ahead = next(unit)
    for first, last, seconds in pieces:
        slope = (last - first) / seconds
        total = (first + last) / 2 * seconds if first or last else 0.0
        expected = 0.0
        while expected + ahead <= total:
            expected += ahead
            yield begin + _time_of(expected, first, slope)
            ahead = next(unit)
        ahead -= total - expected
        begin += seconds
        if begin == inf:
            return


def _time_of(expected: float, first: float, slope: float) -> float:
    """When a rate of ``first + slope * t`` has brought `expected` arrivals."""
    if slope == 0.0:
        return expected / first
    return 2.0 * expected / (first + sqrt(max(0.0, first * first + 2.0 * slope * expected)))


class Cosine:
    """The rate ``level + swing * cos(2 pi (t - peak_at) / period)``, of which ``swing <= level``; all per second and
    seconds."""

    def __init__(self, level: float, swing: float, period: float, peak_at: float) -> None:
        self._level = level
        self._swing = swing
        self._speed = 2.0 * pi / period
        self._peak_at = peak_at
        self._behind = sin(-self._speed * peak_at)

    def rate(self, time: float) -> float:
        """The rate at a time."""
        return self._level + self._swing * cos(self._speed * (time - self._peak_at))

    def expected(self, time: float) -> float:
        """How many arrivals are expected until a time."""
        wave = sin(self._speed * (time - self._peak_at)) - self._behind
        return self._level * time + self._swing / self._speed * wave

    def time_of(self, expected: float, after: float) -> float:
        """When `expected` arrivals are reached: Newton's method, held within an interval that is halved where it leaps.

        Args:
            expected: more than are expected until `after`.
            after: a time before the answer.
        """
        reach = 2.0 * self._swing / self._speed  # the wave adds so many at most
        low = max(after, (expected - reach) / self._level)
        high = max(low, (expected + reach) / self._level)
        time = min(max(expected / self._level, low), high)
        for _ in range(MOST_STEPS):
            missing = expected - self.expected(time)
            if missing > 0.0:
                low = time
            else:
                high = time
            rate = self.rate(time)
            guess = time + missing / rate if rate > 0.0 else inf
            guess = guess if low < guess < high else (low + high) / 2.0
            if abs(guess - time) <= CLOSE * guess:
                return guess
            time = guess
        return time


CLOSE = 1e-15
"""Relative distance of two guesses at which the search for a time ends."""

MOST_STEPS = 100
"""Guesses after which the search ends all the same: halving alone has used up every bit by then."""


def cosine(wave: Cosine, unit: Iterator[float]) -> Iterator[float]:
    """Arrivals at the rate of a cosine, without end."""
    expected = time = 0.0
    while True:
        expected += next(unit)
        time = max(time, wave.time_of(expected, time))
        yield time
