"""Fan-out and hedged requests against the figures of J. Dean and L. A. Barroso, The Tail at Scale, CACM 56(2), 2013."""

from __future__ import annotations

from functools import cache

import pytest

from experiments.language import load
from experiments.running.measuring import measure_of
from simulator.run import run_once
from tests.classics.catalog import replications
from tests.support import Played
from tests.theory.agreement import agree, figures

FEW, MANY = "100 servers", "2000 servers, slow once in 10000 times"
SLOW_OF_100 = 1 - 0.99**100  # 63 %
SLOW_OF_2000 = 1 - 0.9999**2000  # 18.1 %


def asks(variant: str, number: int, *overrides: str) -> list[Played]:
    """Replications that measure the experiment's objective, the share of requests without a slow answer."""
    document = load("catalog:tail-at-scale", overrides)
    (chosen,) = document.scenarios([variant])
    measure = measure_of(document.objectives)
    return [Played(chosen, run_once(chosen, replication, measure=measure)) for replication in range(number)]


def fast(runs: list[Played]) -> list[float]:
    """The shares of requests whose servers were all fast."""
    return figures(runs, "ask", "good")


@cache
def read(variant: str) -> Played:
    (played,) = replications("hedged-requests", variant=variant)
    return played


def extra(played: Played) -> float:
    """Requests to the store beyond one a read. Each read is itself a call."""
    return played.figure("read", "calls_per_request") - 2


def test_the_sources_own_figures() -> None:
    assert pytest.approx(0.63, abs=0.005) == SLOW_OF_100
    assert pytest.approx(0.181, abs=0.0005) == SLOW_OF_2000


def test_most_requests_to_a_hundred_servers_meet_a_slow_one() -> None:
    runs = asks(FEW, 1)
    requests = runs[0].count("ask")
    error = (SLOW_OF_100 * (1 - SLOW_OF_100) / requests) ** 0.5
    assert fast(runs)[0] == pytest.approx(1 - SLOW_OF_100, abs=3.3 * error)
    assert runs[0].figure("ask", "calls_per_request") == 101


def test_a_request_to_thousands_of_servers_asks_them_all() -> None:
    (run,) = asks(MANY, 1, "run.duration=5s")
    assert run.figure("ask", "calls_per_request") == 2001


@pytest.mark.stat
@pytest.mark.parametrize(("variant", "slow", "precision"), [(FEW, SLOW_OF_100, 0.05), (MANY, SLOW_OF_2000, 0.05)])
def test_fan_out_makes_rare_slowness_common(variant: str, slow: float, precision: float) -> None:
    runs = asks(variant, 16)
    assert agree(fast(runs), 1 - slow, precision=precision)


def test_hedging_at_the_95th_percentile_costs_5_percent_and_cuts_the_tail() -> None:
    plain, hedged = read("no hedge"), read("at p95")
    assert extra(hedged) == pytest.approx(0.05, abs=0.005)
    assert hedged.figure("read", "latency_p999") < plain.figure("read", "latency_p999") / 20
    assert hedged.figure("read", "latency_p50") == plain.figure("read", "latency_p50")


def test_hedging_after_10_ms_costs_2_percent() -> None:
    assert extra(read("after 10 ms")) == pytest.approx(
        0.02 + 0.98 * 0.0046, abs=0.005
    )  # the slow ones and the end of the others


def test_hedges_look_too_good_where_each_has_fresh_luck() -> None:
    plain, fresh = read("no hedge"), read("at p95")
    some, all_shared = read("at p95, 60 % of luck shared"), read("at p95, all luck shared")
    tail = [run.figure("read", "latency_p999") for run in (fresh, some, all_shared)]
    assert tail[0] * 5 < tail[1] < tail[2]
    assert all_shared.figure("read", "latency_p999") == pytest.approx(
        plain.figure("read", "latency_p999"), rel=0.35
    )  # nothing is gained: the luck is another draw of the same law
    for run in (fresh, some, all_shared):
        assert extra(run) == pytest.approx(0.05, abs=0.005)
