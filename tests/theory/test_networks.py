"""Closed networks, forks and quorums against closed forms. Each check raises a false alarm on one seed in a thousand.

Sources: M. Reiser and S. Lavenberg 1980 (mean value analysis of closed networks); M. Brooker, "Open and Closed,
Omission and Collapse", 2023 (its closed clients); R. Nelson and A. Tantawi, IEEE Transactions on Computers 37, 1988
(fork and join: an approximation stated to be within 5 %); H. A. David, Order Statistics.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.theory.agreement import agree, figures, replications
from tests.theory.test_policies import FORK
from tests.theory.test_queues import STATION

# -- closed networks -------------------------------------------------------------------------------------------


def closed(users: int, think: str, *more: str) -> tuple[str, ...]:
    arrivals = f"{{process: closed, users: {users}, think: {{dist: exponential, mean: {think}}}}}"
    return ("workload.work.arrivals=none", f"workload.work.arrivals={arrivals}", *more)


@pytest.mark.parametrize(
    ("users", "workers", "work", "metric", "theory", "seconds"),
    [
        (10, 1, "50ms", "throughput", 9.240736627358542, 240),
        (40, 1, "50ms", "latency_mean", 1.0000555543693617, 240),
        (20, 3, "200ms", "throughput", 14.002134092245946, 160),
        (50, 8, "200ms", "latency_mean", 0.31880449335047123, 160),
    ],
)
def test_users_before_a_station(
    tmp_path: Path, users: int, workers: int, work: str, metric: str, theory: float, seconds: int
) -> None:
    """N users think 1 s and ask a station of c servers (a pool of threads): M/M/c//N."""
    settings = (
        f"services.server.workers={workers}",
        f"services.server.operations.work.work.mean={work}",
        f"run={{duration: {seconds}s, warmup: 20s}}",
    )
    played = replications(tmp_path, STATION, *closed(users, "1s", *settings))
    assert agree(figures(played, "work", metric), theory, precision=0.08)


ROW = """
services:
  front: {workers: 100, holds_worker: false, operations: {work: {steps: [{call: a.run}, {call: b.run}, {call: c.run}]}}}
  a: {workers: 1, operations: {run: {work: {dist: exponential, mean: 80ms}}}}
  b: {workers: 1, operations: {run: {work: {dist: exponential, mean: 50ms}}}}
  c: {workers: 1, operations: {run: {work: {dist: exponential, mean: 30ms}}}}
workload: [{call: front.work, arrivals: {process: closed, users: 10, think: {dist: exponential, mean: 2s}}}]
run: {duration: 320s, warmup: 20s, drain: 20s, record: summary, window: 100s, seed: 11}
"""


def test_users_before_three_stations_in_a_row(tmp_path: Path) -> None:
    assert agree(figures(replications(tmp_path, ROW), "work", "latency_mean"), 0.2127032902995253, precision=0.06)


def test_ten_clients_of_brooker(tmp_path: Path) -> None:
    """Here in seconds for his milliseconds."""
    settings = ("services.server.operations.work.work.mean=100ms", "run={duration: 220s, warmup: 20s}")
    played = replications(tmp_path, STATION, *closed(10, "1145ms", *settings))
    assert agree(figures(played, "work", "latency_mean"), 0.2419631747519657, precision=0.10)


def test_one_closed_client_omits_what_an_open_one_would_see(tmp_path: Path) -> None:
    """It never queues behind its own slow requests: its 99th percentile is that of the work, 0.47 ms for 0.1 ms."""
    parts = "[{weight: 999, law: {dist: exponential, mean: 10ms}}, {weight: 1, law: {dist: exponential, mean: 1000ms}}]"
    settings = (
        f"services.server.operations.work.work={{dist: mixture, parts: {parts}}}",
        "run={duration: 120s, warmup: 0s}",
    )
    played = replications(tmp_path, STATION, *closed(1, "1ms", *settings))
    assert agree(figures(played, "work", "latency_p99"), 0.04704437089345227, precision=0.06)


# -- fork and join ---------------------------------------------------------------------------------------------


def forked(branches: int, rate: str, *more: str) -> tuple[str, ...]:
    servers = ", ".join(
        f"s{number}: {{workers: 1, operations: {{run: {{work: {{dist: exponential, mean: 10ms}}}}}}}}"
        for number in range(1, branches + 1)
    )
    steps = ", ".join(f"{{call: s{number}.run}}" for number in range(1, branches + 1))
    return (
        f"services={{{servers}}}",
        f"services.front.operations.run.steps=[{{parallel: {{steps: [{steps}]}}}}]",
        f"workload.run.arrivals.rate={rate}",
        *more,
    )


def test_three_branches_wait_for_the_slowest(tmp_path: Path) -> None:
    """Exact, by the Markov chain of three queues: 3.43258 services at load 0.5."""
    played = replications(tmp_path, FORK, *forked(3, "50/s"))
    assert agree(figures(played, "run", "latency_mean"), 0.034325765448797827, precision=0.08)


def test_ten_branches_are_near_the_approximation(tmp_path: Path) -> None:
    values = figures(replications(tmp_path, FORK, *forked(10, "50/s"), number=10), "run", "latency_mean")
    assert sum(values) / len(values) == pytest.approx(0.05115882034632034, rel=0.05)


@pytest.mark.stat
def test_twenty_busy_branches_are_near_the_approximation(tmp_path: Path) -> None:
    long = ("run.duration=200s", "run.warmup=10s")
    values = figures(replications(tmp_path, FORK, *forked(20, "80/s", *long), number=10), "run", "latency_mean")
    assert sum(values) / len(values) == pytest.approx(0.13941611229093638, rel=0.05)


# -- power of two choices --------------------------------------------------------------------------------------

LIMITS = {50: 1.2656860360875726, 90: 2.614057377323876}


@pytest.mark.stat
@pytest.mark.parametrize("rate", LIMITS)
def test_two_choices_approach_their_limit_as_the_replicas_grow(tmp_path: Path, rate: int) -> None:
    """The mean-field limit of infinitely many servers is approached from above: 10, 30, 100 replicas."""
    excess = []
    for replicas in (10, 30, 100):
        many = (
            f"services.server.replicas={replicas}",
            "services.server.balancing=power_of_two",
            f"workload.work.arrivals.rate={rate * replicas}/s",
            f"run={{duration: {4 + 1500 // replicas}s, warmup: 4s}}",
        )
        values = figures(replications(tmp_path, STATION, *many, number=8), "work", "latency_mean")
        excess.append(sum(values) / len(values) / (0.010 * LIMITS[rate]) - 1)
    assert excess[0] > excess[1] > excess[2] > -0.01
    assert excess[2] < 0.05
