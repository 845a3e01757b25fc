"""What each broker promises about delivery, held whatever crashes, is cut off or goes down; all is well in the end.

At least once: every message that was confirmed is handled at least once. At most once (`ack: before`, and
publish/subscribe): never more than once. FIFO: within one group, in order of publishing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel.root import Key
from tests.messaging.office import CLASSIC, DURABLE, FIFO, PUBSUB, QUORUM, SQS, STREAMS, Office
from tests.messaging.trouble import fault

QUICK: dict[str, Any] = {"visibility_timeout": 4.0}
AT_LEAST_ONCE: dict[str, dict[str, Any]] = {
    "durable_queue": {**DURABLE, **QUICK, "redelivery_delay": 0.5, "max_deliveries": None},
    "rabbitmq": {**CLASSIC, **QUICK, "heartbeat": 2.0, "redelivery_delay": 0.2},
    "rabbitmq, unlimited prefetch": {**CLASSIC, "heartbeat": 2.0, "redelivery_delay": 0.2, "prefetch": 0},
    "rabbitmq quorum": {**QUORUM, **QUICK, "heartbeat": 2.0, "redelivery_delay": 0.2, "max_deliveries": None},
    "redis_streams": {**STREAMS, **QUICK, "claim_every": 0.5},
    "sqs": {**SQS, **QUICK, "max_deliveries": None, "duplicate_share": 0.1, "reordering": 0.2},
    "sqs fifo": {**FIFO, **QUICK, "max_deliveries": None},
}
AT_MOST_ONCE = {**{name: AT_LEAST_ONCE[name] for name in AT_LEAST_ONCE}, "redis_pubsub": PUBSUB}
TARGETS = {
    "crash": st.sampled_from(["desk", "desk[0]"]),
    "pause": st.just("desk[0]"),
    "broker_down": st.just("broker:mail"),
    "partition": st.sampled_from(["mail -> desk", "desk -> mail", "client -> mail"]),
    "errors": st.just("desk"),
}


@st.composite
def troubles(draw: st.DrawFn, *kinds: str) -> list[dict[str, Any]]:
    """Faults that are over by time 30."""
    found = []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=4))):
        more = {"share": 0.7} if kind == "errors" else {}
        target, at, seconds = draw(TARGETS[kind]), draw(st.integers(0, 20)), draw(st.integers(1, 10))
        found.append({**fault(kind, target, float(at), float(seconds), **more), "name": f"{number}"})
    return found


ALL_KINDS = ("crash", "pause", "broker_down", "partition", "errors")
times = st.lists(st.integers(0, 60).map(lambda quarter: quarter / 4), min_size=1, max_size=20).map(sorted)
losses = st.sampled_from([0.0, 0.2])


def play(
    broker: dict[str, Any],
    when: list[float],
    faults: list[dict[str, Any]],
    loss: float,
    shape: tuple[int, int],
    **more: Any,
) -> Office:
    """Everything that is published at these times is dealt with."""
    network = {"desk -> mail": {"latency": 0.05, "loss": loss}} if loss else {}
    office = Office(
        broker,
        {"work": 0.3, "effect": True},
        desk={"workers": shape[0], "replicas": shape[1]},
        faults=faults,
        network=network,
        **more,
    )
    for number, at in enumerate(when):
        office.publish(f"{number}", at=at)
    office.run()
    assert office.there == 0
    return office


def effects(office: Office, name: str) -> list[int]:
    """How often a message's handler has left its effect."""
    ledger = office.roots[name].ledger
    return [] if ledger is None else list(ledger.units.values())


shapes = st.tuples(st.integers(1, 3), st.integers(1, 2))


@pytest.mark.parametrize("broker", AT_LEAST_ONCE.values(), ids=AT_LEAST_ONCE)
@settings(max_examples=60)
@given(times, troubles(*ALL_KINDS), losses, shapes)
def test_at_least_once_whatever_was_confirmed_is_handled(
    broker: dict[str, Any], when: list[float], faults: list[dict[str, Any]], loss: float, shape: tuple[int, int]
) -> None:
    office = play(broker, when, faults, loss, shape)
    confirmed = [name for name, (_, outcome) in office.confirmed.items() if outcome == "ok"]
    assert all(sum(effects(office, name)) >= 1 for name in confirmed)
    assert (sum(office.tally.lost.values()), office.tally.dead) == (0, 0)


@pytest.mark.parametrize("broker", AT_MOST_ONCE.values(), ids=AT_MOST_ONCE)
@settings(max_examples=60)
@given(times, troubles(*ALL_KINDS), losses, shapes)
def test_at_most_once_nothing_is_handled_twice(
    broker: dict[str, Any], when: list[float], faults: list[dict[str, Any]], loss: float, shape: tuple[int, int]
) -> None:
    subscription = {"deliver_to": "one_replica"} if broker is PUBSUB else {"ack": "before"}
    office = play(broker, when, faults, loss, shape, subscription=subscription)
    assert all(sum(effects(office, name)) <= 1 for name in office.roots)
    assert (office.tally.redeliveries, office.tally.dead) == (0, 0)


@settings(max_examples=100)
@given(times, troubles(*ALL_KINDS), losses, shapes, st.integers(1, 4))
def test_fifo_delivers_each_group_in_order(
    when: list[float], faults: list[dict[str, Any]], loss: float, shape: tuple[int, int], groups: int
) -> None:
    office = play(
        AT_LEAST_ONCE["sqs fifo"],
        when,
        faults,
        loss,
        shape,
        topic={"key": "item"},
        keys={"item": {"dist": "uniform", "n": groups}},
    )
    assert sum(root.mishaps.out_of_order for root in office.roots.values()) == 0


@settings(max_examples=60)
@given(times, shapes, st.integers(1, 4))
def test_fifo_handles_one_message_of_a_group_at_a_time(when: list[float], shape: tuple[int, int], groups: int) -> None:
    """Handling takes 0.3 s: nobody in a group is done earlier than that after the one before."""
    office = play(
        AT_LEAST_ONCE["sqs fifo"],
        when,
        [],
        0.0,
        shape,
        topic={"key": "item"},
        keys={"item": {"dist": "uniform", "n": groups}},
    )
    keys = office.world.keys["item"]
    arrived: dict[Key, list[float]] = defaultdict(list)
    for root in office.roots.values():
        arrived[keys.of(root)].append(root.arrived)
    longest = max(_busy(starts, 0.3) for starts in arrived.values())
    assert max(office.handled_at) >= longest - 1e-9


def _busy(starts: list[float], work: float) -> float:
    """When one server is done with jobs that come at these times."""
    free = 0.0
    for start in starts:
        free = max(free, start) + work
    return free
