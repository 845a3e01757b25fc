"""A link's bandwidth: messages pass one after the other, each in its size over the bandwidth, then travel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

LINK = """
services:
  a:
    workers: 64
    operations: {run: {steps: [{call: b.run}]}, other: {steps: [{call: b.other}]}}
  b:
    workers: 64
    operations:
      run: {work: 0s, request_size: 1MB, response_size: 500kB}
      other: {work: 0s}
network:
  "a -> b": {latency: 100ms, bandwidth: 1MB/s}
workload: [{call: a.run, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 1.5s, drain: 30s}
"""
"""One request at 1 s."""
TOGETHER = "workload=[{call: a.run, name: x, arrivals: %s}, {call: a.%s, name: y, arrivals: %s}]"
EVERY = "{process: constant, rate: 1/s}"


def latencies(played: Played) -> dict[str, float]:
    return {row.operation: row.latency for row in played.rows()}


def two(folder: Path, second: str, *more: str) -> dict[str, float]:
    """Latencies of x, a request of `run`, and of y, one of `second` that comes at the same time and after it."""
    return latencies(play(folder, LINK, TOGETHER % (EVERY, second, EVERY), *more))


def test_a_message_takes_its_size_over_the_bandwidth_and_the_latency(tmp_path: Path) -> None:
    row = play(tmp_path, LINK).row()
    assert row.latency == pytest.approx(1.0 + 0.1 + 0.5 + 0.1)


def test_each_way_is_a_pipe_of_its_own(tmp_path: Path) -> None:
    other = 'network."b -> a"={latency: 1s, bandwidth: 5MB/s}'
    assert play(tmp_path, LINK, other).row().latency == pytest.approx(1.0 + 0.1 + 0.1 + 1.0)


def test_messages_wait_for_those_before_them_and_not_for_their_latency(tmp_path: Path) -> None:
    assert two(tmp_path, "run") == pytest.approx({"x": 1.7, "y": 2.7})


def test_an_empty_message_waits_for_its_turn_and_takes_no_time_to_pass(tmp_path: Path) -> None:
    # there behind x's request, and back behind x's answer
    assert two(tmp_path, "other") == pytest.approx({"x": 1.7, "y": 1.0 + 0.1 + 0.5 + 0.1})


def test_all_replicas_share_one_pipe(tmp_path: Path) -> None:
    many = ("services.a.replicas=2", "services.b.replicas=2")
    assert two(tmp_path, "run", *many) == pytest.approx({"x": 1.7, "y": 2.7})


def test_an_answer_that_is_not_ok_is_empty(tmp_path: Path) -> None:
    failing = "services.b.operations.run.server_errors=100%"
    assert play(tmp_path, LINK, failing).row().latency == pytest.approx(1.0 + 0.1 + 0.1)


def test_a_lost_message_has_used_the_pipe(tmp_path: Path) -> None:
    lost = 'network."a -> b".loss=100%'
    patient = 'calls."a -> b.run"={timeout: 800ms, retry: {max_retries: 1}}'
    healed = "faults=[{kind: loss, target: a -> b, share: 100%, at: 0s, for: 1.5s}]"
    assert play(tmp_path, LINK, lost, patient).row().timeouts == 2
    # the second attempt leaves at 1.8 s, waits for the first until 2.0 s, passes until 3.0 s: too late by far
    assert play(tmp_path, LINK, healed, patient).row().timeouts == 2
    generous = patient.replace("800ms", "1750ms")
    # at 2.75 s the first has passed: 1.75 s of waiting and 1.7 s for the second
    assert play(tmp_path, LINK, healed, generous).row().latency == pytest.approx(1.75 + 1.7)


def test_what_a_partition_refuses_is_only_asked(tmp_path: Path) -> None:
    cut = "faults=[{kind: partition, mode: refuse, target: a -> b, at: 0s, for: 5s}]"
    row = play(tmp_path, LINK, cut).row()
    assert row.outcome == "server_error"
    assert row.latency == pytest.approx(0.2)


def test_the_default_gives_each_pair_of_names_its_own_pipe(tmp_path: Path) -> None:
    client = ("network=none", "defaults.network={bandwidth: 1MB/s}")
    sizes = "services.a.operations.run={steps: [{call: b.run}], request_size: 2MB}"
    assert play(tmp_path, LINK, *client, sizes).row().latency == pytest.approx(2.0 + 1.0 + 0.5)


def test_messages_have_the_size_of_their_topic_on_every_way(tmp_path: Path) -> None:
    text = """
    services:
      a: {workers: 9, operations: {run: {steps: [{publish: news}]}}}
      b: {workers: 9, operations: {read: {work: 0s, effect: true}}}
    brokers: {bus: {preset: durable_queue, publish_latency: 0s, delivery_latency: 0s}}
    topics: {news: {broker: bus, message_size: 1MB, subscribers: [b.read]}}
    network:
      "a -> bus": {bandwidth: 1MB/s}
      "bus -> b": {bandwidth: 500kB/s}
    workload: [{call: a.run, arrivals: {process: constant, rate: 1/s}}]
    run: {duration: 1.5s, drain: 30s}
    """
    row = play(tmp_path, text).row()
    assert row.latency == pytest.approx(1.0), "the confirmation is empty"
    assert row.completion == pytest.approx(3.0)


@pytest.mark.parametrize("style", ["queue", "choreography"])
def test_an_operations_own_message_has_the_size_of_its_request(tmp_path: Path, style: str) -> None:
    text = """
    services:
      a: {workers: 9, operations: {run: {work: 0s, effect: true, request_size: 1MB, style: %s, broker: bus}}}
    brokers: {bus: {preset: durable_queue, publish_latency: 0s, delivery_latency: 0s}}
    network: {"a -> bus": {bandwidth: 1MB/s}, "bus -> a": {bandwidth: 500kB/s}}
    workload: [{call: a.run, arrivals: {process: constant, rate: 1/s}}]
    run: {duration: 1.5s, drain: 30s}
    """
    row = play(tmp_path, text % style).row()
    assert row.completion == pytest.approx(3.0)
