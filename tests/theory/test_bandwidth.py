"""A pipe against the queue that it is: M/D/1, with the sizes over the bandwidth as service times.

Sources: F. Pollaczek 1930 and A. Khinchine 1932 (the mean wait), A. K. Erlang 1909 and C. D. Crommelin 1932 (its law).
Each check raises a false alarm on one seed in a thousand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.theory.agreement import agree, figures, replications

PIPE = """
services:
  store:
    workers: 100000
    operations:
      put: {work: 0s, request_size: 12.5kB}
      small: {work: 0s, request_size: 6250B}
      large: {work: 0s, request_size: 68750B}
network:
  "client -> store": {bandwidth: 10Mbit/s}
workload: [{call: store.put, arrivals: {process: poisson, rate: 80/s}}]
run: {duration: 64s, warmup: 4s, drain: 20s, record: summary, window: 10s, seed: 12}
"""
"""12.5 kB at 10 Mbit/s: 10 ms."""
RATE = "workload.put.arrivals.rate"


@pytest.mark.parametrize(("rate", "mean", "p95"), [(50, 0.015, 0.03050638), (80, 0.030, 0.07620325)])
def test_messages_of_one_size(tmp_path: Path, rate: int, mean: float, p95: float) -> None:
    """M/D/1."""
    played = replications(tmp_path, PIPE, f"{RATE}={rate}/s")
    assert agree(figures(played, "put", "latency_mean"), mean, precision=0.10)
    assert agree(figures(played, "put", "latency_p95"), p95, precision=0.20)


def test_answers_share_the_way_back_and_not_the_way_there(tmp_path: Path) -> None:
    """Two pipes in tandem, the second of half the time: what leaves the first comes 10 ms apart, and never waits."""
    answer = "services.store.operations.put.response_size=6250B"
    played = replications(tmp_path, PIPE, answer)
    assert agree(figures(played, "put", "latency_mean"), 0.030 + 0.005, precision=0.10)


def test_messages_of_two_sizes(tmp_path: Path) -> None:
    """M/G/1 with 5 ms in nine cases of ten and 55 ms in the tenth, load 0.6: the wait is 24.375 ms for both."""
    entries = "[{call: store.small, arrivals: %s}, {call: store.large, arrivals: %s}]"
    rates = tuple(f"{{process: poisson, rate: {rate}/s}}" for rate in (54, 6))
    played = replications(tmp_path, PIPE, f"workload={entries % rates}", "run.duration=124s")
    assert agree(figures(played, "small", "latency_mean"), 0.024375 + 0.005, precision=0.15)
    assert agree(figures(played, "large", "latency_mean"), 0.024375 + 0.055, precision=0.15)
