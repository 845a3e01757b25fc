"""How one caller picks a replica: in turn, at random, the one with the fewest of its own attempts, the better of two.

The brief's registry lists every instance for ever; with `discovery` a replica leaves the list when its health check
has failed often enough and callers have heard of it. Each caller knows only its own outstanding attempts, and an
outlier detector may hide replicas from it.
Power of two choices: M. Mitzenmacher, IEEE Trans. Parallel and Distributed Systems 12(10), 2001.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.kernel.random import Source
    from simulator.kernel.root import Root
    from simulator.services.replica import Replica


class Listing:
    """The replicas of a service that callers know of, in order of index."""

    __slots__ = ("_watchers", "replicas")

    def __init__(self, replicas: list[Replica]) -> None:
        self.replicas = list(replicas)
        self._watchers: list[Callable[[], None]] = []

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` after every change of the list."""
        self._watchers.append(changed)

    def remove(self, replica: Replica) -> None:
        """Take a replica off the list."""
        self._list([other for other in self.replicas if other is not replica])

    def add(self, replica: Replica, order: list[Replica]) -> None:
        """Put a replica back, in its place among `order`."""
        known = {*self.replicas, replica}
        self._list([other for other in order if other in known])

    def _list(self, replicas: list[Replica]) -> None:
        self.replicas = replicas
        for changed in self._watchers:
            changed()


class Healthy(Listing):
    """A listing without the replicas that are ejected: balancers pick from it as from any other.

    Where a smaller share than `panic_threshold` (from 0 to 1; 0: never) of the members is left, all of them are
    listed: too few would be overrun (Envoy healthy_panic_threshold).
    """

    __slots__ = ("_base", "_panic_threshold")

    def __init__(self, base: Listing, panic_threshold: float) -> None:
        super().__init__(base.replicas)
        self._base = base
        self._panic_threshold = panic_threshold

    @property
    def members(self) -> list[Replica]:
        """Every replica that callers know of, ejected or not."""
        return self._base.replicas

    def watch_members(self, changed: Callable[[], None]) -> None:
        """Call `changed` when the members have changed; whoever ejects then says anew whom to show."""
        self._base.watch(changed)

    def show(self, ejected: frozenset[Any]) -> None:
        """List the members but for `ejected`, or all of them in a panic."""
        members = self._base.replicas
        left = [replica for replica in members if replica not in ejected]
        panic = members and len(left) / len(members) < self._panic_threshold
        self._list(list(members) if panic else left)


class Nearby(Listing):
    """What callers in one zone see of a listing: the replicas of their own zone, or all where none of these is listed.

    Kubernetes, Service ``trafficDistribution: PreferClose``; Envoy's zone-aware routing in its simplest form, which
    spills over when a zone has nobody left, not before.
    """

    __slots__ = ("_base", "_zone")

    def __init__(self, base: Listing, zone: str) -> None:
        super().__init__([])
        self._base = base
        self._zone = zone
        base.watch(self._look)
        self._look()

    def _look(self) -> None:
        listed = self._base.replicas
        self._list([replica for replica in listed if replica.zone == self._zone] or listed)


class Only:
    """The one replica of a service whose list never changes."""

    remembers = False
    __slots__ = ("_replica",)

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def pick(self, root: Root) -> Replica | None:
        """It."""
        return self._replica

    def finished(self, target: Any) -> None:
        """Nothing is remembered."""


class RoundRobin:
    """In turn."""

    remembers = False
    __slots__ = ("_listing", "_turn")

    def __init__(self, listing: Listing, chance: Source, first: int) -> None:
        self._listing = listing
        self._turn = first

    def pick(self, root: Root) -> Replica | None:
        """The next replica."""
        replicas = self._listing.replicas
        if not replicas:
            return None
        turn = self._turn
        self._turn = turn + 1
        return replicas[turn % len(replicas)]

    def finished(self, target: Any) -> None:
        """Nothing is remembered."""


class Random:
    """Uniformly at random."""

    remembers = False
    __slots__ = ("_chance", "_listing")

    def __init__(self, listing: Listing, chance: Source, first: int) -> None:
        self._listing = listing
        self._chance = chance

    def pick(self, root: Root) -> Replica | None:
        """Any replica."""
        replicas = self._listing.replicas
        return replicas[int(self._chance.draw(root) * len(replicas))] if replicas else None

    def finished(self, target: Any) -> None:
        """Nothing is remembered."""


class LeastOutstanding:
    """The replica with the fewest attempts of this caller under way; the first of several in turn."""

    remembers = True
    __slots__ = ("_chance", "_listing", "_turn", "_under_way")

    def __init__(self, listing: Listing, chance: Source, first: int) -> None:
        self._listing = listing
        self._chance = chance
        self._turn = first
        self._under_way: dict[Any, int] = {}

    def pick(self, root: Root) -> Replica | None:
        """The least busy one, as far as this caller knows."""
        candidates = self._candidates(root)
        if not candidates:
            return None
        best = min(candidates, key=lambda replica: self._under_way.get(replica, 0))
        self._under_way[best] = self._under_way.get(best, 0) + 1
        return best

    def finished(self, target: Any) -> None:
        """One attempt less under way at `target`."""
        self._under_way[target] = self._under_way.get(target, 1) - 1

    def under_way(self) -> int:
        """How many attempts of this caller are under way at all replicas, as far as it knows."""
        return sum(self._under_way.values())

    def _candidates(self, root: Root) -> list[Replica]:
        replicas = self._listing.replicas
        if not replicas:
            return []
        self._turn = (self._turn + 1) % len(replicas)
        return replicas[self._turn :] + replicas[: self._turn]


class PowerOfTwo(LeastOutstanding):
    """Two different replicas at random; of these the one with fewer attempts of this caller under way."""

    __slots__ = ()

    def _candidates(self, root: Root) -> list[Replica]:
        replicas = self._listing.replicas
        size = len(replicas)
        if size < 2:
            return replicas
        first = int(self._chance.draw(root) * size)
        second = int(self._chance.draw(root) * (size - 1))
        return [replicas[first], replicas[second + (second >= first)]]


BALANCERS: dict[str, Callable[[Listing, Source, int], Any]] = {
    "round_robin": RoundRobin,
    "random": Random,
    "least_outstanding": LeastOutstanding,
    "power_of_two": PowerOfTwo,
}
"""Balancers by the name that the language gives them: ``(listing, chance, first turn)``."""
