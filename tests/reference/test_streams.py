"""Streams with a consumer group, done to a real Redis and to callsim: who has what pending, and delivered how often.

The server's clock is the real one, and no test waits for it: when time is to pass, every pending entry is told how long
it has been idle (``XCLAIM … IDLE … JUSTID`` changes nothing else). Idle times are whole seconds far from the few
milliseconds that a test takes.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.messaging.pending import FROM_THE_START, PendingList
from tests.messaging.office import Office

STREAM, GROUP = "news", "desk"
Pending = list[tuple[int, str, int]]
"""Of each pending entry, in order: its number, its consumer, how often it was delivered."""


class Group:
    """A consumer group on the real server. Entries have numbers from 1; time is told in seconds."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        redis.flushall()
        redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        self._since: dict[int, float] = {}
        self.now = 0.0

    def add(self, number: int) -> None:
        self._redis.xadd(STREAM, {"number": number}, id=f"{number}-0")

    def read_new(self, consumer: str, most: int) -> list[int]:
        return self._delivered(self._read(consumer, most, ">"))

    def read_own(self, consumer: str, most: int) -> list[int]:
        return self._delivered(self._read(consumer, most, "0"))

    def acknowledge(self, number: int) -> None:
        self._redis.xack(STREAM, GROUP, f"{number}-0")

    def claim(self, consumer: str, min_idle: float, most: int, start: int) -> tuple[list[int], int]:
        self._grow_old()
        cursor, entries = self._redis.xautoclaim(
            STREAM, GROUP, consumer, int(1000 * min_idle), start_id=f"{start}-0", count=most
        )[:2]
        return self._delivered([number_of(name) for name, _ in entries]), number_of(cursor)

    def pending(self) -> Pending:
        return [
            (number_of(row["message_id"]), row["consumer"].decode(), row["times_delivered"])
            for row in self._redis.xpending_range(STREAM, GROUP, "-", "+", 1000)
        ]

    def _read(self, consumer: str, most: int, after: str) -> list[int]:
        found = self._redis.xreadgroup(GROUP, consumer, {STREAM: after}, count=most)
        return [number_of(name) for _, entries in found for name, _ in entries]

    def _delivered(self, numbers: list[int]) -> list[int]:
        self._since.update(dict.fromkeys(numbers, self.now))
        return numbers

    def _grow_old(self) -> None:
        for number, consumer, _ in self.pending():
            idle = int(1000 * (self.now - self._since[number]))
            self._redis.xclaim(STREAM, GROUP, consumer, 0, [f"{number}-0"], idle=idle, justid=True)


def number_of(name: bytes) -> int:
    return int(name.split(b"-")[0])


CONSUMERS = st.sampled_from(["c0", "c1", "c2"])
ACTIONS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 4)),
    st.tuples(st.just("new"), CONSUMERS, st.integers(1, 3)),
    st.tuples(st.just("own"), CONSUMERS, st.integers(1, 3)),
    st.tuples(st.just("ack"), st.integers(1, 20)),
    st.tuples(st.just("wait"), st.sampled_from([5.0, 20.0])),
    st.tuples(st.just("claim"), CONSUMERS, st.sampled_from([0.0, 10.0, 30.0]), st.integers(1, 3), st.integers(0, 6)),
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, max_size=30))
def test_the_pending_list_is_redis_own(redis: Any, actions: list[tuple[Any, ...]]) -> None:
    real, ours = Group(redis), PendingList()
    added = unread = 0
    for word, *more in actions:
        match word:
            case "add":
                for _ in range(more[0]):
                    added += 1
                    real.add(added)
            case "new":
                consumer, most = more
                expected = list(range(unread + 1, min(added, unread + most) + 1))
                assert real.read_new(consumer, most) == expected
                for number in expected:
                    ours.deliver(consumer, number, real.now)
                unread += len(expected)
            case "own":
                consumer, most = more
                assert real.read_own(consumer, most) == list(ours.reread(consumer, most, real.now))
            case "ack":
                real.acknowledge(more[0])
                ours.acknowledge(more[0])
            case "wait":
                real.now += more[0]
            case "claim":
                consumer, min_idle, most, start = more
                numbers, cursor = ours.claim_idle(consumer, min_idle, most, real.now, start)
                assert real.claim(consumer, min_idle, most, start) == (list(numbers), cursor)
        assert real.pending() == [(number, entry.owner, entry.count) for number, entry in ours]


def test_the_recorded_case(redis: Any) -> None:
    """mq-redis-streams, entry by entry."""
    group = Group(redis)
    for number in range(1, 6):
        group.add(number)
    assert (group.read_new("c1", 3), group.read_new("c2", 9), group.read_new("c2", 9)) == ([1, 2, 3], [4, 5], [])
    group.acknowledge(1)
    assert group.pending() == [(2, "c1", 1), (3, "c1", 1), (4, "c2", 1), (5, "c2", 1)]
    group.read_own("c1", 9)
    assert group.pending() == [(2, "c1", 2), (3, "c1", 2), (4, "c2", 1), (5, "c2", 1)]
    assert group.claim("c3", 10.0, 9, FROM_THE_START) == ([], FROM_THE_START)
    group.now += 20.0
    assert group.claim("c3", 10.0, 2, FROM_THE_START) == ([2, 3], 4)


@pytest.mark.parametrize(
    ("messages", "read", "handled"),
    [(6, 3, 0), (6, 3, 1), (7, 3, 3), (5, 5, 2), (1, 1, 0), (8, 2, 1)],
)
def test_what_a_dead_consumer_had_in_hand_is_delivered_once_more_and_nothing_else_is(
    redis: Any, messages: int, read: int, handled: int
) -> None:
    """The first consumer reads `read` entries, and one more for each that it has handled; after `handled` it dies for
    good, and the second does the rest.

    In callsim the first is the only replica until the second comes up: both have one worker, and an entry takes 1 s.
    """
    group = Group(redis)
    counts: dict[int, int] = {}
    for number in range(1, messages + 1):
        group.add(number)
    for number in group.read_new("first", read)[:handled]:
        group.acknowledge(number)
        counts[number] = 1
        group.read_new("first", 1)
    for number in group.read_new("second", messages):
        group.acknowledge(number)
        counts[number] = 1
    group.now += 60.0
    for number, _, delivered in group.pending() if group.claim("second", 30.0, messages, FROM_THE_START)[0] else ():
        group.acknowledge(number)
        counts[number] = delivered
    assert (group.pending(), len(counts)) == ([], messages)

    died = handled + 0.5
    office = Office(
        {"preset": "redis_streams", "publish_latency": 0.0, "delivery_latency": 0.0, "prefetch": read},
        {"work": 1.0, "effect": True},
        desk={"replicas": 2},
        subscription={"prefetch": read},
        faults=[
            {"name": "late", "kind": "crash", "target": "desk[1]", "at": 0.0, "for": died},
            {"name": "dead", "kind": "crash", "target": "desk[0]", "at": died, "for": 900.0},
        ],
    )
    office.publish(*map(str, range(1, messages + 1)), at=0.001)
    tally = office.run(500.0)
    assert (tally.taken, tally.handled, tally.dead, sum(tally.lost.values())) == (messages, messages, 0, 0)
    assert tally.redeliveries == sum(counts.values()) - messages > 0
    units = [list(root.ledger.units.values()) for root in office.roots.values() if root.ledger is not None]
    assert units == [[1]] * messages
