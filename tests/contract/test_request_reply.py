"""Calls over every broker: answered once, whatever the broker makes of the request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.messaging.request_reply import QueuedLink
from simulator.spec.policies import EdgePolicies
from tests.messaging.ledgers import fault, troubles
from tests.services.bench import Bench, policies

AT_LEAST_ONCE = {
    "durable_queue": {"visibility_timeout": 3.0},
    "redis_streams": {"visibility_timeout": 3.0},
    "rabbitmq": {"visibility_timeout": 3.0},
    "sqs": {"visibility_timeout": 3.0},
    "kafka": {"session_timeout": 3.0, "heartbeat": 1.0},
}
AT_MOST_ONCE: dict[str, dict[str, Any]] = {"redis_pubsub": {}}
every_broker = pytest.mark.parametrize("preset", [*AT_LEAST_ONCE, *AT_MOST_ONCE])


def bench(preset: str, patience: float, back: dict[str, Any] | None = None, **tables: Any) -> Bench:
    """``front`` asks ``back`` over a broker, and waits for `patience` seconds."""
    broker = {"preset": preset, "publish_latency": 0.0, "delivery_latency": 0.0}
    broker |= {**AT_LEAST_ONCE, **AT_MOST_ONCE}[preset]
    service = {"workers": 2, "operations": {"serve": {"work": 0.1, "effect": True}}, **(back or {})}
    edge: EdgePolicies = policies(timeout={"value": patience}).model_copy(update={"via": "bus"})
    return Bench(service, edge, brokers={"bus": broker}, **tables)


@every_broker
def test_without_faults_every_call_is_served_and_answered_once(preset: str) -> None:
    made = bench(preset, 60.0)
    for number in range(50):
        made.ask(f"{number}", at=number / 4)
    answers = made.run()
    assert [outcome for _, outcome in answers.values()] == ["ok"] * 50
    assert all(root.ledger is not None and root.ledger.duplicates == 0 for root in made.roots.values())
    (link,) = (link for link in made.world.links if isinstance(link, QueuedLink))
    assert (link.sent, link.answered, link.late) == (50, 50, 0)


@every_broker
def test_a_request_whose_handler_dies_is_answered_where_the_broker_delivers_again(preset: str) -> None:
    made = bench(preset, 300.0, {"replicas": 1, "operations": {"serve": {"work": 1.0}}}, faults=[fault("crash", 0.5)])
    made.ask("a")
    assert made.run()["a"][1] == ("timeout" if preset in AT_MOST_ONCE else "ok")


def test_a_retry_is_a_new_message_to_a_queue_that_deduplicates() -> None:
    """The first answer is lost with the crash; the second request is no repetition of the first."""
    made = Bench(
        {"workers": 2, "operations": {"serve": {"work": 1.0}}},
        policies(retry={"max_retries": 1}, timeout={"value": 2.0}).model_copy(update={"via": "bus"}),
        brokers={"bus": {"preset": "sqs", "queue_type": "fifo", "publish_latency": 0.0, "delivery_latency": 0.0}},
        faults=[{"name": "cut", "kind": "partition", "target": "bus -> front", "at": 0.5, "for": 1.0}],
    )
    made.ask("a")
    assert made.run()["a"] == (3.0, "ok")


@every_broker
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 40).map(lambda quarter: quarter / 4), min_size=1, max_size=10),
    troubles(until=10.0, most=3),
    st.integers(0, 1000),
)
def test_every_caller_has_one_answer_and_nothing_stays_behind(
    preset: str, times: list[float], faults: list[dict[str, Any]], seed: int
) -> None:
    made = bench(
        preset,
        20.0,
        {"replicas": 2},
        faults=faults,
        run={"duration": 900.0, "seed": seed},
    )
    for number, time in enumerate(times):
        made.ask(f"{number}", at=time)
    answers = made.run(900.0)
    assert len(answers) == len(times)
    assert not made.journal.active
