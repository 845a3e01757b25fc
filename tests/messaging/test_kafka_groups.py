"""A consumer group by hand: who is in, who is taken for dead, and how long everybody stands still for that."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.messaging.reading_room import ReadingRoom
from tests.messaging.trouble import fault


def steady(room: ReadingRoom, until: int) -> ReadingRoom:
    """A message for every partition of two at each whole second: 2 n goes to partition 0, 2 n + 1 to partition 1."""
    for second in range(until):
        room.publish(f"{2 * second}", f"{2 * second + 1}", at=float(second))
    room.run()
    return room


def gaps(room: ReadingRoom, partition: int) -> list[tuple[float, float]]:
    """Periods of more than 2 s in which nothing of a partition was done."""
    times = sorted(time for number, time in room.first_at.items() if number % 2 == partition)
    return [(start, end) for start, end in itertools.pairwise(times) if end - start > 2.0]


EAGER = {"partitions": 2, "assignor": "range"}
COOPERATIVE = {"partitions": 2, "assignor": "cooperative_sticky"}
QUICK: dict[str, Any] = {"handler": {"work": 0.1}, "subscription": {"commit": "each"}}


# -- a crash ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broker", "other"),
    [(EAGER, [(14.1, 17.1)]), (COOPERATIVE, [])],
    ids=["eager", "cooperative"],
)
def test_a_dead_consumers_partition_waits_for_the_session_timeout_and_the_rebalance(
    broker: dict[str, Any], other: list[tuple[float, float]]
) -> None:
    """It dies at 4.5 s, was last heard at 4 s, is out at 14 s; the rebalance ends at 17 s."""
    room = steady(ReadingRoom(broker=broker, faults=[fault("crash", "desk[0]", 4.5, 900.0)], **QUICK), 40)
    assert gaps(room, 0) == [pytest.approx((4.1, 17.1), abs=0.5)]  # whichever partition is read first then
    assert gaps(room, 1) == [pytest.approx(gap, abs=0.5) for gap in other]


@pytest.mark.parametrize(
    ("broker", "other"),
    [(EAGER, [(5.1, 14.1)]), (COOPERATIVE, [])],
    ids=["eager", "cooperative"],
)
def test_a_consumer_that_is_back_at_once_still_waits_for_its_own_ghost(
    broker: dict[str, Any], other: list[tuple[float, float]]
) -> None:
    """It is back at 5.2 s and joins: but the rebalance waits for the one that died, until 14 s. Under an eager assignor
    nobody reads anything meanwhile."""
    room = steady(ReadingRoom(broker=broker, faults=[fault("crash", "desk[0]", 4.5, 0.7)], **QUICK), 40)
    assert gaps(room, 0) == [pytest.approx((4.1, 14.1), abs=0.5)]
    assert gaps(room, 1) == [pytest.approx(gap, abs=0.5) for gap in other]


# -- coming and going -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broker", [EAGER, COOPERATIVE], ids=["eager", "cooperative"])
def test_who_leaves_says_so_and_nothing_comes_again(broker: dict[str, Any]) -> None:
    """At 4.05 s each has a message in hand: it is finished, the offset committed, and only then they go."""
    deploy = {"name": "roll", "at": 4.05, "deploy": "desk", "one_at_a_time": 10.0}
    room = steady(ReadingRoom(broker=broker, changes=[deploy], **QUICK), 40)
    assert room.copies == {}
    assert room.tally.redeliveries == 0
    assert gaps(room, 0)[0] == pytest.approx((4.1, 7.1), abs=0.5)


@pytest.mark.parametrize(
    "far", [{}, {"network": {"desk -> mail": {"latency": 0.02}, "mail -> desk": {"latency": 0.02}}}]
)
@pytest.mark.parametrize("commit", ["each", "auto"])
def test_under_an_eager_assignor_a_deploy_stops_everybody_at_every_step_and_a_cooperative_one_less(
    far: dict[str, Any], commit: str
) -> None:
    deploy = {"name": "roll", "at": 4.5 if far else 4.05, "deploy": "desk", "one_at_a_time": 10.0}
    stood = {}
    for name, broker in (("eager", EAGER), ("cooperative", COOPERATIVE)):
        keys = {**QUICK, "subscription": {"commit": commit}, **far}
        room = steady(ReadingRoom(broker=broker, changes=[deploy], **keys), 60)
        stood[name] = sum(end - start for partition in (0, 1) for start, end in gaps(room, partition))
    # one leaves, it comes and the other leaves, that comes: three rebalances of 3 s, for both partitions
    assert 18.0 < stood["eager"] < 22.0
    assert stood["cooperative"] < 0.7 * stood["eager"]


def test_who_leaves_in_the_middle_of_a_poll_commits_what_is_done_and_no_more() -> None:
    """At 4.5 s message 4 is in hand, and 5 to 9 are fetched: by time, all of them would count as polled."""
    deploy = {"name": "roll", "at": 4.5, "deploy": "desk", "one_at_a_time": 900.0}
    room = ReadingRoom(10, changes=[deploy])
    room.run()
    assert (room.copies, room.tally.redeliveries) == ({}, 0)
    assert [room.first_at[number] for number in (4, 5)] == [5.0, 5.0 + 3.0 + 1.0]
    assert room.tally.handled == 10


def test_consumers_are_scaled_by_lag_up_to_the_number_of_partitions_with_gain() -> None:
    """One replica handles one of two a second. At 10 s 10 wait, so three are wanted; two have something to do."""
    scale = {"min": 1, "max": 3, "metric": "backlog", "target": 4.0, "every": 10.0, "startup": 1.0}
    done = {}
    for partitions in (1, 2):
        room = ReadingRoom(
            broker={"partitions": partitions}, replicas=1, desk={"autoscale": {**scale, "scale_down_after": 20.0}}
        )
        steady(room, 20)
        membership = room.world.services["desk"].membership
        assert membership is not None
        assert membership.size == 1
        assert membership.there_seconds(1000.0) > 1030.0
        assert room.tally.redeliveries == 0
        done[partitions] = max(room.first_at.values())
    assert done[1] >= 40.0
    assert done[2] <= 32.0


# -- taken for dead ---------------------------------------------------------------------------------------------


def test_who_stands_still_for_too_long_is_out_and_goes_on_as_a_zombie() -> None:
    """Paused from 4.5 to 24.5 s with message 4 in hand: it is out at 14 s, and the other one handles 1 to 9 from 17 s
    on. Back at 24.5 s it ends 4 and the five that it had fetched; none of that counts for the group."""
    pause = fault("pause", "desk[0]", 4.5, 20.0)
    room = ReadingRoom(10, subscription={"commit": "batch"}, faults=[pause])
    room.run()
    assert room.copies == dict.fromkeys(range(1, 10), 2)
    assert room.first_at[4] == 17.0 + 4.0
    assert room.tally.handled == 10
    assert not room.journal.active


def test_what_a_zombie_commits_does_not_count() -> None:
    """As before, but the new owner is ten times slower and dies at 40 s. By then the zombie has ended all that it had
    fetched. Back in the group, it begins where the group's own commit was: behind message 0."""
    faults = [
        fault("pause", "desk[0]", 4.5, 20.0),
        fault("slowdown", "desk[1]", 0.0, 900.0, factor=10.0),
        fault("crash", "desk[1]", 40.0, 900.0),
    ]
    room = ReadingRoom(10, subscription={"commit": "batch"}, faults=faults)
    room.run()
    assert room.copies == {1: 3, 2: 3, **dict.fromkeys(range(3, 10), 2)}


