"""The yardsticks play the model that they say they play, and ratios are taken inside a round."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

import pytest

from benchmarks import ciw_mm1, figures, policies, textbook_mm1, unused
from benchmarks.contestants import Run
from simulator.results import Columns
from simulator.run import run_once
from simulator.spec.policies import NAMED_STACKS, ORDER

Play = Callable[[float, float, float, int], list[float]]


@pytest.mark.parametrize("play", [textbook_mm1.play, ciw_mm1.play])
def test_a_yardstick_is_the_queue_of_the_theory(play: Play) -> None:
    """At half the load the mean is 1 / (100 - 50) = 20 ms; over 25,000 requests its standard error is about 0.4 ms."""
    latencies = play(50.0, 0.010, 500.0, 7)
    assert len(latencies) == pytest.approx(25_000, rel=0.03)
    assert mean(latencies) == pytest.approx(0.020, abs=0.0016)


def test_a_ratio_compares_neighbours_in_time() -> None:
    fast_minute = {"a": Run(1.0, 300.0), "b": Run(1.0, 100.0)}
    slow_minute = {"a": Run(2.0, 300.0), "b": Run(2.0, 100.0)}
    assert figures.ratio([fast_minute, slow_minute], "a", "b") == (3.0, 3.0, 3.0)


def test_the_share_of_the_start_up_is_of_the_contestants_own_time() -> None:
    one = {"ciw mm1": Run(10.0, 1.0), "ciw start-up": Run(0.5, 1.0)}
    assert figures.start_up_share([one], "ciw mm1") == pytest.approx(0.05)


def test_a_yardstick_timed_twice_counts_as_one_run() -> None:
    whole = Run(1.0, 100.0, 0.04) + Run(3.0, 300.0, 0.06)
    assert (whole.per_second, whole.processes) == (100.0, 2)
    assert whole.latency_mean == pytest.approx(0.055)
    assert figures.start_up_share([{"ciw mm1": whole, "ciw start-up": Run(0.1, 1.0)}], "ciw mm1") == pytest.approx(0.05)


def test_every_policy_of_the_language_has_a_line() -> None:
    named = {name.partition(",")[0].partition(" ")[0] for name in policies.POLICIES}
    assert named - {"stack"} == set(ORDER)
    assert {name.removeprefix("stack ") for name in policies.POLICIES if name.startswith("stack ")} == set(NAMED_STACKS)


@pytest.mark.parametrize("name", policies.POLICIES)
def test_a_policy_that_is_measured_never_strikes(name: str) -> None:
    """Every request is answered ok after exactly two attempts: the client's and the one that the policy is round."""
    played = policies.scenario(policies.POLICIES[name], 1000)
    figures = run_once(played, 0).metrics
    found = {
        metric: value
        for operation, metric, value in zip(figures["operation"], figures["metric"], figures["value"], strict=True)
        if operation == "serve"
    }
    assert (found["error_rate"], found["rejected"], found["retries"], found["calls_per_request"]) == (0, 0, 0, 2)


def test_the_table_says_whether_the_stack_is_cheap_enough() -> None:
    dear = policies.table({policies.STACK: [2.1, 2.5, 1.0]}, 20e-6)
    cheap = policies.table({policies.STACK: [1.5, 2.5, 1.0]}, 20e-6)
    assert dear[-1].endswith("DOES NOT HOLD")
    assert cheap[-1].endswith(": holds")
    assert "1.50 (from 1.00 to 2.50; +10.0 us)" in cheap[2]


@pytest.mark.parametrize("name", unused.UNUSED)
def test_what_is_not_used_is_never_met(name: str) -> None:
    """The requests fare exactly as without it."""
    bare, more = (
        run_once(policies.scenario(policies.BARE, 1000, text), 0).metrics for text in ("", unused.UNUSED[name])
    )
    assert _of_requests(bare) == _of_requests(more)


def _of_requests(figures: Columns) -> list[tuple[str, str]]:
    rows = zip(figures["phase"], figures["operation"], figures["metric"], figures["value"], strict=True)
    return [(metric, repr(value)) for phase, operation, metric, value in rows if (phase, operation) == ("all", "serve")]
