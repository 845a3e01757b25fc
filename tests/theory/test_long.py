"""Theory that takes long runs: rare events, many servers, quantiles far out. Run by `make stat`.

Each check raises a false alarm on one seed in a thousand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.theory.agreement import agree, figures, replications
from tests.theory.test_queues import RATE, STATION

pytestmark = pytest.mark.stat

LONG = "run={duration: 510s, warmup: 10s, drain: 20s, record: summary, window: 100s, seed: 21}"


@pytest.mark.parametrize(
    ("rate", "mean", "p99", "p999"), [(80, 0.050, 0.2302585, 0.3453878), (90, 0.100, 0.460517, 0.690776)]
)
def test_one_server_for_long(tmp_path: Path, rate: int, mean: float, p99: float, p999: float) -> None:
    played = replications(tmp_path, STATION, LONG, f"{RATE}={rate}/s")
    assert agree(figures(played, "work", "latency_mean"), mean, precision=0.12)
    assert agree(figures(played, "work", "latency_p99"), p99, precision=0.25)
    assert agree(figures(played, "work", "latency_p999"), p999, precision=0.40)


@pytest.mark.parametrize(
    ("workers", "rate", "metric", "value"),
    [(2, 160, "latency_p99", 0.11937370), (5, 250, "latency_p95", 0.03078285), (20, 1600, "latency_p99", 0.0468708)],
)
def test_several_servers_far_out(tmp_path: Path, workers: int, rate: int, metric: str, value: float) -> None:
    run = f"run.duration={60_000 // rate}s"
    played = replications(tmp_path, STATION, LONG, run, f"services.server.workers={workers}", f"{RATE}={rate}/s")
    assert agree(figures(played, "work", metric), value, precision=0.16)


@pytest.mark.parametrize(("rate", "value"), [(50, 0.04336256), (90, 0.22898237)])
def test_constant_work_far_out(tmp_path: Path, rate: int, value: float) -> None:
    played = replications(tmp_path, STATION, LONG, "services.server.operations.work.work=10ms", f"{RATE}={rate}/s")
    assert agree(figures(played, "work", "latency_p99"), value, precision=0.20)


def test_work_with_a_heavy_tail(tmp_path: Path) -> None:
    """M/G/1 with lognormal work of the exponential's variance at load 0.7: the mean is M/M/1's, the p95 is not."""
    work = "services.server.operations.work.work={dist: lognormal, mean: 10ms, cv: 1}"
    played = replications(tmp_path, STATION, LONG, work, f"{RATE}=70/s")
    assert agree(figures(played, "work", "latency_mean"), 0.010 + 0.7 * 0.010 / 0.3, precision=0.10)
    assert agree(figures(played, "work", "latency_p95"), 0.1041224, precision=0.12)


def test_a_dead_letter_is_rare(tmp_path: Path) -> None:
    """Messages whose handling fails with 20 % are given up after the fifth delivery: 0.2^5 of them."""
    queue = """
    services:
      shop: {workers: 64, operations: {sell: {style: queue, broker: jobs, work: 1ms, server_errors: 20%}}}
    brokers: {jobs: {preset: durable_queue, redelivery_delay: 0s}}
    workload: [{call: shop.sell, arrivals: {process: poisson, rate: 100/s}}]
    run: {duration: 400s, record: summary, window: 100s, seed: 21}
    """
    played = replications(tmp_path, queue)
    assert agree(figures(played, "sell", "dead_lettered"), 0.2**5, precision=0.35)


@pytest.mark.parametrize(("rate", "mean", "precision"), [(50, 1.2656860, 0.02), (90, 2.6140574, 0.04)])
def test_two_choices_among_many(tmp_path: Path, rate: int, mean: float, precision: float) -> None:
    """The power of two choices among 200 servers is near its limit for infinitely many, but not at it."""
    many = ("services.server.replicas=200", "services.server.balancing=power_of_two", f"{RATE}={rate * 200}/s")
    played = replications(tmp_path, STATION, *many, "run.duration=12s", "run.warmup=4s", number=8)
    values = figures(played, "work", "latency_mean")
    assert sum(values) / len(values) == pytest.approx(0.010 * mean, rel=precision)
