"""Faults on the way of messages, and the phases that faults name."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.run import Measure
from tests.support import Played, play

NEWS = """
services:
  shop: {workers: 64, operations: {sell: {steps: [{work: 10ms}, {publish: sold}]}}}
  mail:
    replicas: 2
    workers: 8
    operations: {send: {work: 100ms, effect: true}}
brokers:
  bus: {preset: redis_pubsub}
  jobs: {preset: durable_queue, visibility_timeout: 5s, redelivery_delay: 1s}
topics:
  sold: {broker: bus, subscribers: [mail.send]}
workload: [{call: shop.sell, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 30.5s}
"""
DURABLE = "topics.sold.broker=jobs"


def news(folder: Path, fault: str, *overrides: str) -> Played:
    return play(folder, NEWS, f"faults=[{{{fault}}}]", *overrides)


def seconds(played: Played, outcome: str) -> list[int]:
    return [round(row.arrived) for row in played.rows() if row.outcome == outcome]


@pytest.mark.parametrize("broker", ["bus", "jobs"])
def test_a_broker_that_is_down_is_unreachable(tmp_path: Path, broker: str) -> None:
    played = news(
        tmp_path, f"kind: broker_down, target: 'broker:{broker}', at: 9.5s, for: 5s", f"topics.sold.broker={broker}"
    )
    assert seconds(played, "server_error") == [10, 11, 12, 13, 14]
    assert {row.reason for row in played.rows() if row.outcome != "ok"} == {f"unreachable at {broker}"}


def test_a_durable_broker_keeps_what_it_has(tmp_path: Path) -> None:
    one = (
        "topics.sold.subscribers.send={consumers: 1}",
        "services.mail.operations.send.work=2.4s",
        "services.mail.replicas=1",
    )
    played = news(
        tmp_path, "kind: broker_down, target: 'broker:jobs', at: 9.5s, for: 5s", DURABLE, *one, "run.drain=3m"
    )
    rows = [row for row in played.rows() if row.outcome == "ok"]
    assert len(rows) == 25
    assert {(row.state, row.dead_lettered, row.lost) for row in rows} == {("done", 0, 0)}
    assert [row.duplicates for row in rows if row.duplicates] == [1]  # its acknowledgement met the outage


def test_pubsub_gives_every_replica_a_copy_unless_told_otherwise(tmp_path: Path) -> None:
    both = play(tmp_path, NEWS, "run.duration=10.5s")
    assert both.count("service:mail") == 20
    assert {row.duplicates for row in both.rows()} == {1}
    one = play(tmp_path, NEWS, "run.duration=10.5s", "topics.sold.subscribers.send={deliver_to: one_replica}")
    assert one.count("service:mail") == 10
    assert {row.duplicates for row in one.rows()} == {0}


def test_a_durable_topic_gives_each_message_to_one_replica(tmp_path: Path) -> None:
    played = play(tmp_path, NEWS, "run.duration=10.5s", DURABLE)
    assert (played.count("service:mail"), played.count("topic:sold")) == (10, 10)


def test_a_crashed_subscriber_misses_what_is_published_meanwhile(tmp_path: Path) -> None:
    one = "services.mail.replicas=1"
    played = news(tmp_path, "kind: crash, target: mail, at: 9.5s, for: 5s", one)
    assert [round(row.arrived) for row in played.rows() if row.lost] == [10, 11, 12, 13, 14]
    assert [row.state for row in played.rows() if row.lost] == ["undone"] * 5  # answered ok all the same
    assert played.figure("sell", "false_ok") == pytest.approx(5 / 30)


def test_a_crash_with_a_message_in_hand_loses_it_at_most_once(tmp_path: Path) -> None:
    one = "services.mail.replicas=1"
    played = news(tmp_path, "kind: crash, target: mail, at: 10.05s, for: 500ms", one)
    assert [(round(row.arrived), row.lost, row.state) for row in played.rows() if row.lost] == [(10, 1, "undone")]


def test_a_crash_with_a_message_in_hand_is_made_good_at_least_once(tmp_path: Path) -> None:
    played = news(tmp_path, "kind: crash, target: mail, at: 10.05s, for: 500ms", DURABLE)
    rows = {round(row.arrived): row for row in played.rows()}
    assert {row.state for row in rows.values()} == {"done"}
    # In hand since 10.011 s; visible again 5 s after that, and handled within 101 ms.
    assert rows[10].completion == pytest.approx(0.011 + 5 + 0.001 + 0.1)


def test_a_cut_off_subscriber_misses_messages(tmp_path: Path) -> None:
    one = "services.mail.replicas=1"
    cut = "kind: partition, target: bus -> mail, at: 9.5s, for: 5s"
    played = news(tmp_path, cut, one)
    assert [round(row.arrived) for row in played.rows() if row.lost] == [10, 11, 12, 13, 14]


def test_a_durable_broker_delivers_again_what_the_network_lost(tmp_path: Path) -> None:
    cut = "kind: loss, share: 100%, target: jobs -> mail, at: 9.5s, for: 2s"
    played = news(tmp_path, cut, DURABLE)
    rows = {round(row.arrived): row for row in played.rows()}
    assert {(row.state, row.lost) for row in rows.values()} == {("done", 0)}
    assert rows[10].completion == pytest.approx(0.011 + 5 + 0.001 + 0.1)


def test_a_publisher_that_is_cut_off_sees_the_broker_unreachable(tmp_path: Path) -> None:
    played = news(tmp_path, "kind: partition, target: shop -> bus, at: 9.5s, for: 5s")
    assert seconds(played, "server_error") == [10, 11, 12, 13, 14]


def test_a_lost_confirmation_is_an_error_although_the_message_got_through(tmp_path: Path) -> None:
    one = "services.mail.replicas=1"
    played = news(tmp_path, "kind: partition, target: bus -> shop, at: 9.5s, for: 5s", one)
    assert seconds(played, "server_error") == [10, 11, 12, 13, 14]
    assert {row.state for row in played.rows()} == {"done"}


HANDLING = "topics.sold.subscribers.send={handling: %s}"


@pytest.mark.parametrize(("handling", "age"), [("concurrent", 0.5), ("sequential", 2.0), ("workers", 1.0)])
def test_how_many_messages_a_subscriber_has_in_hand(tmp_path: Path, handling: str, age: float) -> None:
    """Four messages at once; half a second of work each; two workers."""
    settings = ["services.mail.replicas=1", "services.mail.workers=64", "services.mail.operations.send.work=500ms"]
    if handling == "workers":
        settings[1] = "services.mail.workers=2"
    burst = [f"{{name: n{k}, publish: sold, arrivals: {{process: renewal, law: 20s}}}}" for k in range(4)]
    played = play(tmp_path, NEWS, *settings, f"workload=[{', '.join(burst)}]", HANDLING % handling)
    assert played.figure("topic:sold", "message_age_p99") == pytest.approx(0.001 + age)


# -- phases ----------------------------------------------------------------------------------------------------

PAIR = """
services:
  b: {workers: 8, operations: {run: {work: 100ms}}}
workload: [{call: b.run, arrivals: {process: constant, rate: 2/s}}]
faults:
  - {name: slow, kind: slowdown, target: b, factor: 5, at: 10s, for: 10s}
  - {kind: errors, target: b, share: 100%, at: 40s, for: 10s}
phases: {lunch: {from: 15s, to: 30s}}
run: {duration: 60s, window: 1s}
"""


def test_every_fault_and_named_phase_has_its_figures(tmp_path: Path) -> None:
    played = play(tmp_path, PAIR)
    names = {"all", "healthy"} | {
        f"{when}:{name}" for name in ("slow", "errors", "lunch") for when in ("during", "after")
    }
    assert played.phases() == names


def test_figures_of_a_phase_are_those_of_the_requests_that_arrived_in_it(tmp_path: Path) -> None:
    played = play(tmp_path, PAIR)
    assert played.figure("run", "latency_p50", "during:slow") == pytest.approx(0.5)
    assert played.figure("run", "latency_p50", "after:slow") == pytest.approx(0.1)  # from 20 s to 40 s
    assert played.figure("run", "error_rate", "during:errors") == 1.0
    assert played.figure("run", "error_rate", "after:errors") == 0.0
    assert played.figure("run", "error_rate", "healthy") == 0.0
    # Lunch is from 15 s on, half of its first five seconds' requests are slow; overlapping phases each count.
    assert played.figure("run", "latency_mean", "during:lunch") == pytest.approx((10 * 0.5 + 20 * 0.1) / 30)


def test_throughput_of_a_phase_is_what_was_answered_in_it(tmp_path: Path) -> None:
    played = play(tmp_path, PAIR)
    assert played.figure("run", "throughput", "during:slow") == pytest.approx(1.9)  # the last one is answered after it


def test_recovery_is_the_time_until_three_good_intervals(tmp_path: Path) -> None:
    backlog = "services.b.workers=1"
    bounds = Measure(recovery=(("run", "latency_p99", 0.15, True),))
    played = play(tmp_path, PAIR, "phases=none", backlog, measure=bounds)
    assert played.figure("run", "recovered", "after:slow") == 1.0
    # Until 20 s every 500 ms of work fill every 500 ms exactly: nobody waits, so it is good at once.
    assert played.figure("run", "recovery_time", "after:slow") == 0.0
    worse = play(tmp_path, PAIR, "phases=none", backlog, "faults.slow.factor=10", measure=bounds)
    # Ten of the twenty were begun, the others wait at 20 s, 100 ms each; the request of 21 s still waits for two.
    assert worse.figure("run", "recovery_time", "after:slow") == 2.0


def test_what_never_holds_again_has_not_recovered(tmp_path: Path) -> None:
    bounds = Measure(recovery=(("run", "latency_p99", 0.05, True),))
    played = play(tmp_path, PAIR, "phases=none", measure=bounds)
    assert played.figure("run", "recovered", "after:slow") == 0.0
    assert played.figure("run", "recovery_time", "after:slow") == float("inf")


def test_of_a_fault_that_ended_in_the_warm_up_no_recovery_is_told(tmp_path: Path) -> None:
    bounds = Measure(recovery=(("run", "latency_p99", 0.15, True),))
    played = play(tmp_path, PAIR, "phases=none", "run.warmup=25s", measure=bounds)
    assert "after:slow" in played.phases()
    columns = played.result.metrics
    told = set(zip(columns["phase"], columns["metric"], strict=True))
    assert ("after:slow", "recovered") not in told
    assert ("after:slow", "latency_p99") in told
