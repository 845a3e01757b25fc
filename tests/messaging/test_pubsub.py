"""Publish and subscribe: at most once, to whoever listens now."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messaging.office import PUBSUB, Office
from tests.messaging.trouble import fault


def test_a_handlers_error_is_counted_and_forgotten() -> None:
    office = Office(PUBSUB, {"work": 1.0, "server_errors": 1.0})
    office.publish("a")
    tally = office.run()
    assert (tally.handled, tally.failures, tally.redeliveries, tally.dead) == (1, 1, 0, 0)


def test_a_message_before_the_subscriber_is_up_is_lost() -> None:
    office = Office(PUBSUB, subscription={"from": 5.0})
    office.publish("early", at=4.0)
    office.publish("late", at=5.0)
    tally = office.run()
    assert (tally.handled, tally.lost["no_subscriber"]) == (1, 1)
    assert (office.roots["early"].mishaps.lost, office.confirmed["early"]) == (1, (4.0, "ok"))


def test_every_replica_gets_a_copy_unless_one_is_asked_for() -> None:
    everybody = Office(PUBSUB, desk={"replicas": 3})
    one = Office(PUBSUB, desk={"replicas": 3}, subscription={"deliver_to": "one_replica"})
    for office in (everybody, one):
        office.publish(*map(str, range(6)))
        office.run()
    assert (everybody.tally.handled, one.tally.handled) == (18, 6)
    assert one.handled_at == [1.0] * 3 + [2.0] * 3


@pytest.mark.parametrize(
    ("subscription", "expected"),
    [
        ({}, [1.0, 1.0, 1.0, 2.0, 2.0]),
        ({"handling": "concurrent"}, [1.0, 1.0, 1.0, 2.0, 2.0]),
        ({"handling": "sequential"}, [1.0, 2.0, 3.0, 4.0, 5.0]),
        ({"handling": "workers"}, [1.0, 1.0, 1.0, 2.0, 2.0]),
        ({"handling": "workers", "consumers": 2}, [1.0, 1.0, 2.0, 2.0, 3.0]),
    ],
)
def test_handling_says_how_many_messages_are_in_hand(subscription: dict[str, Any], expected: list[float]) -> None:
    office = Office(PUBSUB, {"work": 1.0}, desk={"workers": 3}, subscription=subscription)
    office.publish(*"abcde")
    office.run()
    assert office.handled_at == expected


@pytest.mark.parametrize(("handling", "expected"), [("concurrent", [4.0] * 3), ("sequential", [4.0, 8.0, 12.0])])
def test_a_message_in_hand_that_waits_for_something_else_keeps_only_sequential_handling_waiting(
    handling: str, expected: list[float]
) -> None:
    office = Office(
        PUBSUB,
        {"steps": [{"work": 0.0}, {"pause": 4.0}]},
        desk={"workers": 1, "holds_worker": False},
        subscription={"handling": handling},
    )
    office.publish(*"abc")
    office.run()
    assert office.handled_at == expected


def test_sequential_is_per_replica() -> None:
    office = Office(PUBSUB, {"work": 1.0}, desk={"workers": 3, "replicas": 2}, subscription={"handling": "sequential"})
    office.publish("a", "b")
    office.run()
    assert office.handled_at == [1.0, 1.0, 2.0, 2.0]


def test_a_replica_that_is_down_loses_its_copy_and_the_others_do_not() -> None:
    office = Office(PUBSUB, desk={"replicas": 2}, faults=[fault("crash", "desk[0]", 1.0, 10.0)])
    office.publish("a", at=5.0)
    tally = office.run()
    assert (tally.taken, tally.handled, tally.lost["replica_down"]) == (2, 1, 1)


def test_a_crash_loses_what_is_in_hand_and_what_waits_behind_it() -> None:
    office = Office(
        PUBSUB, {"work": 4.0}, subscription={"handling": "sequential"}, faults=[fault("crash", "desk", 2.0, 1.0)]
    )
    office.publish(*"abcde")
    office.publish("f", at=5.0)
    tally = office.run()
    assert (tally.handled, tally.lost["replica_down"], tally.backlog_now) == (1, 5, 0)
    assert office.handled_at == [9.0]


def test_a_crash_with_thousands_of_messages_waiting_is_no_trouble() -> None:
    office = Office(
        PUBSUB, {"work": 4.0}, subscription={"handling": "sequential"}, faults=[fault("crash", "desk", 2.0, 1.0)]
    )
    office.publish(*map(str, range(3000)))
    assert office.run().lost["replica_down"] == 3000


def test_what_the_network_swallows_is_lost_with_that_reason() -> None:
    office = Office(PUBSUB, faults=[fault("partition", "mail -> desk", 0.0, 3.0, mode="drop")])
    office.publish("a")
    tally = office.run()
    assert (tally.lost["network"], tally.handled, office.confirmed["a"]) == (1, 0, (0.0, "ok"))


def test_a_copy_under_way_when_its_replica_crashes_is_lost() -> None:
    office = Office({**PUBSUB, "delivery_latency": 2.0}, faults=[fault("crash", "desk", 1.0, 10.0)])
    office.publish("a")
    assert office.run().lost["replica_down"] == 1
