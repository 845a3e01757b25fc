"""Single queues against closed forms. Each check raises a false alarm on one seed in a thousand.

Sources: L. Kleinrock, Queueing Systems vol. 1; M. Harchol-Balter, Performance Modeling and Design of Computer Systems;
A. K. Erlang 1909 and C. D. Crommelin 1932 (M/D/1); M. Reiser and S. Lavenberg 1980 (closed networks, mean value
analysis); D. Y. Barrer 1957 and B. Gavish and P. Schweitzer 1977 (impatient customers); O. Garnett et al. 2002
(Erlang A). Time is scaled: a service takes 10 ms on average unless said otherwise.
"""

from __future__ import annotations

from math import exp
from pathlib import Path

import pytest

from tests.theory.agreement import agree, each, figures, replications

STATION = """
services:
  server:
    workers: 1
    operations: {work: {work: {dist: exponential, mean: 10ms}}}
workload: [{call: server.work, arrivals: {process: poisson, rate: 80/s}}]
run: {duration: 64s, warmup: 4s, drain: 20s, record: summary, window: 10s, seed: 11}
"""
RATE = "workload.work.arrivals.rate"


@pytest.mark.parametrize(("rate", "mean", "p99"), [(50, 0.020, 0.0921034), (80, 0.050, 0.2302585)])
def test_one_server(tmp_path: Path, rate: int, mean: float, p99: float) -> None:
    """M/M/1: the sojourn time is exponential with mean 1/(mu - lambda)."""
    played = replications(tmp_path, STATION, f"{RATE}={rate}/s")
    assert agree(figures(played, "work", "latency_mean"), mean, precision=0.15)
    assert agree(figures(played, "work", "latency_p99"), p99, precision=0.25)
    assert agree(figures(played, "service:server", "utilization"), rate * 0.010, precision=0.03)
    waiting = rate * (mean - 0.010)
    assert agree(figures(played, "service:server", "queue_length"), waiting, precision=0.25)


@pytest.mark.parametrize(
    ("workers", "rate", "mean"), [(2, 160, 0.02777778), (4, 320, 0.01745541), (10, 500, 0.0100361)]
)
def test_several_servers(tmp_path: Path, workers: int, rate: int, mean: float) -> None:
    """M/M/c: Erlang C."""
    run = "run={duration: 14s, warmup: 2s}"
    played = replications(tmp_path, STATION, f"services.server.workers={workers}", f"{RATE}={rate}/s", run)
    assert agree(figures(played, "work", "latency_mean"), mean, precision=0.15)


@pytest.mark.parametrize(("rate", "mean", "p95"), [(50, 0.015, 0.03050638), (80, 0.030, 0.07620325)])
def test_constant_work(tmp_path: Path, rate: int, mean: float, p95: float) -> None:
    """M/D/1: Pollaczek and Khinchine for the mean, Erlang for the law."""
    played = replications(tmp_path, STATION, "services.server.operations.work.work=10ms", f"{RATE}={rate}/s")
    assert agree(figures(played, "work", "latency_mean"), mean, precision=0.10)
    assert agree(figures(played, "work", "latency_p95"), p95, precision=0.20)


def test_work_of_two_lengths(tmp_path: Path) -> None:
    """M/G/1, 0.5 s in nine cases of ten and 5.5 s in the tenth, load 0.6: mean sojourn 3.4375 s; here 1/100 of it."""
    parts = "[{weight: 0.9, law: 5ms}, {weight: 0.1, law: 55ms}]"
    work = f"services.server.operations.work.work={{dist: mixture, parts: {parts}}}"
    played = replications(tmp_path, STATION, work, f"{RATE}=60/s")
    assert agree(figures(played, "work", "latency_mean"), 0.034375, precision=0.15)


def test_a_finite_queue_loses_what_it_must(tmp_path: Path) -> None:
    """M/M/1/5: one in service, four waiting."""
    played = replications(tmp_path, STATION, "services.server.queue.capacity=4")
    assert agree(figures(played, "work", "rejected_rate"), 0.0888195, precision=0.10)
    assert agree(figures(played, "work", "latency_mean"), 0.02563065, precision=0.05)
    assert agree(figures(played, "service:server", "throughput"), 72.89444, precision=0.02)


def test_last_come_first_served_waits_as_long_on_average(tmp_path: Path) -> None:
    played = replications(tmp_path, STATION, "services.server.queue.discipline=lifo")
    assert agree(figures(played, "work", "latency_mean"), 0.050, precision=0.15)


@pytest.mark.parametrize(
    ("users", "throughput", "response"), [(1, 0.952381, 0.05), (5, 4.71284, 0.0609314), (20, 16.82216, 0.188908)]
)
def test_a_closed_network_of_users(tmp_path: Path, users: int, throughput: float, response: float) -> None:
    """N users think 1 s and ask for 50 ms on average."""
    think = "{dist: exponential, mean: 1s}"
    closed = f"workload.work.arrivals={{process: closed, users: {users}, think: {think}}}"
    work = "services.server.operations.work.work.mean=50ms"
    seconds = 20 + round(2000 / throughput)
    run = f"run={{duration: {seconds}s, warmup: 20s}}"
    played = replications(tmp_path, STATION, "workload.work.arrivals=none", closed, work, run)
    assert agree(figures(played, "work", "throughput"), throughput, precision=0.08)
    assert agree(figures(played, "work", "latency_mean"), response, precision=0.15)


# -- impatience: lambda = 0.8 mu, everybody gives up after twice the mean service time ---------------------------

IDLE_IF_ABORTED = 1 / (1 + 4 * (1 - exp(-0.4)))
"""Probability that the server is idle if a given-up request is aborted in service."""


@pytest.mark.parametrize(
    ("cancel", "timeouts", "unserved"),
    [
        ("never", exp(-0.4), 0.0),
        ("at_dequeue", 0.42262217, 0.18783207),
        ("queued", 0.42262217, 0.18783207),
        ("always", IDLE_IF_ABORTED * exp(-0.4), None),
    ],
)
def test_timeouts_under_the_four_modes_of_cancel(
    tmp_path: Path, cancel: str, timeouts: float, unserved: float | None
) -> None:
    """What the client sees (sojourn beyond its patience), and who is never served (waiting beyond it)."""
    edge = f"calls={{client -> server: {{timeout: 20ms, cancel: {cancel}}}}}"
    played = replications(tmp_path, STATION, edge, "run.duration=34s")
    assert agree(figures(played, "work", "timeout_rate"), timeouts, precision=0.08)
    if unserved is not None:
        served = each(played, lambda one: one.figure("service:server", "throughput") / 80)
        assert agree(served, 1 - unserved, precision=0.03)


def test_patience_of_exponential_length(tmp_path: Path) -> None:
    """Erlang A, one server, load 1.2, patience twice the mean service time: 0.7324 services waited on average."""
    patience = "timeout: {dist: exponential, mean: 20ms}"
    edge = f"calls={{client -> server: {{{patience}, cancel: queued}}}}"
    played = replications(tmp_path, STATION, edge, f"{RATE}=120/s", "run.duration=34s")
    assert agree(figures(played, "service:server", "queue_length"), 1.2 * 0.73240842, precision=0.06)
