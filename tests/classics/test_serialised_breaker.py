"""A breaker that holds its mutex during the call is a queue with one server, whatever stands before or behind it.

Sources: A. K. Erlang 1909 (M/D/1); F. Pollaczek 1930, A. Y. Khinchin 1932 (M/G/1).
"""

from __future__ import annotations

import pytest

from tests.classics.catalog import replications
from tests.support import Played
from tests.theory.agreement import agree, each, figures

CALL = 0.020
SHORT = "run={duration: 25s, warmup: 3s, drain: 5s, seed: 7, record: summary}"
EXPONENTIAL = "mutex"
CONSTANT = "mutex and constant calls"


def mean_stay(load: float, *, constant: bool) -> float:
    """Pollaczek and Khinchin: the call, and the wait for those before."""
    return CALL + load * CALL / (1 - load) * (0.5 if constant else 1)


def charges(variant: str, *overrides: str, number: int = 10) -> list[float]:
    """Charges per second under four times what one mutex lets through."""
    played = replications("serialised-breaker", "sweep=none", "run.load=4", *overrides, variant=variant, number=number)

    def rate(one: Played) -> float:
        return one.figure("call:orders->payments", "throughput")

    return each(played, rate)


@pytest.mark.parametrize("workers", [2, 16, 256])
def test_a_mutex_lets_one_call_through_at_a_time_whatever_the_workers(workers: int) -> None:
    rates = charges("mutex", SHORT, f"services.orders.workers={workers}")
    assert agree(rates, 1 / CALL, precision=0.07)


def test_each_replica_has_its_own_mutex() -> None:
    assert agree(charges("mutex and 2 replicas", SHORT), 2 / CALL, precision=0.07)


def test_constant_calls_leave_the_mutex_one_by_one() -> None:
    assert charges(CONSTANT, SHORT, number=1) == [pytest.approx(1 / CALL, rel=0.001)]


def test_without_the_mutex_the_breaker_is_no_bottleneck() -> None:
    assert agree(charges("unlocked", SHORT), 4 / CALL, precision=0.07)


@pytest.mark.parametrize(("variant", "load"), [(EXPONENTIAL, 0.5), (CONSTANT, 0.5)])
def test_before_the_mutex_calls_wait_as_theory_says(variant: str, load: float) -> None:
    played = replications(
        "serialised-breaker", "sweep=none", SHORT, "run.duration=63s", f"run.load={load}", variant=variant, number=10
    )
    expected = mean_stay(load, constant=variant == CONSTANT)
    assert agree(figures(played, "place", "latency_mean"), expected, precision=0.16)


@pytest.mark.stat
@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("variant", [EXPONENTIAL, CONSTANT])
def test_the_mutex_as_written(variant: str, load: float) -> None:
    played = replications("serialised-breaker", "sweep=none", f"run.load={load}", variant=variant, number=10)
    expected = mean_stay(load, constant=variant == CONSTANT)
    assert agree(figures(played, "place", "latency_mean"), expected, precision=0.30)


@pytest.mark.stat
def test_the_throughput_of_the_mutex_as_written() -> None:
    assert agree(charges("mutex", number=10), 1 / CALL, precision=0.02)
    assert agree(charges("mutex and 2 replicas", number=10), 2 / CALL, precision=0.02)
    assert charges(CONSTANT, number=1) == [pytest.approx(1 / CALL, rel=0.001)]
