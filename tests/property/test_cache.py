"""A cache finds what a list of everything that was ever stored says it should."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.caching import FOR_EVER, Cache, CacheTally, Found, Terms

TERMS = st.builds(
    Terms,
    ttl=st.sampled_from([1.0, 3.0, FOR_EVER]),
    sliding=st.booleans(),
    stale=st.sampled_from([0.0, 2.0]),
    capacity=st.none() | st.integers(1, 4),
)
ACTIONS = st.lists(
    st.tuples(st.sampled_from(["look", "look", "store", "store", "flush"]), st.integers(0, 5), st.integers(0, 4)),
    max_size=60,
)
"""What is done, with which key, and how many halves of a second after the action before."""


@dataclass
class Naive:
    """What a cache promises, at any price: every entry with its end and when it was last used."""

    terms: Terms
    end: dict[int, float] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)
    clock: int = 0

    def use(self, key: int) -> None:
        self.clock += 1
        self.used[key] = self.clock

    def look_up(self, key: int, now: float) -> Found:
        if key not in self.end or now >= self.end[key] + self.terms.stale:
            self.end.pop(key, None)
            return Found.MISS
        self.use(key)
        if now >= self.end[key]:
            return Found.STALE
        if self.terms.sliding:
            self.end[key] = now + self.terms.ttl
        return Found.FRESH

    def store(self, key: int, now: float) -> None:
        self.end[key] = now + self.terms.ttl
        self.use(key)
        if self.terms.capacity is not None and len(self.end) > self.terms.capacity:
            del self.end[min(self.end, key=lambda one: self.used[one])]


@settings(max_examples=300)
@given(TERMS, ACTIONS)
def test_a_cache_does_what_the_naive_one_does(terms: Terms, actions: list[tuple[str, int, int]]) -> None:
    tally, naive, now = CacheTally(), Naive(terms), 0.0
    cache = Cache(terms, tally)
    looks = hits = 0
    for action, key, halves in actions:
        now += halves / 2
        if action == "look":
            found = cache.look_up(("item", key), now)
            assert found is naive.look_up(key, now)
            looks, hits = looks + 1, hits + (found is not Found.MISS)
        elif action == "store":
            cache.store(("item", key), now)
            naive.store(key, now)
        else:
            cache.flush()
            naive.end.clear()
        assert len(cache) == len(naive.end)
        assert terms.capacity is None or len(cache) <= terms.capacity
    assert (tally.lookups, tally.hits) == (looks, hits)


@given(ACTIONS)
def test_a_cache_that_is_away_keeps_nothing(actions: list[tuple[str, int, int]]) -> None:
    cache = Cache(Terms(), CacheTally())
    cache.away += 1
    for number, (_, key, _) in enumerate(actions):
        cache.store(("item", key), float(number))
        assert cache.look_up(("item", key), float(number)) is Found.MISS
