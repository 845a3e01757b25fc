"""Faults at random: whatever they strike is well for a while, then struck, then well again, for ever.

Each unit (a replica, a link, a broker) alternates for itself: an alternating renewal process. With fewer crews than
units those that failed wait for a crew, first come first served: the machine repair model (L. Kleinrock, Queueing
Systems vol. 1, section 3.8).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from simulator.faults.schedule import run_all

if TYPE_CHECKING:
    from simulator.faults.schedule import Unit
    from simulator.kernel.environment import Environment


class Breaking(NamedTuple):
    """A unit with the draws of how long it is well, and how long its repairs take (seconds)."""

    unit: Unit
    well: Callable[[], float]
    repair: Callable[[], float]


class Breakdowns:
    """Lets units fail and be repaired, from a time on until the run ends.

    Args:
        crews: how many are under repair at once; None: as many as there are.
    """

    def __init__(self, environment: Environment, units: Sequence[Breaking], crews: int | None) -> None:
        self._environment = environment
        self._units = units
        self._free: float = inf if crews is None else crews
        self._waiting: deque[Breaking] = deque()

    def start(self, at: float) -> None:
        """Count from `at` (seconds) on: all units are well then."""
        for breaking in self._units:
            self._environment.before(at + breaking.well(), self._fail, breaking)

    def _fail(self, breaking: Breaking) -> None:
        run_all(breaking.unit.begin)
        if self._free:
            self._free -= 1
            self._repair(breaking)
        else:
            self._waiting.append(breaking)

    def _repair(self, breaking: Breaking) -> None:
        self._environment.before(self._environment.now + breaking.repair(), self._mended, breaking)

    def _mended(self, breaking: Breaking) -> None:
        run_all(breaking.unit.end)
        self._environment.before(self._environment.now + breaking.well(), self._fail, breaking)
        if self._waiting:
            self._repair(self._waiting.popleft())
        else:
            self._free += 1
