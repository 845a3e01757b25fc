"""Reads what components count at boundaries of time, so that any period between two boundaries can be reported.

Components only add up; nothing is sampled on their way. A gauge is a function of the time that reads a cumulative
figure, so a period's figure is a difference of two readings.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.metrics.phases import Interval

Reader = Callable[[float], float]


class Gauges:
    """Cumulative readings at fixed times.

    Attributes:
        times: the boundaries, seconds, ascending.
    """

    def __init__(self, boundaries: Iterable[float]) -> None:
        self.times = sorted(set(boundaries))
        self._readers: dict[tuple[str, str], Reader] = {}
        self._readings: dict[tuple[str, str], list[float]] = {}

    def add(self, operation: str, figure: str, reader: Reader) -> None:
        """Read `reader` at every boundary; it is the cumulative (or, for maxima, since-last-read) `figure`."""
        self._readers[operation, figure] = reader
        self._readings[operation, figure] = []

    def start(self, environment: Environment) -> None:
        """Schedule the readings, each ahead of everything else at its time."""
        for time in self.times:
            environment.before(time, self._read, time)

    def _read(self, now: float) -> None:
        for key, reader in self._readers.items():
            self._readings[key].append(reader(now))

    def growth(self, operation: str, figure: str, pieces: Iterable[Interval]) -> float:
        """By how much a cumulative figure grew in `pieces`, whose ends are boundaries."""
        readings = self._readings[operation, figure]
        return sum(readings[self._place(end)] - readings[self._place(begin)] for begin, end in pieces)

    def highest(self, operation: str, figure: str, pieces: Iterable[Interval]) -> float:
        """The largest since-last-read figure within `pieces`."""
        readings = self._readings[operation, figure]
        return max(max(readings[self._place(begin) + 1 : self._place(end) + 1], default=0.0) for begin, end in pieces)

    def reading(self, operation: str, figure: str, time: float) -> float:
        """The figure at the boundary `time`."""
        return self._readings[operation, figure][self._place(time)]

    def _place(self, time: float) -> int:
        return bisect_left(self.times, time)
