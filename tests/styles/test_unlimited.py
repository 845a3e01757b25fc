"""A service whose workers are without limit, in every part of the model that asks how many there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

POST = """
services:
  desk: {workers: unlimited, operations: {send: {style: queue, work: {io: 1s}}}}
  mail: {workers: unlimited, operations: {confirm: {work: {io: 1s}}}}
brokers: {jobs: {preset: durable_queue}, bus: {preset: redis_pubsub}}
topics:
  sent: {broker: jobs, subscribers: [mail.confirm]}
  told: {broker: bus, subscribers: [{operation: mail.confirm, handling: workers}]}
workload:
  - {call: desk.send, arrivals: {process: constant, rate: 100/s}}
  - {name: sent, publish: sent, arrivals: {process: constant, rate: 100/s}}
  - {name: told, publish: told, arrivals: {process: constant, rate: 100/s}}
run: {duration: 3s, drain: 10s}
"""


def test_consumers_are_without_limit_then(tmp_path: Path) -> None:
    """Every message is handled at once: a second of work, and what the broker takes."""
    played = play(tmp_path, POST)
    for name in ("send", "sent", "told"):
        rows = played.rows(name)
        assert len(rows) >= 99
        assert {row.outcome for row in rows} == {"ok"}
        assert {row.state for row in rows} == {"done"}
    assert max(row.completion for row in played.rows("send")) == pytest.approx(1.0, abs=0.05)
    assert played.figure("topic:sent", "message_age_p99") == pytest.approx(1.0, abs=0.05)
    assert played.figure("topic:told", "message_age_p99") == pytest.approx(1.0, abs=0.05)


def test_there_is_no_utilization_of_what_has_no_limit(tmp_path: Path) -> None:
    rows = play(tmp_path, POST).result.metrics
    of_mail = {metric for name, metric in zip(rows["operation"], rows["metric"], strict=True) if name == "service:mail"}
    assert "utilization" not in of_mail
    assert {"throughput", "queue_length"} <= of_mail
    rows = play(tmp_path, POST, "services.mail.cores=4").result.metrics
    of_mail = {metric for name, metric in zip(rows["operation"], rows["metric"], strict=True) if name == "service:mail"}
    assert "cpu_utilization" in of_mail
