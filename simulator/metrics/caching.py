"""The figures of caches: how many look-ups there were, and how many found an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulator.metrics.figures import Figure, Figures, ratio

if TYPE_CHECKING:
    from simulator.metrics.gauges import Gauges
    from simulator.metrics.phases import Phase
    from simulator.services.caching import CacheTally


class CacheInstrument(NamedTuple):
    """Caches taken together: all of one name, or (`of_service`) all of one service, which has a throughput of its
    own."""

    operation: str
    tallies: Sequence[CacheTally]
    of_service: bool = False

    def connect(self, gauges: Gauges) -> None:
        """Look-ups and hits."""
        tallies = self.tallies
        gauges.add(self.operation, "lookups", lambda _: sum(tally.lookups for tally in tallies))
        gauges.add(self.operation, "hits", lambda _: sum(tally.hits for tally in tallies))

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """Look-ups per second, and the share of them that found an answer, fresh or stale."""
        lookups = gauges.growth(self.operation, "lookups", phase.pieces)
        hits = gauges.growth(self.operation, "hits", phase.pieces)
        if not self.of_service:
            yield Figure("throughput", lookups / phase.seconds)
        yield ratio("hit_ratio", hits, lookups)
