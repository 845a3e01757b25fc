"""Links: one way each, drawn separately, for clients and brokers too; what is lost is noticed by a timeout only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

LINKS = """
defaults: {network: {latency: 10ms}}
services:
  a: {workers: 8, operations: {run: {steps: [{call: b.run}], style: sync}}}
  b: {workers: 8, operations: {run: {work: 5ms, effect: true}}}
brokers: {bus: {preset: redis_pubsub}, jobs: {preset: durable_queue}}
topics: {told: {broker: bus, subscribers: [b.run]}}
workload: [{call: a.run, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""


def links(folder: Path, *overrides: str) -> Played:
    return play(folder, LINKS, *overrides)


def test_every_link_counts_both_ways_the_clients_too(tmp_path: Path) -> None:
    assert links(tmp_path).row().latency == 0.045


def test_a_link_may_have_its_own_latency_and_its_answers_take_as_long(tmp_path: Path) -> None:
    assert links(tmp_path, "network={a -> b: {latency: 1ms}}").row().latency == 0.027
    assert links(tmp_path, "network={a -> b: {latency: 1ms}, b -> a: {latency: 3ms}}").row().latency == 0.029
    assert links(tmp_path, "network={client -> a: {latency: 0ms}}").row().latency == 0.025


def test_links_to_and_from_brokers_count(tmp_path: Path) -> None:
    publish = "services.a.operations.run.steps=[{publish: told}]"
    played = links(tmp_path, publish)
    assert played.row().latency == pytest.approx(0.020 + 0.020 + 0.001)
    # To the broker, its confirmation to publish, delivery, and the work.
    assert played.row().completion == pytest.approx(0.010 + 0.010 + 0.001 + 0.010 + 0.001 + 0.005)


def test_a_styles_own_messages_travel_as_well(tmp_path: Path) -> None:
    row = links(tmp_path, "services.a.operations.run.style=queue", "services.a.operations.run.broker=jobs").row()
    assert row.latency == pytest.approx(0.020 + 0.020 + 0.001)
    assert row.completion == pytest.approx(0.010 + 0.011 + 0.011 + 0.010 + 0.005)


def test_request_and_answer_draw_separately(tmp_path: Path) -> None:
    coin = "{dist: empirical, values: [0ms, 10ms]}"
    stream = "workload.run.arrivals={process: constant, rate: 5/s}"
    played = links(tmp_path, f"network={{a -> b: {{latency: {coin}}}, client -> a: {{latency: 0ms}}}}", stream)
    seconds = [round(row.latency - 0.005, 3) for row in played.rows()]
    size = len(seconds)
    shares = {value: seconds.count(value) / size for value in (0.0, 0.01, 0.02)}
    # Two fair coins each: five standard deviations (false alarm below 1 in a million).
    for value, share in ((0.0, 0.25), (0.01, 0.5), (0.02, 0.25)):
        assert shares[value] == pytest.approx(share, abs=5 * (share * (1 - share) / size) ** 0.5)


def test_without_a_timeout_a_lost_message_is_waited_for_for_ever(tmp_path: Path) -> None:
    row = links(tmp_path, "network={a -> b: {latency: 1ms, loss: 100%}}").row()
    assert (row.outcome, row.state) == ("", "unfinished")
    timeout = "calls={a -> b: {timeout: 1s}}"
    row = links(tmp_path, "network={a -> b: {latency: 1ms, loss: 100%}}", timeout).row()
    assert (row.outcome, row.latency) == ("server_error", 1.02)
