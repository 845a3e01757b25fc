"""What every balancer promises, and what each promises for itself."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from simulator.kernel.random import Streams
from simulator.kernel.root import Key, Root
from simulator.services.balancing import BALANCERS, Healthy, Nearby
from simulator.services.sticky import Sticky
from tests.kernel.making import make_root
from tests.services.bench import Bench

PICKS = 3000
FAR_OFF = 5.0
"""Standard deviations that a share may be off; the seed is fixed, a random one would fail once in a million."""

every_balancer = pytest.mark.parametrize("kind", BALANCERS)


class Caller:
    """One caller of a service with some replicas."""

    def __init__(self, kind: str, replicas: int, first: int = 0) -> None:
        bench = Bench({"workers": 1, "replicas": replicas, "operations": {"serve": {"work": 1.0}}})
        self.replicas = list(bench.replicas)
        self.listing = bench.world.services["back"].listing
        streams = Streams(1, 0)
        streams.lane("buy")
        self.balancer: Any = BALANCERS[kind](self.listing, streams.source("balance"), first)
        self._ordinal = 0

    def pick(self) -> Any:
        """Which replica a new request gets, by its index; None if none."""
        self._ordinal += 1
        picked = self.balancer.pick(make_root(self._ordinal))
        return None if picked is None else self.replicas.index(picked)

    def finish(self, index: int) -> None:
        self.balancer.finished(self.replicas[index])

    def shares(self, picks: int, *, finishing: bool = True) -> Counter[int]:
        """How often each replica is picked, each attempt ending before the next (or never)."""
        counts: Counter[int] = Counter()
        for _ in range(picks):
            index = self.pick()
            counts[index] += 1
            if finishing:
                self.finish(index)
        return counts


@every_balancer
@pytest.mark.parametrize("replicas", [1, 2, 3, 5])
@pytest.mark.parametrize("finishing", [True, False])
def test_replicas_that_are_alike_get_alike_shares(kind: str, replicas: int, finishing: bool) -> None:
    counts = Caller(kind, replicas).shares(PICKS, finishing=finishing)
    share = 1 / replicas
    tolerance = FAR_OFF * (PICKS * share * (1 - share)) ** 0.5
    assert set(counts) == set(range(replicas))
    assert all(abs(count - PICKS * share) <= tolerance for count in counts.values())


@every_balancer
def test_an_empty_list_gives_none(kind: str) -> None:
    caller = Caller(kind, 1)
    caller.listing.remove(caller.replicas[0])
    assert caller.pick() is None


@every_balancer
def test_a_removed_replica_is_never_picked_until_it_is_back(kind: str) -> None:
    caller = Caller(kind, 3)
    caller.shares(10)
    caller.listing.remove(caller.replicas[1])
    assert set(caller.shares(300)) == {0, 2}
    caller.listing.add(caller.replicas[1], caller.replicas)
    assert set(caller.shares(300)) == {0, 1, 2}


@every_balancer
def test_a_replica_that_is_put_back_while_listed_is_listed_once(kind: str) -> None:
    caller = Caller(kind, 2)
    caller.listing.add(caller.replicas[0], caller.replicas)
    assert caller.listing.replicas == caller.replicas


@every_balancer
def test_the_same_caller_makes_the_same_choices_again(kind: str) -> None:
    first, second = Caller(kind, 4), Caller(kind, 4)
    assert [first.pick() for _ in range(100)] == [second.pick() for _ in range(100)]


def test_round_robin_takes_turns_each_caller_beginning_elsewhere() -> None:
    assert [[Caller("round_robin", 3, first).pick()] for first in range(3)] == [[0], [1], [2]]
    caller = Caller("round_robin", 3)
    assert [caller.pick() for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_random_does_not_take_turns() -> None:
    caller = Caller("random", 3)
    picks = [caller.pick() for _ in range(300)]
    pairs = Counter(pairwise(picks))
    assert len(pairs) == 9


def test_least_outstanding_picks_who_has_the_fewest() -> None:
    caller = Caller("least_outstanding", 3)
    assert sorted(caller.pick() for _ in range(6)) == [0, 0, 1, 1, 2, 2]
    caller.finish(1)
    assert caller.pick() == 1
    caller.finish(2)
    caller.finish(2)
    assert [caller.pick(), caller.pick()] == [2, 2]


def test_least_outstanding_knows_only_its_own_callers_attempts() -> None:
    caller, other = Caller("least_outstanding", 2), Caller("least_outstanding", 2)
    for _ in range(10):
        other.pick()
    assert sorted([caller.pick(), caller.pick()]) == [0, 1]


def test_of_two_replicas_power_of_two_picks_the_less_busy_one() -> None:
    caller = Caller("power_of_two", 2)
    picks = [caller.pick() for _ in range(20)]
    assert Counter(picks) == {0: 10, 1: 10}
    for _ in range(3):
        caller.finish(1)
    assert [caller.pick() for _ in range(3)] == [1, 1, 1]


def test_of_many_power_of_two_picks_the_idlest_whenever_it_is_one_of_the_two_and_never_the_busiest() -> None:
    caller = Caller("power_of_two", 5)
    busiest, idlest = 0, 4
    left = {busiest: 999, 1: 10, 2: 10, 3: 10, idlest: 0}
    for index in [caller.pick() for _ in range(200)]:
        if left[index] > 0:
            left[index] -= 1
        else:
            caller.finish(index)
    counts = caller.shares(PICKS)
    assert counts[busiest] == 0
    share = 1 - (4 / 5) * (3 / 4)
    assert abs(counts[idlest] - PICKS * share) <= FAR_OFF * (PICKS * share * (1 - share)) ** 0.5


# -- stickiness -----------------------------------------------------------------------------------------------------

SHOPPERS = 600
"""Different keys: enough for every replica to have some."""


class Keyed:
    """A sticky caller of a service with some replicas; each request's key is its number."""

    def __init__(self, replicas: int) -> None:
        self.caller = Caller("random", replicas)
        self.streams = Streams(1, 0)
        self.balancer = Sticky(self.caller.listing, Numbered(), self.streams)

    def homes(self) -> dict[int, Any]:
        """The replica of each key, by its index; None if none is listed."""
        picked = {number: self.balancer.pick(make_root(number)) for number in range(SHOPPERS)}
        return {key: None if one is None else self.caller.replicas.index(one) for key, one in picked.items()}


