"""An operation's own messages, where their confirmation is lost: sent again, and each of them handled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

SHOP = """
services:
  shop: {workers: 9, operations: {buy: {style: queue, broker: jobs, steps: [{work: 10ms, effect: true}]}}}
brokers: {jobs: {preset: durable_queue}}
network: {"jobs -> shop": {loss: 30%}}
calls: {"client -> shop": {timeout: 8s}}
workload: [{call: shop.buy, arrivals: {process: constant, rate: 10/s}}]
run: {duration: 20s, drain: 60s}
"""
BROKERS = {
    "durable_queue": "preset: durable_queue, visibility_timeout: 1s, max_deliveries: 30",
    "rabbitmq": "preset: rabbitmq, heartbeat: 1s",
    "sqs": "preset: sqs, visibility_timeout: 1s",
    "sqs fifo": "preset: sqs, queue_type: fifo, visibility_timeout: 1s",
    "redis_streams": "preset: redis_streams, visibility_timeout: 1s, claim_every: 1s",
    "kafka": "preset: kafka, acks: 1",
}


@pytest.mark.parametrize("when_down", ["block", "buffer"])
@pytest.mark.parametrize("broker", BROKERS.values(), ids=BROKERS)
def test_what_is_sent_again_for_want_of_a_confirmation_ends_as_any_other_message(
    tmp_path: Path, broker: str, when_down: str
) -> None:
    """At least once where the broker does not recognise it, and nobody waits for ever."""
    played = play(tmp_path, SHOP, f"brokers.jobs={{{broker}, when_down: {when_down}}}")
    rows = played.rows()
    assert {(row.outcome, row.state) for row in rows} == {("ok", "done")}
    assert played.figure("buy", "unfinished") == 0.0
    twice = sum(row.duplicates > 0 for row in rows)
    assert twice == 0 if "fifo" in broker else 0.15 * len(rows) < twice < 0.7 * len(rows)


def test_the_age_of_an_operations_own_message_begins_when_its_broker_has_it(tmp_path: Path) -> None:
    """As that of a topic's messages does: what its publisher waits before is no age."""
    slow = "brokers.jobs={preset: durable_queue, publish_latency: 1s, delivery_latency: 500ms}"
    far = "network={shop -> jobs: {latency: 2s}, jobs -> shop: {latency: 100ms, loss: 0%}}"
    played = play(tmp_path, SHOP, slow, far, "services.shop.workers=unlimited")
    assert {row.latency for row in played.rows()} == {3.1}
    assert played.figure("broker:jobs", "message_age_p99") == pytest.approx(0.61, rel=0.01)
