"""Services as seen from outside: queues, contention, the four balancings, discovery."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.support import Played, play

POOL = """
services:
  server:
    workers: 1
    operations: {work: {work: 1s}}
workload: [{call: server.work, arrivals: {process: constant, rate: 2/s}}]
run: {duration: 2.9s, drain: 1m}
"""
"""Requests at 0.5, 1, 1.5, 2 and 2.5 s, a second each."""


def latencies(played: Played) -> list[float]:
    return [row.latency for row in played.rows()]


def test_first_come_first_served(tmp_path: Path) -> None:
    assert latencies(play(tmp_path, POOL)) == [1.0, 1.5, 2.0, 2.5, 3.0]


def test_last_come_first_served(tmp_path: Path) -> None:
    played = play(tmp_path, POOL, "services.server.queue.discipline=lifo", "services.server.operations.work.work=1.1s")
    # Begun at 0.5 s the first, at 1.6 s the third, at 2.7 s the fifth, then the fourth, and the second at last.
    assert latencies(played) == pytest.approx([1.1, 5.0, 1.2, 2.9, 1.3])


def test_more_workers_serve_at_once(tmp_path: Path) -> None:
    assert latencies(play(tmp_path, POOL, "services.server.workers=2")) == [1.0] * 5


def test_beyond_its_capacity_a_queue_refuses(tmp_path: Path) -> None:
    played = play(tmp_path, POOL, "services.server.queue.capacity=1", "services.server.operations.work.work=10s")
    assert played.outcomes() == ["ok", "ok", "rejected", "rejected", "rejected"]
    assert {row.reason for row in played.rows()[2:]} == {"queue_full"}
    assert played.figure("service:server", "queue_length_max") == 1


def test_capacity_is_per_replica(tmp_path: Path) -> None:
    more = [
        "services.server.queue.capacity=1",
        "services.server.operations.work.work=10s",
        "services.server.replicas=2",
    ]
    assert play(tmp_path, POOL, *more).outcomes() == ["ok"] * 4 + ["rejected"]


def test_contention_is_added_per_request_in_flight(tmp_path: Path) -> None:
    crowd = ["services.server.workers=8", "services.server.contention=100ms", "run.duration=1.9s"]
    # Begun at 0.5, 1 and 1.5 s with 1, 2 and then 2 requests in flight (the first is over at 1.6 s, so it is 3).
    assert latencies(play(tmp_path, POOL, *crowd)) == pytest.approx([1.1, 1.2, 1.3])


BALANCED = """
services:
  a: {workers: 64, operations: {run: {steps: [{call: b.run}]}}}
  b:
    replicas: 2
    workers: 1
    balancing: round_robin
    operations: {run: {work: 150ms}}
workload: [{call: a.run, arrivals: {process: constant, rate: 10/s}}]
faults: [{kind: slowdown, target: "b[0]", factor: 10, at: 0s, for: 1h}]
run: {duration: 10.05s, drain: 10m}
"""
"""The first replica of b takes 1.5 s for what the second does in 150 ms; 10 requests a second."""


def test_round_robin_sends_every_second_request_to_the_slow_replica(tmp_path: Path) -> None:
    played = play(tmp_path, BALANCED)
    slow = sum(row.latency >= 1.5 for row in played.rows())
    assert slow == 50


def test_least_outstanding_avoids_the_slow_replica(tmp_path: Path) -> None:
    played = play(tmp_path, BALANCED, "services.b.balancing=least_outstanding", "services.b.workers=8")
    slow = sum(row.latency >= 1.5 for row in played.rows())
    # It keeps as many under way at either, and these stay ten times as long at the slow one.
    assert 5 <= slow <= 15


def test_power_of_two_is_least_outstanding_where_there_are_two(tmp_path: Path) -> None:
    played = play(tmp_path, BALANCED, "services.b.balancing=power_of_two", "services.b.workers=8")
    assert sum(row.latency >= 1.5 for row in played.rows()) < 25


def test_random_balancing_is_even_and_irregular(tmp_path: Path) -> None:
    played = play(tmp_path, BALANCED, "services.b.balancing=random", "services.b.workers=64", "run.duration=100.05s")
    slow = [row.latency >= 1.5 for row in played.rows()]
    # 1000 fair coins: five standard deviations are 79.
    assert abs(sum(slow) - 500) < 79
    assert sum(one == other for one, other in itertools.pairwise(slow)) > 400  # round robin: none


def test_each_caller_takes_its_own_turns(tmp_path: Path) -> None:
    """Two replicas of a: each sends by turns, starting at another replica of b."""
    played = play(tmp_path, BALANCED, "services.a.replicas=2")
    assert sum(row.latency >= 1.5 for row in played.rows()) == 50


REGISTRY = """
services:
  a: {workers: 64, operations: {run: {steps: [{call: b.run}]}}}
  b:
    replicas: 2
    workers: 8
    discovery: {health_check: {every: 5s, failures: 2}, propagation: 1s}
    operations: {run: {work: 10ms}}
workload: [{call: a.run, arrivals: {process: constant, rate: 2/s}}]
faults: [{kind: crash, target: "b[1]", at: 12s, for: 20s}]
run: {duration: 60s}
"""


def failed_seconds(played: Played) -> list[float]:
    return [row.arrived for row in played.rows() if row.outcome != "ok"]


def test_a_dead_replica_leaves_the_list_after_enough_failed_checks_and_the_propagation(tmp_path: Path) -> None:
    seconds = failed_seconds(play(tmp_path, REGISTRY))
    assert min(seconds) >= 12.0
    assert 20.0 <= max(seconds) < 21.0  # checks at 15 and 20 s fail; known at 21 s


def test_a_replica_that_is_back_is_listed_again_after_one_good_check(tmp_path: Path) -> None:
    played = play(
        tmp_path,
        REGISTRY,
        "faults=[{kind: crash, target: 'b[1]', at: 12s, for: 20s}, "
        "{name: later, kind: crash, target: 'b[0]', at: 36.2s, for: 1h}]",
    )
    between = [row.outcome for row in played.rows() if 36.3 < row.arrived < 41]
    assert "ok" in between  # back since the check at 35 s, known at 36 s


def test_without_propagation_callers_know_at_once(tmp_path: Path) -> None:
    seconds = failed_seconds(play(tmp_path, REGISTRY, "services.b.discovery.propagation=0s"))
    assert 19.0 <= max(seconds) <= 20.0


def test_when_nobody_is_listed_a_call_is_unreachable(tmp_path: Path) -> None:
    all_gone = "faults=[{kind: crash, target: b, at: 12s, for: 1h}]"
    rows = play(tmp_path, REGISTRY, all_gone).rows()
    last = rows[-1]
    assert (last.outcome, last.reason, last.calls) == ("server_error", "unreachable at a -> b.run", 1)


def test_a_replica_that_stands_still_fails_its_checks_too(tmp_path: Path) -> None:
    pause = "faults=[{kind: pause, target: 'b[1]', at: 12s, for: 20s}]"
    slow = [row.arrived for row in play(tmp_path, REGISTRY, pause).rows() if row.latency > 0.010]
    assert min(slow) >= 12.0
    assert max(slow) < 21.0
