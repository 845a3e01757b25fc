"""Stickiness: requests with the same key go the same way.

Replicas are picked by rendezvous hashing (D. Thaler, C. Ravishankar, Using Name-Based Mappings to Increase Hit Rates,
IEEE/ACM Trans. Networking 6(1), 1998): each key has a weight at each replica, and the listed replica of the highest
weight is its own. When a replica leaves, its keys move and no others do. The weights are BLAKE2b of the names, with
the seed and the replication among them: which of two hot keys meet at one replica is chance, so it differs from
replication to replication, and is the same for all variants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.kernel.random import Streams
    from simulator.kernel.root import Key, KeyOf, Root
    from simulator.services.balancing import Listing
    from simulator.services.replica import Replica


class Sticky:
    """Picks by key. All callers agree."""

    remembers = False
    __slots__ = ("_keys", "_listing", "_own", "_seen", "_streams")

    def __init__(self, listing: Listing, keys: KeyOf, streams: Streams) -> None:
        self._listing = listing
        self._keys = keys
        self._streams = streams
        self._seen: list[Replica] = []
        self._own: dict[Key, Replica] = {}

    def pick(self, root: Root) -> Replica | None:
        """The key's replica among those listed."""
        replicas = self._listing.replicas
        if replicas is not self._seen:  # a list is never changed, only replaced
            self._seen = replicas
            self._own.clear()
        if not replicas:
            return None
        key = self._keys.of(root)
        own = self._own.get(key)
        if own is None:
            own = self._own[key] = max(replicas, key=lambda replica: self._weight(replica, key))
        return own

    def finished(self, target: Any) -> None:
        """Nothing is remembered."""

    def _weight(self, replica: Replica, key: Key) -> int:
        return self._streams.key(f"sticky/{replica.name}/{key[0]}/{key[1]}")[0]


class StickyLuck:
    """The luck of a request's key, from [0, 1): the same for all requests with that key."""

    __slots__ = ("_keys", "_known", "_place", "_streams")

    def __init__(self, place: str, keys: KeyOf, streams: Streams) -> None:
        self._place = place
        self._keys = keys
        self._streams = streams
        self._known: dict[Key, float] = {}

    def draw(self, root: Root) -> float:
        """The luck of the request's key."""
        key = self._keys.of(root)
        luck = self._known.get(key)
        if luck is None:
            words = self._streams.key(f"sticky/{self._place}/{key[0]}/{key[1]}")
            luck = self._known[key] = (words[0] >> 11) / float(1 << 53)
        return luck
