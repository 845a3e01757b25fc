"""The pending entries list of a Redis consumer group: what a real server did, and a naive list."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from simulator.messaging.pending import FROM_THE_START, PendingList


def listed(pending: PendingList) -> list[tuple[int, int | str, int]]:
    return [(number, entry.owner, entry.count) for number, entry in pending]


def test_mq_redis_streams_as_redis_server_6_2_14_does_it() -> None:
    """The recorded case `mq-redis-streams`: 5 entries, three consumers."""
    pending = PendingList()
    for number in (1, 2, 3):
        pending.deliver("c1", number, 0.0)
    for number in (4, 5):
        pending.deliver("c2", number, 0.0)
    pending.acknowledge(1)
    assert listed(pending) == [(2, "c1", 1), (3, "c1", 1), (4, "c2", 1), (5, "c2", 1)]
    assert list(pending.reread("c1", 10, 0.0)) == [2, 3]
    assert listed(pending) == [(2, "c1", 2), (3, "c1", 2), (4, "c2", 1), (5, "c2", 1)]
    assert pending.claim_idle("c3", 10.0, 100, 0.0) == ([], FROM_THE_START)
    assert pending.claim_idle("c3", 0.2, 2, 0.3) == ([2, 3], 4)
    assert listed(pending) == [(2, "c3", 3), (3, "c3", 3), (4, "c2", 1), (5, "c2", 1)]


def test_any_consumer_may_acknowledge_and_nobody_twice() -> None:
    pending = PendingList()
    pending.deliver("c1", 1, 0.0)
    pending.acknowledge(1)
    pending.acknowledge(1)
    assert (len(pending), 1 in pending) == (0, False)


deeds = st.lists(
    st.tuples(
        st.sampled_from(["deliver", "acknowledge", "reread", "claim"]),
        st.integers(0, 2),
        st.integers(0, 3),
        st.integers(1, 3),
    ),
    max_size=60,
)


@given(deeds)
def test_it_does_what_a_naive_list_does(history: list[tuple[str, int, int, int]]) -> None:
    pending, now, newest = PendingList(), 0.0, 0
    naive: list[list[float]] = []  # number, owner, since, count
    for deed, owner, pause, most in history:
        now += pause
        if deed == "deliver":
            newest += 1
            pending.deliver(owner, newest, now)
            naive.append([newest, owner, now, 1])
        elif deed == "acknowledge":
            pending.acknowledge(most)
            naive = [entry for entry in naive if entry[0] != most]
        elif deed == "reread":
            own = [entry for entry in naive if entry[1] == owner][:most]
            assert list(pending.reread(owner, most, now)) == _handed(own, owner, now)
        else:
            idle = [entry for entry in naive if now - entry[2] >= 2.0][:most]
            numbers = _handed(idle, owner, now)
            claimed, cursor = pending.claim_idle(owner, 2.0, most, now)
            assert list(claimed) == numbers
            after = [entry[0] for entry in naive if numbers and entry[0] > numbers[-1]]
            assert cursor == (after[0] if len(numbers) == most and after else FROM_THE_START)
        assert [(number, entry.owner, entry.since, entry.count) for number, entry in pending] == [
            tuple(entry) for entry in naive
        ]


def _handed(entries: Sequence[list[float]], owner: int, now: float) -> list[float]:
    for entry in entries:
        entry[1:] = [owner, now, entry[3] + 1]
    return [entry[0] for entry in entries]
