"""A Kafka log by hand: order, offsets and commits, retries in place, retention, acknowledgements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messaging.reading_room import ReadingRoom
from tests.messaging.trouble import fault

CRASH = fault("crash", "desk[0]", 4.5, 900.0)


# -- what comes again after a crash -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("commit", "again"),
    [
        ("each", []),
        ("batch", [1, 2, 3]),  # the first poll brought message 0, the second the other nine
        ("auto", [0, 1, 2, 3]),  # every 5 s: not yet
        (0.5, [1, 2, 3]),  # at each poll, as half a second is over then
    ],
)
def test_what_was_handled_and_not_committed_comes_again(commit: Any, again: list[int]) -> None:
    """At 4.5 s messages 0 to 3 are done and 4 is in hand. The last heartbeat came at 4 s."""
    room = ReadingRoom(10, subscription={"commit": commit}, faults=[CRASH])
    room.run(30.0)
    assert room.copies == dict.fromkeys(again, 2)
    assert room.first_at[4] == 4.0 + 10.0 + 3.0 + len(again) + 1.0
    assert room.tally.redeliveries == len(again) + 1


def test_with_nobody_left_the_messages_wait() -> None:
    room = ReadingRoom(3, replicas=1, subscription={"commit": "each"}, faults=[fault("crash", "desk[0]", 1.5, 100.0)])
    assert room.run(100.0).handled == 1
    assert room.there == 2
    tally = room.run()
    assert (tally.handled, room.there, sum(tally.lost.values())) == (3, 0, 0)
    assert room.first_at[1] == 101.5 + 3.0 + 1.0  # the new consumer joins a group that has long been empty


@pytest.mark.parametrize(("commit", "loss", "again"), [("each", 0.0, 0), ("each", 1.0, 4), ("batch", 1.0, 4)], ids=str)
def test_a_commit_can_be_lost_on_its_way(commit: str, loss: float, again: int) -> None:
    lost = fault("loss", "desk -> mail", 0.0, 100.0, share=loss) if loss else CRASH
    room = ReadingRoom(6, subscription={"commit": commit}, faults=[CRASH, lost][: 2 if loss else 1])
    room.run(40.0)
    assert len(room.copies) == again


def test_a_lost_commit_is_sent_again_so_that_nothing_hangs() -> None:
    room = ReadingRoom(
        3,
        broker={"request_timeout": 20.0},
        subscription={"commit": "each"},
        faults=[fault("loss", "desk -> mail", 0.0, 10.0, share=1.0)],
    )
    room.run(22.9)
    assert len(room.journal.active) == 3
    room.run(23.1)
    assert not room.journal.active


# -- order ------------------------------------------------------------------------------------------------------


def test_order_holds_within_a_key_and_not_across_partitions() -> None:
    room = ReadingRoom(
        handler={"work": {"dist": "exponential", "mean": 1.0}},
        topic={"partitions": 4, "key": "item"},
        keys={"item": {"dist": "uniform", "n": 12}},
        replicas=3,
        workers=2,
        faults=[fault("crash", "desk[1]", 20.0, 30.0)],
    )
    for number in range(120):
        room.publish(f"{number}", at=number / 4)
    room.run()
    done = sorted(room.first_at, key=lambda number: (room.first_at[number], number))
    keys = {number: room.world.keys["item"].of(room.roots[f"{number}"])[1] for number in done}
    assert done != sorted(done)
    for key in range(1, 13):
        mine = [number for number in done if keys[number] == key]
        assert mine == sorted(mine)
        assert len(mine) > 2
    assert all(root.trouble is None or not root.trouble.out_of_order for root in room.roots.values())


def test_all_records_of_a_partition_can_be_in_hand_at_once_but_then_order_is_lost() -> None:
    faults = [fault("errors", "desk", 0.0, 1.5, share=1.0)]
    room = ReadingRoom(
        3, handler={"work": 1.0}, replicas=1, workers=9, subscription={"handling": "concurrent"}, faults=faults
    )
    room.publish("3", at=1.2)
    room.run()
    assert room.first_at == {0: 2.0, 1: 2.0, 2: 2.0, 3: 2.2}
    assert [root.mishaps.out_of_order for root in room.roots.values()] == [1, 1, 0, 0]


# -- at most once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("commit", "lost"), [("auto", 2), (0.1, 2), ("each", 0), ("batch", 0)])
def test_handling_beside_the_poll_turns_the_clients_own_commits_into_losses(commit: Any, lost: int) -> None:
    """Three messages are in hand for 8 s; the client commits what it has polled. Then its process dies."""
    room = ReadingRoom(
        handler={"work": 8.0},
        workers=9,
        replicas=1,
        subscription={"handling": "concurrent", "commit": commit},
        faults=[fault("crash", "desk[0]", 7.0, 1.0)],
    )
    room.publish("0", "1", at=0.5)
    tally = room.run()
    assert (tally.lost["replica_down"], tally.handled) == (lost, 2 - lost)
    assert not room.journal.active


def test_what_is_acknowledged_before_it_is_handled_is_handled_at_most_once() -> None:
    """The crash loses message 4, in hand, and 5 to 9, which were fetched with it."""
    room = ReadingRoom(10, subscription={"ack": "before"}, handler={"server_errors": 0.0}, faults=[CRASH])
    room.publish("10", at=6.0)
    tally = room.run()
    assert (tally.lost["replica_down"], tally.redeliveries, room.copies) == (6, 0, {})
    assert sorted(room.first_at) == [0, 1, 2, 3, 10]
    room = ReadingRoom(3, subscription={"ack": "before"}, handler={"server_errors": 1.0})
    assert (room.run().failures, room.tally.handled, room.tally.dead) == (3, 3, 0)


def test_at_most_once_begins_nothing_before_the_commit_has_arrived() -> None:
    cut = fault("loss", "desk -> mail", 0.0, 50.0, share=1.0)
    room = ReadingRoom(2, broker={"request_timeout": 7.0}, subscription={"ack": "before"}, faults=[cut])
    room.run()
    assert room.first_at == {0: 57.0, 1: 58.0}


# -- failures ---------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_in_its_place_and_everything_behind_it_waits() -> None:
    room = ReadingRoom(
        4,
        broker={"partitions": 2, "redelivery_delay": 0.5},
        faults=[fault("errors", "desk[0]", 0.0, 2.0, share=1.0)],
    )
    tally = room.run()
    assert room.first_at == {0: 2.5, 1: 1.0, 2: 3.5, 3: 2.0}  # 0 fails at 1, again from 1.5 to 2.5
    assert (tally.failures, tally.redeliveries, tally.dead) == (1, 1, 0)


@pytest.mark.parametrize("tries", [1, 3, None])
def test_what_fails_for_the_last_time_is_a_dead_letter_and_the_partition_goes_on(tries: int | None) -> None:
    room = ReadingRoom(
        2,
        handler={"server_errors": 1.0},
        subscription={"max_deliveries": tries} if tries else {},
        replicas=1,
    )
    tally = room.run()
    times = tries or 10
    assert (tally.dead, tally.failures, tally.redeliveries) == (2, 2 * times, 2 * (times - 1))
    assert not room.journal.active


def test_dead_letters_go_to_their_topic() -> None:
    dead = {"broker": "mail", "subscribers": [{"operation": "desk.other"}]}
    room = ReadingRoom(
        2,
        handler={"server_errors": 1.0},
        subscription={"max_deliveries": 2, "dead_letter": "dead"},
        topics={"dead": dead},
    )
    tally = room.run()
    assert (tally.dead, room.world.topic_tallies["dead"].handled) == (2, 2)
    assert not room.journal.active


def test_a_client_error_is_handled() -> None:
    room = ReadingRoom(2, handler={"client_errors": 1.0})
    tally = room.run()
    assert (tally.handled, tally.dead, tally.redeliveries) == (2, 0, 0)


# -- polling ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "again"), [(500, [0, 1, 2, 3]), (1, [])])
def test_a_commit_by_time_happens_at_a_poll_and_long_polls_make_it_late(most: int, again: list[int]) -> None:
    """Every 1.5 s: but with nine records in hand the next poll is far away."""
    room = ReadingRoom(10, broker={"max_poll_records": most}, subscription={"commit": 1.5}, faults=[CRASH])
    room.run(40.0)
    assert sorted(room.copies) == again


def test_records_travel_once_a_poll_and_what_was_fetched_ahead_is_there() -> None:
    room = ReadingRoom(2, broker={"delivery_latency": 0.25}, network={"mail -> desk": {"latency": 0.5}}, replicas=1)
    room.publish("2", at=5.0)
    room.run()
    assert room.first_at == {0: 1.75, 1: 2.75, 2: 6.75}


def test_a_lost_fetch_is_sent_again_after_the_request_timeout() -> None:
    room = ReadingRoom(
        2, broker={"request_timeout": 7.0}, replicas=1, faults=[fault("loss", "mail -> desk", 0.0, 5.0, share=1.0)]
    )
    room.run()
    assert room.first_at == {0: 8.0, 1: 9.0}


def test_the_lag_is_what_no_handler_has_been_given() -> None:
    room = ReadingRoom(5, broker={"partitions": 2})
    (mail,) = room.world.mail
    room.run(0.5)
    assert (mail.holder.waiting(), mail.holder.there) == (3, 5)
    room.run(1.5)
    assert (mail.holder.waiting(), mail.holder.there) == (1, 3)
    assert room.tally.backlog_seconds(1.5) == 3.0 + 0.5


@pytest.mark.parametrize(("replicas", "workers", "seconds"), [(1, 1, 12.0), (1, 4, 4.0), (3, 1, 4.0), (9, 9, 4.0)])
def test_more_consumers_than_partitions_gain_nothing(replicas: int, workers: int, seconds: float) -> None:
    room = ReadingRoom(12, broker={"partitions": 3}, replicas=replicas, workers=workers)
    room.run()
    assert max(room.first_at.values()) == seconds


@pytest.mark.parametrize(
    ("subscription", "seconds"), [({}, 4.0), ({"consumers": 2}, 8.0), ({"handling": "sequential"}, 12.0)]
)
def test_consumers_of_a_replica_are_its_workers_unless_it_is_written(
    subscription: dict[str, Any], seconds: float
) -> None:
    room = ReadingRoom(12, broker={"partitions": 3}, replicas=1, workers=3, subscription=subscription)
    room.run()
    assert max(room.first_at.values()) == seconds


def test_each_subscription_is_a_group_of_its_own() -> None:
    both = [{"operation": "desk.handle"}, {"operation": "desk.handle", "name": "again", "from": 50.0}]
    room = ReadingRoom(2, topic={"subscribers": both})
    assert room.run(10.0).handled == 2
    assert room.run().handled == 4


# -- the broker -------------------------------------------------------------------------------------------------


def test_what_is_too_old_is_lost_unless_it_was_handled_in_time() -> None:
    room = ReadingRoom(6, topic={"retention": 3.5}, replicas=1)
    tally = room.run()
    assert (tally.handled, tally.lost["expired"]) == (6, 0)  # the second poll has all of them in hand
    room = ReadingRoom(6, broker={"retention": 3.5, "max_poll_records": 1}, replicas=1)
    tally = room.run()
    assert (tally.handled, tally.lost["expired"]) == (4, 2)
    assert not room.journal.active


@pytest.mark.parametrize(("acks", "lost"), [("all", 0), (1, 2)])
def test_what_was_not_replicated_goes_with_the_broker_though_it_was_confirmed(acks: Any, lost: int) -> None:
    room = ReadingRoom(
        broker={"acks": acks, "replication_lag": 0.2}, faults=[fault("broker_down", "broker:mail", 1.0, 5.0)]
    )
    room.publish("0", at=0.5)
    room.publish("1", "2", at=0.9)
    tally = room.run()
    assert {outcome for _, outcome in room.confirmed.values()} == {"ok"}
    assert (tally.lost["broker_down"], tally.handled) == (lost, 3 - lost)


def test_a_broker_that_is_down_gives_nothing_and_forgets_nothing() -> None:
    room = ReadingRoom(4, broker={"max_poll_records": 1}, faults=[fault("broker_down", "broker:mail", 1.5, 60.0)])
    tally = room.run()
    assert room.first_at == {0: 1.0, 1: 2.0, 2: 62.5, 3: 63.5}
    assert (tally.redeliveries, room.copies) == (0, {})


def test_messages_wait_for_consumers_that_begin_later() -> None:
    room = ReadingRoom(2, subscription={"from": 20.0})
    room.run()
    assert room.first_at == {0: 21.0, 1: 22.0}


# -- publishers -------------------------------------------------------------------------------------------------


def test_without_confirmation_the_publisher_goes_on_at_once_and_never_learns_what_was_lost() -> None:
    faults = [
        fault("loss", "client -> mail", 2.0, 1.0, share=1.0),
        fault("broker_down", "broker:mail", 4.5, 2.0),
    ]
    room = ReadingRoom(broker={"acks": 0, "publish_latency": 1.0, "when_down": "error"}, faults=faults)
    for name, time in (("0", 0.0), ("1", 2.5), ("2", 4.0), ("3", 5.0), ("4", 8.0)):
        room.publish(name, at=time)
    tally = room.run()
    assert room.confirmed == {
        "0": (0.0, "ok"),
        "1": (2.5, "ok"),
        "2": (4.0, "ok"),
        "3": (6.0, "unreachable"),
        "4": (8.0, "ok"),
    }
    assert {reason: number for reason, number in tally.lost.items() if number} == {"network": 1, "broker_down": 1}
    assert sorted(room.first_at) == [0, 4]


def test_without_confirmation_what_the_broker_refuses_is_lost_and_nobody_is_told() -> None:
    room = ReadingRoom(broker={"acks": 0, "capacity": 2.0, "overload": "reject"})
    room.publish("0", "1", "2")
    tally = room.run()
    assert {outcome for _, outcome in room.confirmed.values()} == {"ok"}
    assert {reason: number for reason, number in tally.lost.items() if number} == {"broker_refused": 1}


@pytest.mark.parametrize(
    ("broker", "copies"),
    [({}, 1), ({"idempotence": False}, 2), ({"acks": 1}, 2), ({"when_down": "block"}, 1)],
    ids=str,
)
def test_what_the_client_library_sends_again_is_recognised(broker: dict[str, Any], copies: int) -> None:
    """The confirmation of the first attempt is lost, and that of the second arrives."""
    room = ReadingRoom(broker=broker, faults=[fault("loss", "mail -> client", 0.0, 0.05, share=1.0)])
    room.publish("0")
    tally = room.run()
    assert room.confirmed["0"][1] == "ok"
    assert (tally.taken, room.copies) == (copies, {0: copies} if copies > 1 else {})