class Numbered:
    """The key of a request is its own number."""

    def of(self, root: Root) -> Key:
        return "shopper", root.ordinal


def test_a_key_keeps_its_replica_and_all_callers_agree() -> None:
    keyed = Keyed(4)
    other = Sticky(keyed.caller.listing, Numbered(), Streams(1, 0))
    first = keyed.homes()
    assert keyed.homes() == first
    assert {number: other.pick(make_root(number)) for number in range(SHOPPERS)} == {
        number: keyed.caller.replicas[home] for number, home in first.items()
    }


def test_keys_are_spread_evenly() -> None:
    counts = Counter(Keyed(4).homes().values())
    assert all(abs(count - SHOPPERS / 4) <= FAR_OFF * (SHOPPERS * 3 / 16) ** 0.5 for count in counts.values())
    assert len(counts) == 4


def test_only_the_keys_of_a_replica_that_leaves_move_and_they_come_back_with_it() -> None:
    keyed = Keyed(4)
    before = keyed.homes()
    keyed.caller.listing.remove(keyed.caller.replicas[2])
    without = keyed.homes()
    assert {key for key in before if before[key] != without[key]} == {key for key in before if before[key] == 2}
    assert set(without.values()) == {0, 1, 3}
    keyed.caller.listing.add(keyed.caller.replicas[2], keyed.caller.replicas)
    assert keyed.homes() == before


def test_a_key_without_any_replica_has_none() -> None:
    keyed = Keyed(1)
    keyed.caller.listing.remove(keyed.caller.replicas[0])
    assert set(keyed.homes().values()) == {None}


# -- the own zone ----------------------------------------------------------------------------------------------


class Neighbour(Caller):
    """A caller in zone a that prefers it; replicas 0 and 1 are there, 2 and 3 in zone b. Some may be ejected."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, 4)
        for replica, zone in zip(self.replicas, "aabb", strict=True):
            replica.place(zone)
        self.healthy = Healthy(self.listing, 0.0)
        streams = Streams(1, 0)
        streams.lane("buy")
        self.balancer = BALANCERS[kind](Nearby(self.healthy, "a"), streams.source("balance"), 0)


@every_balancer
def test_who_prefers_its_zone_picks_there_alike(kind: str) -> None:
    counts = Neighbour(kind).shares(PICKS)
    assert set(counts) == {0, 1}
    assert abs(counts[0] - PICKS / 2) <= FAR_OFF * (PICKS / 4) ** 0.5


@every_balancer
def test_where_none_is_left_in_the_zone_all_are_picked_until_one_is_back(kind: str) -> None:
    caller = Neighbour(kind)
    caller.healthy.watch_members(lambda: caller.healthy.show(frozenset()))
    for replica in caller.replicas[:2]:
        caller.listing.remove(replica)
    assert set(caller.shares(300)) == {2, 3}
    caller.listing.add(caller.replicas[1], caller.replicas)
    assert set(caller.shares(300)) == {1}


@every_balancer
def test_ejected_replicas_of_the_own_zone_are_passed_over(kind: str) -> None:
    caller = Neighbour(kind)
    caller.healthy.show(frozenset(caller.replicas[:1]))
    assert set(caller.shares(300)) == {1}
    caller.healthy.show(frozenset(caller.replicas[:2]))
    assert set(caller.shares(300)) == {2, 3}
    caller.healthy.show(frozenset())
    assert set(caller.shares(300)) == {0, 1}
