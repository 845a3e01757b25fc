"""Priorities against closed forms, preemptive and not. Each check raises a false alarm on one seed in a thousand.

Sources: A. Cobham, Priority Assignment in Waiting Line Problems, Operations Research 2, 1954; M. Harchol-Balter,
Performance Modeling and Design of Computer Systems, 2013, chapters 31 and 32. Time is scaled: a service takes 10 ms on
average.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.theory.agreement import agree, figures, replications

CLASSES = """
services:
  server:
    workers: 1
    queue: {discipline: priority}
    operations: {work: {work: {dist: exponential, mean: 10ms}}}
workload:
  - {name: high, call: server.work, arrivals: {process: poisson, rate: 30/s}, priority: 1}
  - {name: low, call: server.work, arrivals: {process: poisson, rate: 40/s}, priority: -1}
run: {duration: 64s, warmup: 4s, drain: 20s, record: summary, window: 10s, seed: 11}
"""
PREEMPTIVE = "services.server.queue.preemptive=true"
R1, R = 0.3, 0.7


def test_who_is_not_disturbed_is_waited_for(tmp_path: Path) -> None:
    """Cobham: W0 / (1 - r1) and W0 / ((1 - r1)(1 - r)) with W0 = lambda E[S²] / 2."""
    played = replications(tmp_path, CLASSES)
    rest = 70 * (2 * 0.010**2) / 2
    assert agree(figures(played, "high", "latency_mean"), 0.010 + rest / (1 - R1), precision=0.05)
    assert agree(figures(played, "low", "latency_mean"), 0.010 + rest / (1 - R1) / (1 - R), precision=0.13)


def test_constant_work_halves_what_is_waited_for(tmp_path: Path) -> None:
    """Cobham for M/D/1: the second moment is half of the exponential's."""
    played = replications(tmp_path, CLASSES, "services.server.operations.work.work=10ms")
    rest = 70 * 0.010**2 / 2
    assert agree(figures(played, "high", "latency_mean"), 0.010 + rest / (1 - R1), precision=0.05)
    assert agree(figures(played, "low", "latency_mean"), 0.010 + rest / (1 - R1) / (1 - R), precision=0.13)


def test_the_first_class_sees_nobody_else_where_it_preempts(tmp_path: Path) -> None:
    """Preemptive resume: S / (1 - r1) and S / ((1 - r1)(1 - r)); all in all nobody's work is lost."""
    played = replications(tmp_path, CLASSES, PREEMPTIVE)
    assert agree(figures(played, "high", "latency_mean"), 0.01428571, precision=0.05)
    assert agree(figures(played, "low", "latency_mean"), 0.04761905, precision=0.15)
    assert agree(figures(played, "service:server", "utilization"), 0.7, precision=0.03)
    present = 0.3 / 0.7 + 40 * 0.04761905
    assert agree(figures(played, "service:server", "queue_length"), present - 0.7, precision=0.20)


def test_several_servers_are_all_the_first_class_s(tmp_path: Path) -> None:
    """M/M/2 at load 0.5 for the first class, whatever the second brings; the whole is M/M/2 at load 0.9."""
    rates = ("workload.high.arrivals.rate=100/s", "workload.low.arrivals.rate=60/s", "services.server.workers=2")
    played = replications(tmp_path, CLASSES, PREEMPTIVE, *rates)
    assert agree(figures(played, "high", "latency_mean"), 0.0133333, precision=0.03)
    whole = 160 * 0.02777778  # Little: how many are there, whoever is served first
    assert agree(figures(played, "low", "latency_mean"), (whole - 100 * 0.0133333) / 60, precision=0.15)


@pytest.mark.parametrize("preemptive", ["true", "false"])
def test_without_classes_it_is_first_come_first_served(tmp_path: Path, preemptive: str) -> None:
    same = ("workload.high.priority=0", "workload.low.priority=0", f"services.server.queue.preemptive={preemptive}")
    fifo = replications(tmp_path, CLASSES, "services.server.queue=none", number=2)
    mine = replications(tmp_path, CLASSES, *same, number=2)
    for metric in ("latency_mean", "latency_p99"):
        assert figures(mine, "low", metric) == pytest.approx(figures(fifo, "low", metric))
