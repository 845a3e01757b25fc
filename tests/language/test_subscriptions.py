"""Keys of a subscription that mean nothing on its broker are refused; what holds anyway may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language.document import load
from experiments.language.problems import ExperimentError

FILE = """
name: news
services:
  desk: {workers: 1, operations: {send: {steps: [{publish: sold}]}}}
  mail: {workers: 1, operations: {note: {work: 1ms}}}
brokers: {bus: {preset: %s}}
topics: {sold: {broker: bus, subscribers: [{operation: mail.note, %s}]}}
workload: [{call: desk.send, arrivals: {process: poisson, rate: 1/s}}]
run: {duration: 1m}
"""


@pytest.mark.parametrize(
    ("broker", "key"),
    [
        ("durable_queue", "handling: sequential"),
        ("durable_queue", "deliver_to: every_replica"),
        ("redis_pubsub", "max_deliveries: 3"),
        ("kafka", "deliver_to: every_replica"),
    ],
)
def test_a_key_that_means_nothing_on_the_broker_is_refused_at_its_line(tmp_path: Path, broker: str, key: str) -> None:
    file = tmp_path / "news.yaml"
    file.write_text(FILE % (broker, key), encoding="utf-8")
    with pytest.raises(ExperimentError) as refused:
        load(file).scenarios()
    (problem,) = refused.value.problems
    assert (problem.line, broker in problem.message) == (7, True)


@pytest.mark.parametrize(
    ("broker", "key"),
    [
        ("durable_queue", "handling: workers"),
        ("durable_queue", "max_deliveries: 3"),
        ("redis_pubsub", "consumers: 2"),
        ("kafka", "handling: concurrent, commit: 200ms"),
    ],
)
def test_a_key_that_says_what_holds_is_accepted(tmp_path: Path, broker: str, key: str) -> None:
    file = tmp_path / "news.yaml"
    file.write_text(FILE % (broker, key), encoding="utf-8")
    assert len(load(file).scenarios()) == 1


@pytest.mark.parametrize("broker", ["durable_queue", "redis_pubsub"])
@pytest.mark.parametrize(
    ("old", "new"),
    [("consumers: 1", "commit: each"), ("broker: bus", "broker: bus, partitions: 3")],
)
def test_what_only_a_log_has_is_refused_elsewhere(tmp_path: Path, broker: str, old: str, new: str) -> None:
    file = tmp_path / "news.yaml"
    file.write_text((FILE % (broker, "consumers: 1")).replace(old, new), encoding="utf-8")
    with pytest.raises(ExperimentError) as refused:
        load(file).scenarios()
    (problem,) = refused.value.problems
    assert (problem.line, "only a log (kafka)" in problem.message) == (7, True)
