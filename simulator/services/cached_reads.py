"""The step `cached` where rows are read whose staleness is measured: an answer from the cache is as stale as it is old.

With each answer it is kept which versions of which rows were read for it. Whoever is given the answer, at once or
having waited for somebody else's fetch, has read these versions at that moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import OK
from simulator.services.cached import Cached
from simulator.services.replicated import OriginalRow
from simulator.services.state import StateStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.kernel.root import Key, KeyOf
    from simulator.services.cached import Flight, LocalCache, NamedCache
    from simulator.services.execution import Done, Execution
    from simulator.services.sequence import Running, Step


class Recall(StateStep):
    """What a hit is: the answer's rows have been read, and then the hit's own work is done, if it has any."""

    __slots__ = ("_cache", "_keys", "_work")

    def __init__(self, label: str, cache: NamedCache, keys: KeyOf, work: Step | None) -> None:
        super().__init__(label)
        self._cache = cache
        self._keys = keys
        self._work = work

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Read what the answer was made of."""
        read_again(self._cache, self._keys.of(execution.root), execution)
        if self._work is None:
            return OK
        return (yield from self._work.run(execution, done))


class CachedReads(Cached):
    """As `Cached`, and remembers which rows were read."""

    __slots__ = ("_cache",)

    def __init__(
        self,
        label: str,
        cache: NamedCache,
        keys: KeyOf,
        steps: Sequence[Step],
        hit: Step | None,
        *,
        single_flight: bool,
    ) -> None:
        super().__init__(label, cache, keys, steps, Recall(label, cache, keys, hit), single_flight=single_flight)
        self._cache = cache

    def _fetch(self, execution: Execution, local: LocalCache, key: Key, done: list[Done] | None) -> Running:
        reads = execution.root.known_versions.reads
        begin = len(reads)
        reply = yield from super()._fetch(execution, local, key, done)
        if reply is OK:
            self._cache.seen[execution.replica][key] = tuple(reads[begin:])
        return reply

    def _follow(
        self, execution: Execution, local: LocalCache, key: Key, flight: Flight, done: list[Done] | None
    ) -> Running:
        reads = execution.root.known_versions.reads
        before = len(reads)
        reply = yield from super()._follow(execution, local, key, flight, done)
        if reply is OK and len(reads) == before:  # else it had to fetch after all, and has read by itself
            read_again(self._cache, key, execution)
        return reply


def read_again(cache: NamedCache, key: Key, execution: Execution) -> None:
    """An answer from the cache is read: what it was made of, as stale as that is by now."""
    now = execution.replica.environment._now
    versions = execution.root.known_versions
    for row, version in cache.seen[execution.replica].get(key, ()):
        assert isinstance(row, OriginalRow)
        versions.see(row, version, now, row.staleness(version, now))
