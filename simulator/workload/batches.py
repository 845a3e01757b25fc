"""Open clients whose arrivals bring several requests at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from math import floor, log, log1p
from typing import TYPE_CHECKING

from simulator.kernel.root import Entry, Root
from simulator.workload.clients import OpenClient

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.workload.clients import Serve
    from simulator.workload.journal import RequestJournal


def constant(size: int) -> Iterator[int]:
    """Always so many."""
    return repeat(size)


def geometric(mean: float, luck: Iterator[float]) -> Iterator[int]:
    """1 or more, by inversion of uniform draws: the same luck gives larger batches for a larger mean."""
    if mean == 1.0:
        return repeat(1)
    scale = log1p(-1.0 / mean)
    return (1 + floor(log(1.0 - draw) / scale) for draw in luck)


class BatchClient(OpenClient):
    """Sends several requests at each time of `arrivals` before `until` (seconds); `sizes` says how many."""

    __slots__ = ("_sizes",)

    def __init__(
        self,
        environment: Environment,
        journal: RequestJournal,
        entry: Entry,
        lane: int,
        serve: Serve,
        arrivals: Iterator[float],
        sizes: Iterator[int],
        until: float,
    ) -> None:
        super().__init__(environment, journal, entry, lane, serve, arrivals, until)
        self._sizes = sizes

    def _arrive(self, _: None) -> None:
        now = self._environment.now
        for _number in range(next(self._sizes)):
            root = Root(self._entry, self._lane, self._ordinal, now, self._journal)
            self._ordinal += 1
            self._journal.active[root] = None
            self._serve(root)
        self.start()
