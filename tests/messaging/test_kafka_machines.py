"""The pure parts of a log against naive models: who reads what, where a reader stands, who is in the group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.messaging.log.assignment import in_ranges, in_turn, sticking
from simulator.messaging.log.hashing import murmur2, partition_of
from simulator.messaging.log.partition import Cursor, Partition
from simulator.messaging.log.roster import Roster, last_heartbeat
from simulator.messaging.message import Message
from simulator.services.execution import Execution
from tests.kernel.making import make_root

# -- hashing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hashed"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_keys_are_hashed_as_kafka_does(text: str, hashed: int) -> None:
    """The cases of Kafka's own ``UtilsTest.testMurmur2``."""
    assert murmur2(text.encode()) == hashed % 2**32


def test_keys_spread_over_all_partitions() -> None:
    share = Counter(partition_of(key, 6) for key in range(6000))
    assert sorted(share) == [0, 1, 2, 3, 4, 5]
    assert all(abs(count - 1000) < 4.5 * (1000 * 5 / 6) ** 0.5 for count in share.values())


# -- assignment -------------------------------------------------------------------------------------------------

members = st.lists(st.integers(0, 20), min_size=1, max_size=8, unique=True)
owners = st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=12)


def test_ranges_are_neighbours_and_turns_are_not() -> None:
    assert in_ranges("abc", 7) == ["a", "a", "a", "b", "b", "c", "c"]
    assert in_turn("abc", 7) == ["a", "b", "c", "a", "b", "c", "a"]
    assert in_ranges("abc", 2) == in_turn("abc", 2) == ["a", "b"]
    assert in_ranges("", 4) == in_turn("", 4) == sticking([], [None]) == []


@given(members, owners)
def test_every_assignment_is_even_and_complete(members: list[int], owners: list[int | None]) -> None:
    for found in (
        in_ranges(members, len(owners)),
        in_turn(members, len(owners)),
        sticking(members, owners),
    ):
        assert len(found) == len(owners)
        shares = Counter(dict.fromkeys(members, 0))
        shares.update(found)
        assert set(shares) == set(members)
        assert max(shares.values()) - min(shares.values()) <= 1


@given(members, owners)
def test_sticking_moves_no_more_than_has_to_move(members: list[int], owners: list[int | None]) -> None:
    """Of all even assignments the fewest moves: the members with most keep the larger shares."""
    found = sticking(members, owners)
    kept = sum(new == old for new, old in zip(found, owners, strict=True))
    share, more = divmod(len(owners), len(members))
    has = sorted((owners.count(member) for member in members), reverse=True)
    assert kept == sum(min(number, share + (place < more)) for place, number in enumerate(has))


@given(members, owners)
def test_sticking_to_an_even_assignment_moves_nothing(members: list[int], owners: list[int | None]) -> None:
    found: list[int | None] = list(sticking(members, owners))
    assert sticking(members, found) == found


# -- partition and cursor ---------------------------------------------------------------------------------------


def nothing(_: Execution) -> Generator[None, None, None]:
    yield from ()


def message() -> Message:
    root = make_root()
    return Message(root, root.entry.path, nothing, 0.0)


def filled(*times: float) -> Partition:
    partition = Partition(0)
    for time in times:
        partition.append(message(), time)
    return partition


class NaiveReader:
    """What is read, done and committed, as plain sets."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.done: set[int] = set()

    @property
    def safe(self) -> int:
        return next((offset for offset in self.read if offset not in self.done), len(self.read))


@given(st.lists(st.tuples(st.sampled_from(["append", "fetch", "done", "commit", "new owner"]), st.integers(0, 9))))
def test_a_cursor_is_where_a_naive_reader_is(moves: list[tuple[str, int]]) -> None:
    partition, appended, committed = Partition(0), 0, 0
    cursor, naive = Cursor(partition, 0.0), NaiveReader()
    for move, number in moves:
        if move == "append":
            partition.append(message(), 0.0)
            appended += 1
        elif move == "fetch":
            got = [record.offset for record in cursor.fetch(number, 0.0)]
            assert got == list(range(len(naive.read), min(appended, len(naive.read) + number)))
            naive.read += got
        elif move == "done" and len(naive.done) < len(naive.read):
            waiting = [offset for offset in naive.read if offset not in naive.done]
            chosen = waiting[number % len(waiting)]
            cursor.done(chosen)
            naive.done.add(chosen)
        elif move == "commit":
            gone = [record.offset for record in partition.commit(cursor.safe)]
            assert gone == list(range(committed, naive.safe))
            committed = naive.safe
        elif move == "new owner":
            cursor, naive = Cursor(partition, 0.0), NaiveReader()
            naive.read = list(range(committed))
            naive.done = set(naive.read)
        assert (cursor.position, cursor.safe) == (len(naive.read), naive.safe)
        assert (partition.base, partition.committed, partition.end) == (committed, committed, appended)


def test_a_fetch_brings_only_what_had_come_by_then() -> None:
    cursor = Cursor(filled(1.0, 2.0, 2.0, 5.0), 0.0)
    assert [record.offset for record in cursor.fetch(9, 2.0)] == [0, 1, 2]
    assert cursor.fetch(9, 4.9) == []


def test_what_is_too_old_is_forgotten_and_a_reader_goes_on_behind_it() -> None:
    partition = filled(1.0, 2.0, 3.0, 9.0)
    cursor = Cursor(partition, 0.0)
    assert [record.offset for record in partition.expire(5.0, 3.0)] == [0, 1]
    assert partition.committed == 2
    ahead = cursor.ahead()
    assert ahead is not None
    assert ahead.offset == 2


def test_what_is_not_replicated_is_cut_off_from_the_end() -> None:
    partition = filled(1.0, 2.0, 3.0, 3.0)
    assert [record.offset for record in partition.truncate(3.5, 1.0)] == [3, 2]
    assert partition.end == 2


# -- roster -----------------------------------------------------------------------------------------------------


def test_a_rebalance_ends_when_the_pause_is_over_and_everybody_has_joined_again() -> None:
    roster: Roster[str] = Roster(3.0)
    assert roster.begin(0.0, pause=0.0)
    roster.join("a")
    roster.join("b")
    assert roster.is_complete(0.0)
    roster.complete()
    assert roster.begin(10.0)
    assert not roster.begin(11.0)
    roster.join("c")
    roster.rejoin("a")
    assert not roster.is_complete(20.0)
    assert [name for name in "abc" if roster.owes(name)] == ["b"]
    roster.leave("b")
    assert not roster.is_complete(12.9)
    assert roster.is_complete(13.0)
    roster.complete()
    assert (roster.generation, roster.members) == (2, ["a", "c"])
    assert not roster.is_complete(99.0)


@pytest.mark.parametrize(("until", "heard"), [(10.0, 10.0), (12.9, 10.0), (13.0, 13.0), (40.0, 40.0), (41.5, 40.0)])
def test_the_last_heartbeat_is_a_whole_number_of_intervals_after_joining(until: float, heard: float) -> None:
    assert last_heartbeat(10.0, 3.0, until) == heard
