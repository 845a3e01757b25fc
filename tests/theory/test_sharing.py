"""Processor sharing against closed forms: through the discipline `ps`, and through cores that executions share.

Sources: L. Kleinrock 1967; M. Sakata, S. Noguchi, J. Oizumi 1969 (the mean in M/G/1-PS, and for a given size, does not
depend on the law); E. Coffman, R. Muntz, H. Trotter 1970 (variance in M/M/1-PS); F. Baskett et al. 1975 (closed
networks); L. Takács 1962 (M/G/infinity). Time is scaled: a service takes 10 ms on average. Each check raises a false
alarm on one seed in a thousand.
"""

from __future__ import annotations

from pathlib import Path
from statistics import pstdev

import numpy as np
import pytest

from tests.support import Played
from tests.theory.agreement import agree, each, figures, replications
from tests.theory.test_queues import RATE

SHARED = """
services:
  server:
    workers: 1
    queue: {discipline: ps}
    operations: {work: {work: {dist: exponential, mean: 10ms}}}
workload: [{call: server.work, arrivals: {process: poisson, rate: 80/s}}]
run: {duration: 44s, warmup: 4s, drain: 20s, record: summary, window: 10s, seed: 11}
"""
CORES = ("services.server.queue=none", "services.server.workers=unlimited")
LONG = "run={duration: 304s, warmup: 4s, window: 100s}"
TWO_LENGTHS = "{dist: mixture, parts: [{weight: 0.9, law: 5ms}, {weight: 0.1, law: 55ms}]}"


def spread(played: Played) -> float:
    """The standard deviation of the latencies."""
    return pstdev(row.latency for row in played.rows() if row.arrived >= played.scenario.experiment.run.warmup)


@pytest.mark.parametrize(("rate", "mean"), [(50, 0.020), (80, 0.050)])
def test_one_shared_server(tmp_path: Path, rate: int, mean: float) -> None:
    played = replications(tmp_path, SHARED, f"{RATE}={rate}/s")
    assert agree(figures(played, "work", "latency_mean"), mean, precision=0.15)
    assert agree(figures(played, "service:server", "utilization"), rate * 0.010, precision=0.03)
    assert figures(played, "service:server", "queue_length") == [0.0] * 20


@pytest.mark.parametrize("work", ["10ms", TWO_LENGTHS, "{dist: lognormal, mean: 10ms, cv: 2}"])
def test_the_mean_under_sharing_does_not_depend_on_the_law(tmp_path: Path, work: str) -> None:
    """M/G/1-PS: E[S] / (1 - rho), where first come first served waits for the second moment."""
    played = replications(tmp_path, SHARED, f"services.server.operations.work.work={work}", f"{RATE}=60/s")
    assert agree(figures(played, "work", "latency_mean"), 0.025, precision=0.13)


def test_a_request_is_slowed_in_proportion_to_its_own_size(tmp_path: Path) -> None:
    """Of load 0.75, requests of 30 ms take 30 ms / (1 - 0.75), among others of any size."""
    tagged = """
    services:
      server:
        workers: 1
        queue: {discipline: ps}
        operations: {work: {work: {dist: exponential, mean: 10ms}}, tagged: {work: 30ms}}
    workload:
      - {call: server.work, arrivals: {process: poisson, rate: 60/s}}
      - {call: server.tagged, arrivals: {process: poisson, rate: 5/s}}
    run: {duration: 64s, warmup: 4s, drain: 20s, record: summary, window: 10s, seed: 11}
    """
    played = replications(tmp_path, tagged)
    assert agree(figures(played, "tagged", "latency_mean"), 0.120, precision=0.15)
    assert agree(figures(played, "work", "latency_mean"), 0.040, precision=0.15)


@pytest.mark.parametrize(
    ("cores", "rate", "mean"), [(1, 80, 0.050), (2, 160, 0.02777778), (4, 320, 0.01745541), (10, 500, 0.0100361)]
)
def test_cores_that_all_requests_share(tmp_path: Path, cores: int, rate: int, mean: float) -> None:
    """Exponential work: as many at work as in M/M/c, so Erlang C's mean; cores are as busy as servers would be."""
    run = "run={duration: 14s, warmup: 2s}" if cores > 1 else "run.duration=44s"
    played = replications(tmp_path, SHARED, *CORES, f"services.server.cores={cores}", f"{RATE}={rate}/s", run)
    assert agree(figures(played, "work", "latency_mean"), mean, precision=0.15)
    assert agree(figures(played, "service:server", "cpu_utilization"), rate * 0.010 / cores, precision=0.04)


