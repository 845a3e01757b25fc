"""Queues of messages against closed forms. Each check raises a false alarm on one seed in a thousand.

Sources: the geometric law (deliveries until one counts: `mq_dup`; failures in a row: `mq_dlq`); L. Kleinrock, Queueing
Systems vol. 1 (M/M/c; fluid approximation of a backlog that drains at mu - lambda).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played
from tests.theory.agreement import agree, each, figures, replications

NEWS = """
services:
  desk: {workers: 20, operations: {handle: {work: 1ms, effect: true}}}
brokers: {mail: {preset: durable_queue, publish_latency: 0ms, delivery_latency: 0ms}}
topics: {news: {broker: mail, subscribers: [desk.handle]}}
workload: [{name: news, publish: news, arrivals: {process: poisson, rate: 100/s}}]
run: {duration: 40s, drain: 400s, record: summary, window: 20s, seed: 5}
"""
_AT_ONCE = "publish_latency: 0ms, delivery_latency: 0ms"
PRESETS = {
    "durable_queue": "{redelivery_delay: 0s}",
    "rabbitmq quorum": f"{{preset: rabbitmq, queue_type: quorum, prefetch: 1, {_AT_ONCE}}}",
    "redis_streams": f"{{preset: redis_streams, visibility_timeout: 100ms, claim_every: 20ms, {_AT_ONCE}}}",
    "sqs": f"{{preset: sqs, redelivery_delay: 0s, {_AT_ONCE}}}",
    "sqs fifo": f"{{preset: sqs, queue_type: fifo, redelivery_delay: 0s, {_AT_ONCE}}}",
}
every_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
WORK = "services.desk.operations.handle"


@every_preset
@pytest.mark.parametrize(("failure", "most"), [(0.5, 3), (0.3, 2)])
def test_so_many_failures_in_a_row_make_a_dead_letter(tmp_path: Path, preset: str, failure: float, most: int) -> None:
    """p^m of the messages, and 1 + p + ... + p^(m-1) deliveries of each: all that are handled leave one effect."""
    settings = (f"brokers.mail={preset}", f"{WORK}.server_errors={failure}", f"brokers.mail.max_deliveries={most}")
    played = replications(tmp_path, NEWS, *settings, number=10)
    assert agree(figures(played, "topic:news", "dead_lettered"), failure**most, precision=0.10)


@pytest.mark.stat
def test_mq_dlq(tmp_path: Path) -> None:
    """P = 0.2, at most 5 receives: 0.032 % are dead letters."""
    settings = (f"{WORK}.server_errors=20%", "brokers.mail.redelivery_delay=0s", "workload.news.arrivals.rate=1000/s")
    played = replications(tmp_path, NEWS, *settings, "services.desk.workers=100")
    assert agree(figures(played, "topic:news", "dead_lettered"), 0.0003200000000000001, precision=0.35)


@every_preset
def test_mq_dup(tmp_path: Path, preset: str) -> None:
    """Acknowledgements lost with probability q, unlimited redelivery: 1/(1 - q) deliveries of each message, and as many
    effects. What is handled for nothing waits for the visibility timeout, or for the connection to break."""
    slow = "{mail: {preset: rabbitmq, queue_type: quorum, max_deliveries: 1000, heartbeat: 2s, prefetch: 1}}"
    brokers = slow if "rabbitmq" in preset else f"{{mail: {preset}}}"
    settings = [f"brokers={brokers}", "network={desk -> mail: {loss: 5%}, mail -> desk: {loss: 0%}}"]
    if "rabbitmq" not in preset:
        settings += ["brokers.mail.visibility_timeout=2s", "brokers.mail.max_deliveries=1000"]
    played = replications(tmp_path, NEWS, *settings, "services.desk.workers=200", number=10)
    deliveries = each(played, lambda one: 1 + one.figure("news", "duplicates"))
    assert agree(deliveries, 1.0526315789473684, precision=0.01)


# -- consumers as servers ---------------------------------------------------------------------------------

COMPETING = (
    "workload.news.arrivals.rate=80/s",
    f"{WORK}={{work: {{dist: exponential, mean: 10ms}}}}",
    "run={duration: 44s, warmup: 4s, drain: 60s}",
)


@every_preset
@pytest.mark.parametrize(("workers", "rate", "waiting"), [(2, 160, 2.84444)])
def test_competing_consumers_are_the_servers_of_one_queue(
    tmp_path: Path, preset: str, workers: int, rate: int, waiting: float
) -> None:
    """M/M/c: the number of messages that wait, by Erlang C. A FIFO queue without keys has one server at any time."""
    if "fifo" in preset and workers > 1:
        rate, waiting = 80, 3.2
    settings = (f"brokers.mail={preset}", f"services.desk.workers={workers}", f"workload.news.arrivals.rate={rate}/s")
    claimed_late = ("brokers.mail.visibility_timeout=30s",)
    played = replications(tmp_path, NEWS, *COMPETING, *settings, *claimed_late, number=10)
    assert agree(figures(played, "topic:news", "backlog"), waiting, precision=0.40)


def test_how_old_messages_are_when_they_have_been_handled(tmp_path: Path) -> None:
    """M/M/1: the sojourn time is exponential with mean 1/(mu - lambda); its 99th percentile."""
    longer = ("services.desk.workers=1", "workload.news.arrivals.rate=50/s", "run.duration=84s")
    played = replications(tmp_path, NEWS, *COMPETING, *longer)
    assert agree(figures(played, "topic:news", "message_age_p99"), 0.0921034, precision=0.15)


# -- after an outage of the consumers ---------------------------------------------------------------------

OUTAGE = (
    "services.desk={replicas: 2, workers: 1, operations: {handle: {work: {dist: exponential, mean: 10ms}}}}",
    "workload.news.arrivals.rate=120/s",
    "faults=[{name: outage, kind: crash, target: desk, at: 20s, for: 20s}]",
    "keys={item: {dist: uniform, n: 1000}}",
    "topics.news.key=item",
    "run={duration: 80s, drain: 60s, window: 1s}",
)


def drained(played: Played) -> float:
    """Seconds from the end of the outage until nothing waits any more, to the second."""
    series = played.timeline("topic:news", "backlog")
    return min(time for time, waiting in series.items() if time >= 40 and waiting < 2) - 40


@every_preset
def test_the_backlog_of_an_outage_drains_at_service_rate_less_arrival_rate(tmp_path: Path, preset: str) -> None:
    """120/s for 20 s are 2,400 messages; 200/s are handled, so 80/s fewer wait, and after 30 s none does. (With many
    keys a FIFO queue has as many groups.)"""
    played = replications(tmp_path, NEWS, *OUTAGE, f"brokers.mail={preset}", number=8)
    assert agree(each(played, _fewer), 80.0, precision=0.10)
    assert agree(each(played, drained), 30.0, precision=0.15)


def _fewer(played: Played) -> float:
    """How many fewer wait each second while the backlog drains."""
    series = played.timeline("topic:news", "backlog")
    return (series[45.0] - series[60.0]) / 15
