"""Publishing and handling against closed forms. Each check raises a false alarm on one seed in a thousand.

Sources: A. K. Erlang 1909 (M/D/1); the rest follows from counting: geometric repetitions, Poisson arrivals within a
fixed time, work that is shared by a batch.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played
from tests.theory.agreement import agree, each, figures, replications

POST = """
services:
  desk: {workers: 1, operations: {note: {work: {dist: exponential, mean: 10ms}}}}
brokers: {mail: {preset: durable_queue, publish_latency: 0, delivery_latency: 0, redelivery_delay: 0}}
topics: {news: {broker: mail, subscribers: [{operation: desk.note}]}}
workload: [{name: news, publish: news, arrivals: {process: poisson, rate: 80/s}}]
run: {duration: 64s, warmup: 4s, drain: 20s, record: summary, window: 10s, seed: 11}
"""
ENTRY = "topics.news.subscribers[0]"
RATE = "workload.news.arrivals.rate"
NOBODY = "topics.news.subscribers=[]"
PUBSUB = "brokers.mail={preset: redis_pubsub, publish_latency: 0, delivery_latency: 0}"


def topic(played: Played, name: str) -> float:
    return played.figure("topic:news", name)


@pytest.mark.parametrize(("rate", "mean", "p95"), [(50, 0.015, 0.03050638), (80, 0.030, 0.07620325)])
def test_publishers_in_line_at_a_broker(tmp_path: Path, rate: int, mean: float, p95: float) -> None:
    """Nobody subscribes, so that only publishing takes places: M/D/1 with 10 ms each."""
    played = replications(tmp_path, POST, NOBODY, "brokers.mail.capacity=100/s", f"{RATE}={rate}/s")
    assert agree(figures(played, "news", "latency_mean"), mean, precision=0.10)
    assert agree(figures(played, "news", "latency_p95"), p95, precision=0.20)


def test_deliveries_stand_in_the_same_line(tmp_path: Path) -> None:
    """60 messages a second ask a broker of 100 for 120 places: it cannot keep up. First come first served, what leaves
    the line is published and delivered in the proportion in which it came: x = 100 * 60 / (60 + x) messages a second
    are taken in, 53.07, and 100 - x are handed out."""
    fast = "services.desk={workers: unlimited, operations: {note: {work: 0}}}"
    played = replications(tmp_path, POST, fast, "brokers.mail.capacity=100/s", f"{RATE}=60/s")
    assert agree(each(played, lambda one: topic(one, "throughput")), 46.93, precision=0.02)


def test_poison_becomes_dead_letters_and_nothing_else_does(tmp_path: Path) -> None:
    poison = f"{ENTRY}.poison=5%"
    played = replications(tmp_path, POST, poison, "brokers.mail.max_deliveries=4")
    assert agree(each(played, lambda one: topic(one, "dead_lettered")), 0.05, precision=0.10)


@pytest.mark.parametrize(("retries", "deliveries"), [(0, 1), (1, 1), (2, 1), (1, 2)])
def test_a_consumers_own_retries_leave_the_power_of_its_failures(tmp_path: Path, retries: int, deliveries: int) -> None:
    """A message is dead if all tries of all its deliveries fail: p to their number."""
    own = f"{ENTRY}.retry={{max_retries: {retries}}}"
    errors = "services.desk.operations.note.server_errors=40%"
    last = f"brokers.mail.max_deliveries={deliveries}"
    played = replications(tmp_path, POST, own, errors, last, f"{RATE}=40/s")
    dead = 0.4 ** ((retries + 1) * deliveries)
    assert agree(each(played, lambda one: topic(one, "dead_lettered")), dead, precision=0.15)


@pytest.mark.parametrize(("lost", "when_down"), [(0.05, "block"), (0.3, "block"), (0.3, "buffer")])
def test_lost_confirmations_make_publishers_repeat(tmp_path: Path, lost: float, when_down: str) -> None:
    """Sent until confirmed: 1 / (1 - q) copies of each message reach the broker."""
    silence = f'network={{"client -> mail": {{latency: 0}}, "mail -> client": {{loss: {lost}}}}}'
    wide = "services.desk.workers=unlimited"
    played = replications(tmp_path, POST, silence, wide, f"brokers.mail.when_down={when_down}")
    copies = each(played, lambda one: topic(one, "throughput") / one.figure("news", "throughput"))
    assert agree(copies, 1 / (1 - lost), precision=0.02)


@pytest.mark.parametrize(("rate", "linger"), [(80, 0.05), (40, 0.2)])
def test_a_batch_is_its_first_message_and_what_comes_within_its_linger(
    tmp_path: Path, rate: int, linger: float
) -> None:
    """With consumers to spare a batch holds 1 + rate x linger messages on average."""
    batch = f"{ENTRY}.batch={{size: 1000, linger: {round(1000 * linger)}ms}}"
    wide = "services.desk.workers=unlimited"
    played = replications(tmp_path, POST, PUBSUB, batch, wide, f"{RATE}={rate}/s")
    sizes = each(played, lambda one: topic(one, "throughput") / one.figure("service:desk", "throughput"))
    assert agree(sizes, 1 + rate * linger, precision=0.02)


@pytest.mark.parametrize("size", [1, 4, 10])
def test_a_consumer_of_batches_handles_a_batch_per_execution(tmp_path: Path, size: int) -> None:
    """Far too many messages: size / E[work] of them are handled per second."""
    batch = f"{ENTRY}.batch={{size: {size}}}"
    flood = f"{RATE}={200 * size}/s"
    short = "run={duration: 12s, warmup: 2s, drain: 0, record: summary}"
    played = replications(tmp_path, POST, batch, flood, short, number=8)
    assert agree(each(played, lambda one: topic(one, "throughput")), size / 0.010, precision=0.08)


def test_a_backlog_drains_with_what_the_consumers_have_to_spare(tmp_path: Path) -> None:
    """The consumer is away for 20 s: 50 x 20 messages wait; it handles 100/s, so they are gone 20 s later."""
    down = "faults=[{kind: crash, target: desk, at: 10s, for: 20s}]"
    run = "run={duration: 60s, drain: 20s, window: 1s, record: summary, seed: 5}"
    phases = "phases={draining: {from: 32s, to: 44s}}"
    played = replications(tmp_path, POST, down, run, phases, f"{RATE}=50/s", "brokers.mail.visibility_timeout=1s")

    def spare(one: Played) -> float:
        waiting = one.timeline("topic:news", "backlog")
        return (waiting[32.0] - waiting[43.0]) / 11

    assert agree(each(played, spare), 100.0 - 50.0, precision=0.06)


def test_an_autoscaler_that_looks_at_the_backlog_brings_the_replicas_that_drain_it(tmp_path: Path) -> None:
    """250 messages a second need three replicas of 100/s. With one only, 150 more of them wait each second."""
    flood = f"{RATE}=250/s"
    run = "run={duration: 60s, drain: 60s, window: 1s, record: summary, seed: 5}"
    scale = "services.desk.autoscale={min: 1, max: 10, metric: backlog, target: 50, every: 1s, startup: 1s}"
    alone = replications(tmp_path, POST, flood, run, number=8)
    scaled = replications(tmp_path, POST, flood, run, scale, number=3)
    assert agree(each(alone, lambda one: topic(one, "backlog_end") / 60), 150.0, precision=0.05)
    for one in scaled:
        assert topic(one, "backlog_end") < 300
        assert topic(one, "throughput") > 240
        assert one.figure("service:desk", "replicas") > 2.5
