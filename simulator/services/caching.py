"""A cache of one replica: what it holds and until when, and who is fetching what it does not hold.

Pure: it takes the time and knows no clock. A look-up finds the answer fresh, or stale (its time is over, but it may be
used while it is fetched anew), or nothing. Beyond the capacity the key that was used least recently goes; an answer
whose time is over takes up its place until it is looked up or goes that way, as in memcached.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from simulator.kernel.root import Key

FOR_EVER = float("inf")


class Found(IntEnum):
    """What a look-up finds."""

    MISS = 0
    FRESH = 1
    STALE = 2


class Terms(NamedTuple):
    """For how long answers are kept (seconds), and how many.

    Attributes:
        ttl: from when an answer is stored; infinity: for ever. sliding: whether each hit renews it.
        stale: for how long after that it is still given.
        capacity: how many keys are kept; None: all.
    """

    ttl: float = FOR_EVER
    sliding: bool = False
    stale: float = 0.0
    capacity: int | None = None


class CacheTally:
    """What is counted at all caches of one name of one service.

    Attributes:
        lookups: how many there were. hits: how many of them found an answer, fresh or stale.
    """

    __slots__ = ("hits", "lookups")

    def __init__(self) -> None:
        self.lookups = 0
        self.hits = 0


class Cache:
    """One replica's cache.

    Attributes:
        away: faults that keep it empty: nothing is stored while there is one.
    """

    __slots__ = ("_ends", "_tally", "_terms", "away")

    def __init__(self, terms: Terms, tally: CacheTally) -> None:
        self._terms = terms
        self._tally = tally
        self._ends: dict[Key, float] = {}  # the least recently used first where there is a capacity
        self.away = 0

    def __len__(self) -> int:
        return len(self._ends)

    def look_up(self, key: Key, now: float) -> Found:
        """What there is for `key`; finding it is using it."""
        tally = self._tally
        tally.lookups += 1
        ends = self._ends
        end = ends.get(key)
        if end is None:
            return Found.MISS
        terms = self._terms
        if now < end:
            found = Found.FRESH
            if terms.sliding:
                end = now + terms.ttl
        elif now < end + terms.stale:
            found = Found.STALE
        else:
            del ends[key]
            return Found.MISS
        tally.hits += 1
        if terms.capacity is not None:
            del ends[key]
            ends[key] = end
        elif terms.sliding:
            ends[key] = end
        return found

    def store(self, key: Key, now: float) -> None:
        """An answer for `key` has come."""
        if self.away:
            return
        ends = self._ends
        ends.pop(key, None)
        ends[key] = now + self._terms.ttl
        capacity = self._terms.capacity
        if capacity is not None and len(ends) > capacity:
            del ends[next(iter(ends))]

    def flush(self) -> None:
        """Forget everything."""
        self._ends.clear()
