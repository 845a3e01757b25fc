"""Which deliveries are out of order: after a later message of the same scope."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.root import Key, Root
from simulator.messaging.message import Message
from simulator.messaging.order import order_of
from tests.kernel.making import make_root
from tests.messaging.office import DURABLE, PUBSUB, Office
from tests.support import play


class Thirds:
    """Three keys, by the number of the request."""

    def of(self, root: Root) -> Key:
        return "item", root.ordinal % 3


def message(number: int, request: int = 0) -> Message:
    root = make_root(request)
    made = Message(root, root.entry.path, lambda _: iter(()), 0.0)  # type: ignore[arg-type, return-value]
    made.number = number
    return made


@given(st.lists(st.integers(1, 9), max_size=30))
def test_late_is_who_comes_after_a_later_one(numbers: list[int]) -> None:
    order = order_of(None)
    late = [order.delivered(message(number)) for number in numbers]
    assert late == [any(before > number for before in numbers[:place]) for place, number in enumerate(numbers)]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 8)), max_size=30))
def test_with_keys_only_those_of_the_same_key_count(deliveries: list[tuple[int, int]]) -> None:
    order = order_of(Thirds())
    late = [order.delivered(message(number, request)) for number, request in deliveries]
    keys = [request % 3 for _, request in deliveries]
    assert late == [
        any(earlier > number and keys[other] == keys[place] for other, (earlier, _) in enumerate(deliveries[:place]))
        for place, (number, _) in enumerate(deliveries)
    ]


def out_of_order(office: Office) -> dict[str, int]:
    return {name: root.mishaps.out_of_order for name, root in office.roots.items()}


@pytest.mark.parametrize(
    ("desk", "subscription", "expected"),
    [
        ({}, {}, {"a": 1, "b": 0}),
        ({"replicas": 2}, {"deliver_to": "every_replica"}, {"a": 2, "b": 0}),
        ({"replicas": 2}, {"deliver_to": "one_replica"}, {"a": 1, "b": 0}),
    ],
)
def test_a_message_that_another_overtakes_on_the_way_is_out_of_order_wherever_it_comes(
    desk: dict[str, Any], subscription: dict[str, Any], expected: dict[str, int]
) -> None:
    """The first message is sent into a slow network, the second one after it."""
    slow = {"name": "slow", "kind": "latency", "target": "mail -> desk", "add": 5.0, "at": 0.0, "for": 1.0}
    office = Office(PUBSUB, desk=desk, subscription=subscription, faults=[slow])
    office.publish("a", at=0.5)
    office.publish("b", at=2.0)
    office.run()
    assert out_of_order(office) == expected


def test_a_redelivery_after_a_later_message_is_out_of_order() -> None:
    broker = {**DURABLE, "redelivery_delay": 5.0}
    office = Office(broker, {"work": 1.0, "server_errors": 1.0}, subscription={"max_deliveries": 2})
    office.publish("a", at=0.0)
    office.publish("b", at=2.0)
    office.run()
    assert out_of_order(office) == {"a": 1, "b": 0}


@pytest.mark.parametrize("broker", [DURABLE, PUBSUB])
def test_who_waits_in_line_is_in_order(broker: dict[str, Any]) -> None:
    office = Office(broker, {"work": 1.0}, subscription={"handling": "workers"})
    office.publish(*"abcde")
    office.run()
    assert set(out_of_order(office).values()) == {0}


@pytest.mark.parametrize("preset", ["redis_pubsub", "durable_queue"])
@pytest.mark.parametrize(("keys", "late"), [(1, 1), (1_000_000, 0)])
def test_of_a_topic_with_keys_only_messages_of_one_key_keep_their_order(
    tmp_path: Path, preset: str, keys: int, late: int
) -> None:
    """The first message is delivered after the second one; with a key of its own for every request it may be."""
    text = f"""
    keys: {{item: {{dist: uniform, n: {keys}}}}}
    brokers: {{mail: {{preset: {preset}}}}}
    topics: {{news: {{broker: mail, key: item, subscribers: [desk.read]}}}}
    services: {{desk: {{workers: 9, operations: {{read: {{work: 1ms}}}}}}}}
    workload: [{{name: news, publish: news, arrivals: {{process: constant, rate: 1/s}}}}]
    faults: [FAULT]
    run: {{duration: 2.5s, drain: 60s}}
    """
    held_up = "{kind: latency, target: mail -> desk, add: 5s, at: 0.5s, for: 1s}"
    lost = "{kind: loss, target: mail -> desk, share: 100%, at: 0.5s, for: 1s}"
    run = play(tmp_path, text.replace("FAULT", held_up if preset == "redis_pubsub" else lost))
    assert run.figure("news", "out_of_order") * 2 == late
