"""Queues whose arrivals are not Poisson, against closed forms. Each check raises a false alarm on one seed in 1000.

Sources: D. Gross and C. M. Harris, Fundamentals of Queueing Theory, section 3.1 (batches); M. F. Neuts,
Matrix-Geometric Solutions in Stochastic Models, chapter 6 (Markov-modulated arrivals). Time is scaled as in
`test_queues`: a service takes 10 ms on average.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.theory.agreement import agree, figures, replications
from tests.theory.test_queues import RATE, STATION


@pytest.mark.parametrize(("batch", "mean"), [("8", 0.125), ("{dist: geometric, mean: 8}", 0.64 / 0.36 / 8)])
def test_batches_wait_for_each_other(tmp_path: Path, batch: str, mean: float) -> None:
    """M^X/M/1: rho (1 + E[X^2] / E[X]) / (2 (1 - rho)) requests are there on average; Little's law."""
    many = (f"workload.work.batch={batch}", f"{RATE}=8/s", "run.duration=124s")
    played = replications(tmp_path, STATION, *many)
    load = 0.64
    second = 8.0 if batch == "8" else 15.0  # E[X^2] / E[X]: 8, or 2 mean - 1
    assert mean == pytest.approx(load * (1 + second) / (2 * (1 - load)) / 64)
    assert agree(figures(played, "work", "latency_mean"), mean, precision=0.18)
    assert agree(figures(played, "service:server", "utilization"), load, precision=0.06)


def modulated_queue(rates: list[float], sojourns: list[float], served: float) -> float:
    """Mean number of requests in an MMPP/M/1 queue whose states come in turn.

    The stationary law is matrix-geometric: pi_n = pi_0 R^n, where R is the least solution of A0 + R A1 + R^2 A2 = 0.
    """
    size = len(rates)
    leaving = np.diag([1 / sojourn for sojourn in sojourns])
    generator = leaving @ np.roll(np.eye(size), 1, axis=1) - leaving
    arriving = np.diag(rates)
    serving = served * np.eye(size)
    within = generator - arriving - serving
    ratio = np.zeros((size, size))
    for _ in range(20_000):
        ratio = -(arriving + ratio @ ratio @ serving) @ np.linalg.inv(within)
    below = np.linalg.inv(np.eye(size) - ratio)
    balance = np.vstack([(generator - arriving + ratio * served).T, (below @ np.ones(size))[None, :]])
    empty = np.linalg.lstsq(balance, np.array([*np.zeros(size), 1.0]), rcond=None)[0]
    return float(empty @ ratio @ below @ below @ np.ones(size))


def test_the_matrices_know_the_queue_without_modulation() -> None:
    assert modulated_queue([80.0, 80.0], [1.0, 3.0], 100.0) == pytest.approx(0.8 / 0.2)


@pytest.mark.parametrize(
    ("states", "precision"),
    [([(20.0, 0.5), (110.0, 0.5)], 0.15), ([(90.0, 0.05), (0.0, 0.02), (60.0, 0.1)], 0.10)],
    ids=["quiet and overloaded", "three states"],
)
def test_arrivals_in_waves_queue_longer(tmp_path: Path, states: list[tuple[float, float]], precision: float) -> None:
    written = ", ".join(f"{{rate: {rate}/s, for: {seconds}s}}" for rate, seconds in states)
    waves = f"workload.work.arrivals={{process: mmpp, states: [{written}]}}"
    played = replications(tmp_path, STATION, "workload.work.arrivals=none", waves, "run.duration=124s")
    rates, sojourns = [rate for rate, _ in states], [seconds for _, seconds in states]
    mean_rate = sum(rate * seconds for rate, seconds in states) / sum(sojourns)
    expected = modulated_queue(rates, sojourns, 100.0) / mean_rate
    assert agree(figures(played, "work", "latency_mean"), expected, precision=precision)
    assert agree(figures(played, "service:server", "utilization"), mean_rate / 100, precision=0.08)
