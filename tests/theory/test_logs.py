"""A consumer group against what follows from its rules: duplicates per crash, the drain of a backlog, the rate of one
consumer per partition."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest

from tests.theory.agreement import agree, each, figures, replications

GROUP = """
services:
  desk:
    workers: 1
    replicas: {replicas}
    operations:
      note: {{work: {work}, effect: true}}
brokers:
  log: {{preset: kafka, partitions: {partitions}, publish_latency: 0s, delivery_latency: 0s, rebalance_time: 0s,
        session_timeout: 300ms, heartbeat: 100ms}}
topics: {{news: {{broker: log, subscribers: [{{operation: desk.note, commit: {commit}}}]}}}}
workload: [{{publish: news, name: news, arrivals: {{process: poisson, rate: {rate}}}}}]
run: {{duration: {duration}, drain: 100s}}
"""


@pytest.mark.stat
@pytest.mark.parametrize("interval", [2.0, 5.0])
def test_a_crash_repeats_what_was_handled_since_the_last_commit(tmp_path: Path, interval: float) -> None:
    """The consumer commits every c seconds, and lives for 40 to 60 s, all equally likely: a whole number of intervals
    between the two, so that the time since its last commit is uniform on (0, c). It repeats λ c / 2 on average."""
    rate, well, repair, minutes = 8.0, 50.0, 0.1, 40
    text = GROUP.format(replicas=1, partitions=1, work="100us", rate=f"{rate}/s", commit=f"{interval}s", duration="40m")
    lives = "mtbf: {dist: uniform, low: 40s, high: 60s}, mttr: {dist: constant, value: 100ms}"
    played = replications(tmp_path, text, f"faults=[{{kind: crash, target: desk, {lives}}}]", number=20)
    variation = (20.0**2 / 12) / (well + repair) ** 2
    crashes = minutes * 60 / (well + repair) + (variation - 1) / 2  # renewal theorem; the first life begins at 0
    duplicates = each(played, lambda one: one.figure("news", "duplicates") * one.figure("news", "throughput"))
    assert agree(duplicates, crashes * rate * interval / 2 / (minutes * 60), precision=0.1)


def test_a_backlog_drains_at_the_service_rate_less_the_arrival_rate(tmp_path: Path) -> None:
    text = GROUP.format(
        replicas=2, partitions=2, work="{dist: exponential, mean: 100ms}", rate="10/s", commit="batch", duration="150s"
    )
    outage = "faults=[{kind: crash, target: desk, at: 10s, for: 90s}]"
    played = replications(tmp_path, text, outage, "run.window=5s", number=20)
    backlogs = [one.timeline("topic:news", "backlog") for one in played]
    slopes = [(backlog[105.0] - backlog[140.0]) / 35.0 for backlog in backlogs]
    assert agree(slopes, 20.0 - 10.0, precision=0.15)


@pytest.mark.stat
def test_a_partition_is_a_queue_with_one_server(tmp_path: Path) -> None:
    """M/M/1: the time from publishing to the end of handling is exponential with rate μ - λ."""
    text = GROUP.format(
        replicas=1, partitions=1, work="{dist: exponential, mean: 100ms}", rate="6/s", commit="auto", duration="40m"
    )
    played = replications(tmp_path, text, "run.warmup=60s", number=12)
    assert agree(figures(played, "news", "completion_mean"), 1 / (10.0 - 6.0), precision=0.1)
    assert agree(figures(played, "topic:news", "message_age_p99"), log(100) / (10.0 - 6.0), precision=0.15)


@pytest.mark.parametrize(("replicas", "partitions"), [(1, 3), (2, 3), (5, 3)])
def test_the_most_that_a_group_handles_is_the_least_of_its_consumers_and_partitions(
    tmp_path: Path, replicas: int, partitions: int
) -> None:
    """Beyond saturation: each consumer that has a partition handles 10 a second. Two share three unevenly: the one
    with two partitions has as much to do as it can, and so has the other."""
    text = GROUP.format(
        replicas=replicas,
        partitions=partitions,
        work="{dist: exponential, mean: 100ms}",
        rate="60/s",
        commit="batch",
        duration="60s",
    )
    played = replications(tmp_path, text, "run.warmup=10s", "run.drain=0s", number=10)
    assert agree(figures(played, "topic:news", "throughput"), 10.0 * min(replicas, partitions), precision=0.1)
