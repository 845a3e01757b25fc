"""Batches: what is collected, when it is handed over, and what becomes of it when something fails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messaging.office import DURABLE, KAFKA, PUBSUB, Office
from tests.messaging.trouble import fault


def office(
    size: int, linger: float = 0.0, broker: dict[str, Any] = DURABLE, handler: dict[str, Any] | None = None, **more: Any
) -> Office:
    subscription = {"batch": {"size": size, "linger": linger}, **more.pop("subscription", {})}
    return Office(broker, handler or {"work": 1.0, "effect": True}, subscription=subscription, **more)


def executed(one: Office) -> int:
    return one.world.services["desk"].tally.executed


def test_a_full_batch_does_not_wait_and_one_that_is_not_full_waits_for_its_linger() -> None:
    one = office(3, 10.0, desk={"workers": 5})
    one.publish(*"abcd")
    one.publish("e", at=4.0)
    one.run()
    assert one.handled_at == [1.0, 1.0, 1.0, 11.0, 11.0]


def test_messages_of_one_instant_are_together_without_a_linger() -> None:
    one = office(10, desk={"workers": 5})
    one.publish(*"abcd")
    one.publish("e", at=0.5)
    one.run()
    assert (one.handled_at, executed(one)) == ([1.0] * 4 + [1.5], 2)


def test_while_its_consumer_is_busy_a_batch_goes_on_filling() -> None:
    """The handler is at the first message; eight more come one by one, and wait for it together."""
    one = office(10, subscription={"consumers": 1}, broker={**DURABLE, "prefetch": 20})
    one.publish("first")
    for number in range(8):
        one.publish(f"{number}", at=0.1 * (number + 1))
    one.run()
    assert (one.handled_at, executed(one)) == ([1.0] + [2.0] * 8, 2)


def test_a_batch_that_waits_for_a_worker_goes_on_filling_too() -> None:
    one = office(10, broker=PUBSUB, desk={"workers": 1})
    one.publish("a")
    one.publish("b", at=0.2)
    one.publish("c", at=0.8)
    one.run()
    assert (one.handled_at, executed(one)) == ([1.0, 2.0, 2.0], 2)


@pytest.mark.parametrize(
    ("subscription", "workers", "expected"),
    [
        ({"consumers": 1}, 4, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]),
        ({"consumers": 2}, 4, [1.0, 1.0, 1.0, 1.0, 2.0, 2.0]),
        ({}, 4, [1.0] * 6),
    ],
)
@pytest.mark.parametrize("prefetch", [1, 2, 100])
def test_a_replica_has_as_many_batches_in_hand_as_consumers(
    subscription: dict[str, Any], workers: int, expected: list[float], prefetch: int
) -> None:
    """A prefetch that is too small for one batch is taken for as large as a batch."""
    one = office(2, broker={**DURABLE, "prefetch": prefetch}, desk={"workers": workers}, subscription=subscription)
    one.publish(*"abcdef")
    one.run()
    assert one.handled_at == expected


@pytest.mark.parametrize(
    ("subscription", "expected"),
    [
        ({"handling": "sequential"}, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]),
        ({"handling": "workers", "consumers": 2}, [1.0, 1.0, 1.0, 1.0, 2.0, 2.0]),
        ({"handling": "concurrent"}, [1.0] * 6),
    ],
)
def test_handling_says_how_many_batches_of_a_subscription_are_in_hand(
    subscription: dict[str, Any], expected: list[float]
) -> None:
    one = office(2, broker=PUBSUB, desk={"workers": 4}, subscription=subscription)
    one.publish(*"abcdef")
    one.run()
    assert one.handled_at == expected


def test_a_failure_gives_every_message_of_the_batch_back() -> None:
    broker = {**DURABLE, "redelivery_delay": 2.0}
    one = office(3, broker=broker, faults=[fault("errors", "desk", 0.0, 1.5, share=1.0)])
    one.publish(*"abc")
    tally = one.run()
    assert (tally.failures, tally.redeliveries, one.handled_at) == (3, 3, [4.0] * 3)
    assert [list(root.ledger.units.values()) for root in one.roots.values() if root.ledger] == [[1]] * 3


def test_a_poisonous_message_takes_its_batch_along() -> None:
    """Which of the six are poison is drawn; whoever shares a batch with one fails with it."""
    broker = {**DURABLE, "max_deliveries": 3, "redelivery_delay": 1.0}
    alone = office(1, broker=broker, subscription={"poison": 0.3}, desk={"workers": 20})
    together = office(20, broker=broker, subscription={"poison": 0.3}, desk={"workers": 20})
    for one in (alone, together):
        one.publish(*map(str, range(20)))
        one.run()
    assert 0 < alone.tally.dead < 20
    assert (together.tally.dead, together.tally.handled) == (20, 0)


def test_a_crash_loses_the_batch_in_hand_and_the_one_that_was_filling() -> None:
    broker = {**DURABLE, "visibility_timeout": 5.0}
    one = office(2, 3.0, broker=broker, desk={"workers": 2}, faults=[fault("crash", "desk", 0.5, 1.0)])
    one.publish(*"abc")
    tally = one.run()
    assert one.handled_at == [6.0, 6.0, 9.0]  # redelivered at 5; the third waits for its linger again
    assert (tally.redeliveries, executed(one)) == (3, 3)


def test_publish_and_subscribe_has_lost_what_a_crash_catches_in_a_batch() -> None:
    one = office(2, 3.0, broker=PUBSUB, desk={"workers": 2}, faults=[fault("crash", "desk", 0.5, 1.0)])
    one.publish(*"abc")
    assert one.run().lost["replica_down"] == 3
    assert not one.journal.active


def test_each_replica_fills_its_own_batches() -> None:
    one = office(2, 1.0, desk={"replicas": 2, "workers": 2})
    one.publish(*"abcd")
    one.run()
    assert (one.handled_at, executed(one)) == ([1.0] * 4, 2)
    assert [replica.busy for replica in one.replicas] == [0, 0]


def test_a_repetition_in_a_batch_is_recognised_and_the_others_are_handled() -> None:
    one = office(3, 1.0, subscription={"deduplicate": True}, desk={"workers": 1})
    one.publish("a")
    one.publish_again("a", at=5.0)
    one.publish("b", at=5.0)
    tally = one.run()
    assert (tally.handled, tally.recognised, executed(one)) == (3, 1, 2)
    assert [list(root.ledger.units.values()) for root in one.roots.values() if root.ledger] == [[1], [1]]


@pytest.mark.parametrize(("size", "expected"), [(5, [1.5, 1.5, 2.5]), (2, [1.2, 1.2, 2.4])])
def test_on_kafka_it_is_the_poll_that_waits_for_a_batch_to_fill(size: int, expected: list[float]) -> None:
    """Half a second after its first record, or as soon as there are enough; while it handles them it does not poll."""
    one = office(size, 0.5, broker=KAFKA, subscription={"consumers": 1}, desk={"workers": 4})
    one.publish("a")
    one.publish("b", at=0.2)
    one.publish("c", at=0.9)
    one.run()
    assert one.handled_at == expected


@pytest.mark.parametrize("partitions", [1, 2])
def test_on_kafka_a_batch_is_full_and_travels_once_its_last_record_has_come(partitions: int) -> None:
    """The fetch waits at the broker, and needs 0.1 s from there: a and b are in hand from 0.3 s on, and fill one batch.
    While they are handled the client fetches c and d ahead; e waits for its linger, 0.5 s."""
    broker = {**KAFKA, "delivery_latency": 0.1, "partitions": partitions}
    one = office(2, 0.5, broker, subscription={"consumers": 1})
    one.publish("a")
    one.publish("b", at=0.2)
    one.publish("c", at=0.9)
    one.publish("d", at=1.25)
    one.publish("e", at=3.0)
    one.run()
    assert one.handled_at == pytest.approx([1.3, 1.3, 2.35, 2.35, 4.6])
    assert executed(one) == 3


def test_on_kafka_a_batch_that_fails_is_tried_again_in_its_place() -> None:
    errors = fault("errors", "desk", 0.0, 2.5, share=1.0)
    one = office(3, 0.5, broker=KAFKA, subscription={"consumers": 1}, desk={"workers": 4}, faults=[errors])
    one.publish(*"abc")
    one.publish("d", at=1.0)
    tally = one.run()
    assert (one.handled_at, tally.failures) == ([3.0, 3.0, 3.0, 4.0], 6)


def test_on_kafka_who_dies_while_its_poll_waits_for_a_batch_stays_dead() -> None:
    """At 5.05 s a poll waits for more; then more comes than a batch holds. The next consumer is there from 7.05 s on,
    and begins when the ghost is out, which was last heard of at 5 s."""
    one = office(
        4,
        1.0,
        {**KAFKA, "session_timeout": 10.0, "heartbeat": 1.0, "rebalance_time": 3.0, "partitions": 2},
        {"work": 0.01, "effect": True},
        faults=[fault("crash", "desk", 5.05, 2.0)],
    )
    for place in range(60):
        one.publish(f"{place}", at=5.0 + place / 4)
    tally = one.run(40.0)
    assert tally.handled == 60
    assert min(one.handled_at) > 15.0
    assert one.there == 0


@pytest.mark.parametrize("trouble", [fault("errors", "desk", 0.0, 2.5, share=1.0), fault("crash", "desk", 0.6, 1.0)])
def test_on_kafka_a_batch_that_comes_again_as_a_whole_is_in_order(trouble: dict[str, Any]) -> None:
    one = office(3, 0.5, {**KAFKA, "session_timeout": 10.0}, faults=[trouble])
    one.publish(*"abc")
    one.publish("d", at=0.3)
    tally = one.run()
    assert tally.redeliveries >= 3
    assert tally.out_of_order == 0
    assert tally.handled == 4
