"""Threads and connections that are held while somebody waits: Little's law says how many, and how fast at most.

Sources: J. D. C. Little 1961; A. K. Erlang 1917 (the wait in M/M/c). The experiments are those that ship, shorter.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.classics.catalog import replications
from tests.theory import agreement
from tests.theory.agreement import agree, each, figures

SHORT = (
    "faults[0]={kind: slowdown, name: brownout, target: slow, factor: 10, at: 4s, for: 16s}",
    "phases.settled={from: 8s, to: 20s}",
    "run={duration: 21s, warmup: 2s, drain: 10s, seed: 7, record: summary}",
)
SETTLED = "during:settled"
STAY = 0.004 / (1 - 0.6**2)
"""Of 4 ms of computing at two shared cores, 60 % busy: M/M/2."""


def test_threads_that_wait_bound_the_throughput() -> None:
    """50 threads, 500 ms and a little each: 99 a second, and the other 200 are refused."""
    played = replications("blocking-threads", *SHORT, variant="50 threads", number=9)
    bound = 50 / (0.500 + 0.0042)
    through = each(played, lambda one: one.figure("service:front", "throughput", SETTLED))
    assert agree(through, bound, precision=0.09)
    refused = each(played, lambda one: one.figure("serve", "rejected_rate", SETTLED))
    assert agree(refused, 1 - bound / 300, precision=0.06)
    cores = each(played, lambda one: one.figure("service:front", "cpu_utilization", SETTLED))
    assert agree(cores, bound * 0.004 / 2, precision=0.16), "the cores have nothing to do"


@pytest.mark.parametrize(("variant", "threads"), [("250 threads", 250), ("event loop", None)])
def test_enough_threads_or_none_serve_everybody(variant: str, threads: int | None) -> None:
    played = replications("blocking-threads", *SHORT, variant=variant, number=9)
    assert max(each(played, lambda one: one.figure("serve", "error_rate", SETTLED))) < 0.01
    cores = each(played, lambda one: one.figure("service:front", "cpu_utilization", SETTLED))
    assert agree(cores, 0.6, precision=0.08)
    if threads is not None:
        busy = each(played, lambda one: one.figure("service:front", "utilization", SETTLED))
        assert agree(busy, 300 * (0.500 + STAY) / threads, precision=0.08)


HELD = ("run={duration: 22s, warmup: 4s, drain: 10s, seed: 7, record: summary}", "sweep=none")
RATE = "workload.place.arrivals.rate"


def test_a_connection_held_across_a_call_bounds_the_throughput() -> None:
    """10 connections of 84 ms each are 119 a second, whoever else is idle."""
    played = replications("held-connections", *HELD, f"{RATE}=200/s", variant="call inside", number=8)
    assert agree(figures(played, "pool:orders/db", "throughput"), 10 / 0.084, precision=0.04)
    assert agree(figures(played, "place", "error_rate"), 1 - 10 / 0.084 / 200, precision=0.08)
    assert figures(played, "pool:orders/db", "utilization") == pytest.approx([1.0] * 8)


@pytest.mark.parametrize(("variant", "held"), [("call inside", 0.084), ("call outside", 0.004)])
def test_connections_in_use_are_the_rate_times_how_long_each_is_held(variant: str, held: float) -> None:
    played = replications("held-connections", *HELD, f"{RATE}=70/s", variant=variant, number=8)
    assert agree(figures(played, "pool:orders/db", "utilization"), 70 * held / 10, precision=0.06)
    assert max(figures(played, "place", "error_rate")) == 0


POOL = """
services:
  orders:
    workers: unlimited
    pools: {db: {size: 4}}
    operations:
      place: {steps: [{with: {pool: db, steps: [{work: {io: {dist: exponential, mean: 10ms}}}]}}]}
workload: [{call: orders.place, arrivals: {process: poisson, rate: 320/s}}]
run: {duration: 26s, warmup: 1s, drain: 10s, record: summary, window: 10s, seed: 11}
"""


def test_a_pool_is_erlangs_queue(tmp_path: Path) -> None:
    """M/M/4 at load 0.8: 0.74554 services waited on average."""
    played = agreement.replications(tmp_path, POOL)
    assert agree(figures(played, "pool:orders/db", "wait_mean"), 0.745540590 * 0.010, precision=0.25)
    assert agree(figures(played, "place", "latency_mean"), 0.010 + 0.745540590 * 0.010, precision=0.12)
    assert agree(figures(played, "pool:orders/db", "utilization"), 0.8, precision=0.03)


@pytest.mark.parametrize(("size", "loss"), [(10, 0.2145823), (15, 0.18031640)])
def test_a_pool_that_nobody_waits_for_is_erlangs_loss_system(tmp_path: Path, size: int, loss: float) -> None:
    """wait: 0, as many Erlang as permits: Erlang B."""
    settings = (
        f"services.orders.pools.db={{size: {size}, wait: 0}}",
        f"workload.place.arrivals.rate={100 * size}/s",
        "run.duration=6s",
    )
    played = agreement.replications(tmp_path, POOL, *settings)
    assert agree(figures(played, "pool:orders/db", "rejected_rate"), loss, precision=0.05)


def test_threads_at_work_are_the_rate_times_the_latency(tmp_path: Path) -> None:
    """The SRE book's example: 1,000 requests a second of 100 ms keep 100 threads busy."""
    settings = (
        "services.orders.workers=400",
        "services.orders.operations.place.steps=[{work: {io: 100ms}}]",
        "workload.place.arrivals.rate=1000/s",
        "run.duration=6s",
    )
    played = agreement.replications(tmp_path, POOL, *settings, number=10)
    assert agree(figures(played, "service:orders", "utilization"), 100 / 400, precision=0.03)
