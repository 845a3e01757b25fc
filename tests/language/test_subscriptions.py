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
topics: {sold: {broker: bus, subscribers: [{operation: mail.note, %s}]}, parked: {broker: bus}}
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
        ("kafka", "prefetch: 5"),
        ("kafka", "ack: before, commit: each"),
        ("kafka", "consumers: 2, handling: sequential"),
        ("redis_pubsub", "consumers: 2, handling: sequential"),
        ("redis_pubsub", "consumers: 2, handling: concurrent"),
        ("redis_pubsub", "prefetch: 3"),
        ("redis_pubsub", "ack: after"),
        ("redis_pubsub", "dead_letter: parked"),
        ("rabbitmq", "handling: concurrent"),
        ("redis_streams", "deliver_to: every_replica"),
        ("sqs", "handling: concurrent"),
        ("sqs", "prefetch: 11"),
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
        ("redis_pubsub", "consumers: 2"),  # a variant may bring this broker in the place of one with consumers
        ("redis_pubsub", "consumers: 2, handling: workers"),
        ("kafka", "consumers: 2, handling: concurrent"),
        ("kafka", "handling: concurrent, commit: 200ms"),
        ("kafka", "ack: before, dead_letter: parked"),
        ("rabbitmq", "ack: before"),
        ("rabbitmq", "prefetch: 0"),
        ("redis_streams", "deliver_to: one_replica"),
        ("sqs", "prefetch: 10, dead_letter: parked"),
    ],
)
def test_a_key_that_says_what_holds_is_accepted(tmp_path: Path, broker: str, key: str) -> None:
    file = tmp_path / "news.yaml"
    file.write_text(FILE % (broker, key), encoding="utf-8")
    assert len(load(file).scenarios()) == 1


@pytest.mark.parametrize("broker", ["durable_queue", "redis_pubsub", "sqs"])
@pytest.mark.parametrize(
    ("old", "new"),
    [("consumers: 1", "commit: each"), ("broker: bus, sub", "broker: bus, partitions: 3, sub")],
)
def test_what_only_a_log_has_is_refused_elsewhere(tmp_path: Path, broker: str, old: str, new: str) -> None:
    file = tmp_path / "news.yaml"
    file.write_text((FILE % (broker, "consumers: 1")).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ExperimentError) as refused:
        load(file).scenarios()
    (problem,) = refused.value.problems
    assert (problem.line, "only a log (kafka)" in problem.message) == (7, True)


def test_what_is_acknowledged_before_has_no_second_delivery_to_limit(tmp_path: Path) -> None:
    found = _problems(tmp_path, FILE % ("durable_queue", "ack: before, max_deliveries: 3"))
    assert [(line, "never delivered again" in text) for line, text in found] == [(7, True)]


@pytest.mark.parametrize(
    ("preset", "word"),
    [
        ("rabbitmq, max_deliveries: 3", "classic queue has no delivery limit"),
        ("rabbitmq, queue_type: quorum, durable: false", "always durable"),
        ("rabbitmq, queue_type: quorum, max_length: 5, overflow: reject_publish_dlx", "drop_head and reject_publish"),
        ("sqs, deduplication_window: 1m", "does not deduplicate"),
        ("sqs, queue_type: fifo, reordering: 1%", "keeps its order"),
        ("sqs, queue_type: fifo, duplicate_share: 1%", "keeps its order"),
        ("sqs, prefetch: 11", "at most 10"),
        ("rabbitmq, overflow: drop_head", "write max_length too"),
        ("durable_queue, overflow: drop_head", "write max_length too"),
        ("redis_streams, redelivery_delay: 1s", "unknown key"),
    ],
)
def test_what_a_kind_of_queue_does_not_have_is_refused_at_its_line(tmp_path: Path, preset: str, word: str) -> None:
    found = _problems(tmp_path, FILE % (preset, "consumers: 1"))
    assert [(line, word in text) for line, text in found] == [(6, True)], found


@pytest.mark.parametrize(
    ("topics", "line", "word"),
    [
        ("parked: {broker: bus}", None, ""),
        ("park: {broker: bus}", 8, "there is no topic 'parked'; did you mean 'park'?"),
        ("parked: {broker: other}", 8, "a dead letter stays with its broker"),
        ("parked: {broker: bus, subscribers: [{operation: mail.note, dead_letter: sold}]}", 8, "for ever"),
    ],
)
def test_dead_letters_go_to_another_topic_of_the_same_broker(
    tmp_path: Path, topics: str, line: int | None, word: str
) -> None:
    text = FILE.replace("parked: {broker: bus}", f"\n  {topics}").replace(
        "brokers: {", "brokers: {other: {preset: sqs}, "
    )
    text = text.replace("topics: {sold", "topics: {\n  sold")
    found = _problems(tmp_path, text % ("sqs", "dead_letter: parked"))
    assert all(word in said for _, said in found)
    assert (line in [where for where, _ in found]) if line else not found


def test_keys_of_a_topic_must_be_there(tmp_path: Path) -> None:
    text = FILE.replace("{broker: bus, subscribers", "{broker: bus, key: order, subscribers") % ("sqs", "consumers: 1")
    assert [(line, "no keys 'order'" in said) for line, said in _problems(tmp_path, text)] == [(7, True)]


@pytest.mark.parametrize("key", ["retention: 1h"])
def test_a_topic_key_that_means_nothing_on_the_broker_is_refused(tmp_path: Path, key: str) -> None:
    text = FILE.replace("{broker: bus, subscribers", f"{{broker: bus, {key}, subscribers")
    found = _problems(tmp_path, text % ("redis_pubsub", "consumers: 1") + "keys: {order: {dist: uniform, n: 5}}\n")
    assert [(line, "redis_pubsub keeps no" in said) for line, said in found] == [(7, True)]


def _problems(folder: Path, text: str) -> list[tuple[int, str]]:
    file = folder / "news.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load(file).scenarios()
    except ExperimentError as refused:
        return [(problem.line, problem.message) for problem in refused.problems]
    return []


@pytest.mark.parametrize(("acks", "warned"), [("", True), (", acks: all", True), (", acks: 1", False)])
def test_a_lag_of_followers_that_every_confirmation_waits_for_is_worth_a_word(
    tmp_path: Path, acks: str, warned: bool
) -> None:
    file = tmp_path / "news.yaml"
    file.write_text(FILE % (f"kafka, replication_lag: 1s{acks}", "consumers: 1"), encoding="utf-8")
    assert any("no effect with acks: all" in said.message for said in load(file).warnings) == warned