def test_who_commits_each_record_learns_at_once_that_it_is_out() -> None:
    room = ReadingRoom(10, subscription={"commit": "each"}, faults=[fault("pause", "desk[0]", 4.5, 20.0)])
    room.run()
    assert room.copies == {4: 2}


@pytest.mark.parametrize(
    ("mode", "links"), [("drop", "desk -> mail"), ("refuse", "mail -> desk"), ("drop", "desk <-> mail")]
)
def test_who_is_cut_off_for_too_long_is_out(mode: str, links: str) -> None:
    cut = fault("partition", links, 4.5, 20.0, mode=mode)
    room = ReadingRoom(10, subscription={"commit": "batch"}, faults=[cut])
    room.run()
    assert not room.journal.active
    assert room.tally.handled == 10


@pytest.mark.parametrize(("seconds", "again"), [(9.0, 0), (10.0, 9)])
def test_a_short_silence_is_forgiven(seconds: float, again: int) -> None:
    room = ReadingRoom(10, subscription={"commit": "batch"}, faults=[fault("pause", "desk[0]", 4.5, seconds)])
    room.run()
    assert len(room.copies) == again


def test_while_the_broker_is_down_no_session_runs_out() -> None:
    faults = [fault("crash", "desk[0]", 2.5, 900.0), fault("broker_down", "broker:mail", 4.0, 50.0)]
    room = ReadingRoom(6, subscription={"commit": "each"}, faults=faults)
    room.run()
    assert room.first_at[2] == 54.0 + 10.0 + 3.0 + 1.0


# -- too slow ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "again"), [(500, 5), (5, 5), (4, 0)])
def test_who_takes_too_long_between_two_polls_is_out_and_its_work_was_for_nothing(most: int, again: int) -> None:
    """A poll may be 4.5 s ago; the records of one take up to a second each. Only a smaller poll helps."""
    room = ReadingRoom(6, broker={"max_poll_interval": 4.5, "max_poll_records": most}, subscription={"commit": "batch"})
    room.run(6.5)
    assert room.tally.handled == 6
    room.run(40.0)
    assert (len(room.copies) > 0) == bool(again)


def test_a_rebalance_waits_for_the_slowest_poll_of_all() -> None:
    """The replica that is back at 5.2 s joins; its ghost is out at 14 s, but the other one has 20 records in hand and
    comes to its poll after the last."""
    room = ReadingRoom(
        40,
        broker=EAGER,
        subscription={"commit": "batch"},
        faults=[fault("crash", "desk[0]", 4.5, 0.7)],
    )
    room.run()
    zero = sorted(time for number, time in room.first_at.items() if number % 2 == 0)
    assert next(time for time in zero if time > 4.5) >= 20.0
