"""Services whose replicas come and go, together with what else they may have: zones, cores, pools, shared workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

STORE = """
services:
  front: {workers: 1000, operations: {ask: {steps: [{call: store.get}]}}}
  store: {replicas: 2, workers: 10, operations: {get: {work: 100ms}}}
workload: [{call: front.ask, arrivals: {process: constant, rate: 40/s}}]
run: {duration: 100.01s, drain: 10s, window: 10s}
"""


def changed(folder: Path, at_50: str, *more: str) -> Played:
    return play(folder, STORE, *more, f"changes=[{{name: then, at: 50s, set: {{{at_50}}}}}]")


@pytest.mark.parametrize(
    ("before", "after", "zones"),
    [
        ("{a: 1, b: 1}", "{a: 2, b: 1}", {"a": 2 / 3, "b": 1 / 3}),
        ("{a: 2, b: 1}", "{a: 1, b: 1}", {"a": 1 / 2, "b": 1 / 2}),
        ("{a: 2, b: 1}", "{a: 0, b: 3}", {"a": 0.0, "b": 1.0}),
    ],
)
def test_replicas_change_zone_by_zone(tmp_path: Path, before: str, after: str, zones: dict[str, float]) -> None:
    """Round robin over the members: a zone's share of the requests is its share of the replicas. Crossing takes 1 s."""
    slow = ('network={"zone:c -> zone:b": {latency: 1s}, "zone:c -> zone:a": {latency: 0ms}}',)
    played = changed(
        tmp_path, f"services.store.replicas: {after}", f"services.store.replicas={before}",
        "services.front.replicas={c: 1}", *slow,
    )  # fmt: skip
    late = [row.latency > 1 for row in played.rows() if row.arrived > 55]
    assert sum(late) / len(late) == pytest.approx(zones["b"], abs=0.01)
    assert played.figure("service:store", "replicas", "after:then") == pytest.approx(_count(after), abs=0.1)


def _count(replicas: str) -> int:
    return sum(int(sign) for sign in replicas if sign.isdigit())


def test_cores_and_pools_are_those_of_the_members(tmp_path: Path) -> None:
    """40/s · 100 ms = 4 cores at work and 4 permits out: of 8 at 2 replicas, of 16 at 4."""
    settings = (
        "services.store.cores=4",
        "services.store.pools={db: {size: 4}}",
        "services.store.operations.get.work=none",
        "services.store.operations.get.steps=[{with: {pool: db, steps: [{work: 100ms}]}}]",
    )
    played = changed(tmp_path, "services.store.replicas: 4", *settings)
    for operation, metric in (("service:store", "cpu_utilization"), ("pool:store/db", "utilization")):
        assert played.figure(operation, metric, "healthy") == pytest.approx(4 / 8, abs=0.01)
        assert played.figure(operation, metric, "after:then") == pytest.approx(4 / 16, abs=0.01)


def test_an_autoscaler_goes_by_the_cores_where_there_are_some(tmp_path: Path) -> None:
    """4 cores at work of 2 · 2, at a target of 50 %: four replicas. By the 100 workers it would want one."""
    scale = "{min: 1, max: 9, metric: utilization, target: 50%, every: 10s, startup: 0s}"
    settings = ("services.store.cores=2", "services.store.workers=50", f"services.store.autoscale={scale}")
    played = play(tmp_path, STORE, *settings, "run.warmup=50s", "workload.ask.arrivals.rate=39/s")
    assert played.figure("service:store", "replicas") == pytest.approx(4.0, abs=0.01)


def test_the_capacity_of_shared_workers_changes(tmp_path: Path) -> None:
    """One server that 40 requests a second of 100 ms overrun; at most 1 + 3 are there, then 1 + 0."""
    shared = ("services.store.replicas=1", "services.store.workers=1")
    queue = "services.store.queue={discipline: ps, capacity: 3}"
    played = changed(tmp_path, "services.store.queue.capacity: 0", *shared, queue)
    longest = max(row.latency for row in played.rows() if row.outcome == "ok" and row.arrived < 50)
    assert longest == pytest.approx(0.4, abs=0.05)
    after = [row.latency for row in played.rows() if row.outcome == "ok" and row.arrived > 51]
    assert max(after) == pytest.approx(0.1, abs=1e-6)


def test_a_zone_that_a_change_brings_can_crash_like_any_other(tmp_path: Path) -> None:
    """It has nobody at first. What is in hand there at 60 s breaks off in that instant."""
    fault = "faults=[{kind: crash, target: 'zone:b', at: 60.01s, for: 20s}]"
    more = (
        "services.store.replicas={a: 2, b: 0}",
        fault,
        "services.store.operations.get.work=500ms",
        "run.record=requests",
    )
    played = changed(tmp_path, "services.store.replicas: {a: 2, b: 2}", *more, "services.store.workers=50")
    broken = [row for row in played.rows() if row.outcome != "ok" and row.arrived < 60.01]
    assert len(broken) == pytest.approx(10, abs=1)  # 40/s for 500 ms, half of them in zone b
    assert {round(row.answered, 6) for row in broken} == {60.01}