def test_io_is_added_to_what_the_cores_take(tmp_path: Path) -> None:
    """A processor-sharing station and a delay station in a row: E[cpu] / (1 - rho) + E[io]."""
    work = "services.server.operations.work.work={cpu: {dist: exponential, mean: 10ms}, io: 30ms}"
    played = replications(tmp_path, SHARED, *CORES, "services.server.cores=1", work, f"{RATE}=50/s")
    assert agree(figures(played, "work", "latency_mean"), 0.020 + 0.030, precision=0.06)


def test_sharing_with_a_limit_loses_what_a_finite_queue_loses(tmp_path: Path) -> None:
    """M/M/1/5 under sharing: the number there has the same law."""
    played = replications(tmp_path, SHARED, "services.server.queue.capacity=4", "run.duration=84s")
    assert agree(figures(played, "work", "rejected_rate"), 0.0888195, precision=0.10)
    assert agree(figures(played, "work", "latency_mean"), 0.02563065, precision=0.05)


@pytest.mark.parametrize("work", ["{dist: exponential, mean: 50ms}", "50ms"])
def test_a_closed_network_of_users_at_a_shared_server(tmp_path: Path, work: str) -> None:
    """Product form holds under sharing for any law: 20 users think 1 s and ask for 50 ms."""
    closed = "workload.work.arrivals={process: closed, users: 20, think: {dist: exponential, mean: 1s}}"
    law = f"services.server.operations.work.work={work}"
    run = "run={duration: 140s, warmup: 20s}"
    played = replications(tmp_path, SHARED, "workload.work.arrivals=none", closed, law, run)
    assert agree(figures(played, "work", "throughput"), 16.82216, precision=0.03)
    assert agree(figures(played, "work", "latency_mean"), 0.188908, precision=0.10)


def test_workers_without_limit_are_a_delay(tmp_path: Path) -> None:
    """M/G/infinity, 20 at work on average: an arrival finds more than 30 as often as a Poisson law has them."""
    settings = (*CORES, "services.server.operations.work.work={dist: lognormal, mean: 20ms, cv: 1}", f"{RATE}=1000/s")
    played = replications(tmp_path, SHARED, *settings, "run={duration: 31s, warmup: 1s, record: requests}")
    assert agree(each(played, lambda one: crowded(one, 30)), 0.013474681, precision=0.30)
    assert agree(figures(played, "work", "latency_mean"), 0.020, precision=0.02)


def crowded(played: Played, most: int) -> float:
    """The share of arrivals that find more than `most` there."""
    rows = played.rows()
    arrived = np.array([row.arrived for row in rows])
    answered = np.sort([row.answered for row in rows])
    measured = arrived >= played.scenario.experiment.run.warmup
    found = np.arange(len(rows)) - np.searchsorted(answered, arrived, side="right")
    return float((found[measured] > most).mean())


@pytest.mark.stat
@pytest.mark.parametrize(
    ("rate", "sd", "metric", "value"),
    [(80, 0.07637626, "latency_p99", 0.3694099), (90, 0.16236883, "latency_p95", 0.3868813)],
)
def test_the_spread_under_sharing(tmp_path: Path, rate: int, sd: float, metric: str, value: float) -> None:
    """M/M/1-PS: far wider than first come first served, whose standard deviation is its mean."""
    played = replications(tmp_path, SHARED, LONG, "run.record=requests", f"{RATE}={rate}/s")
    assert agree(each(played, spread), sd, precision=0.20)
    assert agree(figures(played, "work", metric), value, precision=0.20)


@pytest.mark.stat
def test_last_come_first_served_spreads_wider_still(tmp_path: Path) -> None:
    """M/M/1 LIFO at 0.8: the wait has standard deviation 13.56 services; a stay adds its own service to that."""
    settings = ("services.server.queue.discipline=lifo", "run={duration: 504s, warmup: 4s}", "run.record=requests")
    played = replications(tmp_path, SHARED, *settings)
    assert agree(each(played, spread), 0.01 * (13.564659966**2 + 1) ** 0.5, precision=0.25)
