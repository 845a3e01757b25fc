"""The figures of topics and brokers: deliveries, redeliveries, and losses by reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

DESK = """
services:
  desk:
    workers: 4
    operations: {read: {work: 10ms}, fail: {work: 10ms, server_errors: 100%}}
brokers:
  jobs: {preset: durable_queue, visibility_timeout: 5s, max_deliveries: 3, redelivery_delay: 100ms}
  bus: {preset: redis_pubsub}
topics:
  news: {broker: jobs, subscribers: [desk.read]}
workload: [{publish: news, name: news, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 20s}
"""


def losses(played: Played) -> dict[tuple[str, str], int]:
    """Messages by topic or broker and reason."""
    columns = played.result.losses
    return {
        (name, reason): count
        for name, reason, count in zip(columns["operation"], columns["reason"], columns["messages"], strict=True)
    }


def test_a_message_that_is_handled_at_once_is_delivered_once(tmp_path: Path) -> None:
    played = play(tmp_path, DESK)
    assert played.figure("topic:news", "deliveries") == 1.0
    assert played.figure("topic:news", "redelivered") == 0.0
    assert losses(played) == {("topic:news", "taken"): 19}


def test_one_that_always_fails_is_delivered_as_often_as_it_may_be(tmp_path: Path) -> None:
    played = play(tmp_path, DESK, "topics.news.subscribers=[desk.fail]")
    assert played.figure("topic:news", "deliveries") == 3.0
    assert played.figure("topic:news", "redelivered") == 2.0
    assert played.figure("topic:news", "dead_lettered") == 1.0
    assert played.figure("topic:news", "throughput") == 0.0


def test_lost_messages_are_counted_by_reason(tmp_path: Path) -> None:
    played = play(
        tmp_path,
        DESK,
        "topics.news.broker=bus",
        "topics.news.subscribers=[{operation: desk.read, from: 4500ms}]",
        "faults=[{kind: crash, target: desk, at: 9500ms, for: 3s}]",
    )
    assert losses(played) == {
        ("topic:news", "taken"): 19,
        ("topic:news", "no_subscriber"): 4,
        ("topic:news", "replica_down"): 3,
    }
    assert played.figure("topic:news", "lost") == pytest.approx(7 / 19)


def test_what_is_delivered_after_a_later_one_is_out_of_order(tmp_path: Path) -> None:
    """Every message fails once and comes again 1.5 s later, when the next one has been delivered."""
    played = play(
        tmp_path,
        DESK,
        "topics.news.subscribers=[desk.fail]",
        "brokers.jobs.redelivery_delay=1500ms",
        "brokers.jobs.max_deliveries=2",
        "run.duration=30s",
    )
    assert played.figure("topic:news", "out_of_order") == pytest.approx(played.figure("topic:news", "redelivered"))
    assert played.figure("topic:news", "out_of_order") > 0.8
