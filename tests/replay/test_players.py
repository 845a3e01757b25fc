"""What parameters and events mean: library defaults, callsim's own keys, calls that only the record let through."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.replay import limits, rate_limiters
from experiments.replay.breakers import BreakerPlayer, spec_of
from experiments.replay.cases import cases_of
from experiments.replay.playing import play_case
from simulator.spec.policies import BreakerSpec


@pytest.mark.parametrize("library", ["polly", "hystrix", "gobreaker", "pybreaker", "purgatory", "resilience4j"])
def test_without_parameters_a_library_has_its_defaults(library: str) -> None:
    preset = BreakerSpec.model_validate({"preset": library})
    assert spec_of(f"circuit_breaker/{library}", {}) == preset


def test_both_names_of_resilience4j_are_the_same_library() -> None:
    params = {"window_type": "time", "window_size": 20, "half_open_max_wait_s": 3, "auto_half_open": True}
    spec = spec_of("circuit_breaker/r4j", params)
    assert spec == spec_of("circuit_breaker/resilience4j", params)
    assert (spec.window and spec.window.size, spec.half_open.max_wait, spec.open_ends) == (20.0, 3.0, "timer")


def test_the_keys_of_an_experiment_file_are_read_with_their_units() -> None:
    spec = spec_of("circuit_breaker/callsim", {"preset": "polly", "open_for": "90s", "failure_rate": "25%"})
    assert (spec.open_for, spec.failure_rate, spec.minimum_calls) == (90.0, 0.25, 100)
    limiter = rate_limiters.spec_of("rate_limiter/callsim", {"limit": 3, "period": "1m"})
    assert (limiter.limit, limiter.period) == (3, 60.0)
    assert limits.spec_of("concurrency_limit/callsim", {"kind": "aimd", "timeout": "2s"}).timeout == 2.0


def test_a_call_that_only_the_record_let_through_ends_without_a_trace() -> None:
    player = BreakerPlayer("circuit_breaker/callsim", {"max_failures": 1, "open_for": "10s"})
    events: list[Any] = [[0, "call", "failure"], [1, "start", "a"], [2, "end", "a", "success"], [20, "call", "ok"]]
    seen = [player.play(event) for event in events]
    assert [entry.decision for entry in seen] == ["allowed", "rejected", "", "allowed"]
    assert "was rejected here" in seen[2].event
    assert [entry.state for entry in seen] == ["open", "open", "open", "closed"]


def test_a_slow_call_says_how_long_it_took() -> None:
    params = {"preset": "resilience4j", "window": {"size": 1}, "minimum_calls": 1, "slow_call": {"longer_than": "2s"}}
    player = BreakerPlayer("circuit_breaker/callsim", params)
    assert player.play([0, "call", ["ok", 2.0]]).state == "closed"
    assert player.play([9, "call", ["ok", 2.001]]).state == "open"


@pytest.mark.parametrize(
    ("policy", "outcome", "state"),
    [
        ("callsim", "ok", "open"),
        ("resilience4j", "ok", "open"),
        ("callsim", ["ok", 0.5], "closed"),
        ("r4j", "ok", "closed"),  # the recorded file's name: its ends reported no duration
    ],
)
def test_a_call_took_the_time_from_its_start_to_its_end_unless_the_end_says_otherwise(
    policy: str, outcome: Any, state: str
) -> None:
    ours = {"preset": "resilience4j", "window": {"size": 1}, "minimum_calls": 1, "slow_call": {"longer_than": "2s"}}
    theirs = {"window_size": 1, "min_calls": 1, "slow_call_duration_s": 2}
    player = BreakerPlayer(f"circuit_breaker/{policy}", ours if policy == "callsim" else theirs)
    player.play([1, "start", "a"])
    assert player.play([9, "end", "a", outcome]).state == state


def test_the_line_of_an_end_shows_the_time_that_it_took() -> None:
    player = BreakerPlayer("circuit_breaker/callsim", {"preset": "resilience4j"})
    player.play([1.5, "start", "a"])
    assert player.play([9, "end", "a", "failure"]).event == "end a failure after 7.5s"


def test_a_duration_between_times_of_a_wall_clock_is_that_of_their_decimals() -> None:
    params = {"preset": "resilience4j", "window": {"size": 1}, "minimum_calls": 1, "slow_call": {"longer_than": "2.2s"}}
    player = BreakerPlayer("circuit_breaker/callsim", params)
    began, ended = 1_763_900_000.1, 1_763_900_002.3
    assert ended - began > 2.2
    player.play([began, "start", "a"])
    assert player.play([ended, "end", "a", "ok"]).state == "closed"


def test_a_window_with_billions_of_buckets_ends() -> None:
    events = [[0, "call", "failure"], [1e6, "call", "success"]]
    params = {"tick_s": 1e-9, "min_calls": 1}
    (case,) = cases_of({"policy": "circuit_breaker/hystrix", "params": params, "events": events}, "incident.json")
    assert [row.state for row in play_case(case).rows] == ["closed", "closed"]
    (case,) = cases_of(
        {"policy": "circuit_breaker/hystrix", "params": {**params, "min_calls": 2}, "events": events}, "incident.json"
    )
    assert [row.state for row in play_case(case).rows] == ["closed", "closed"]


@pytest.mark.parametrize("library", ["r4j", "polly", "hystrix", "gobreaker", "circuitbreaker"])
def test_times_may_be_those_of_a_clock_on_the_wall(library: str) -> None:
    begin = 1_763_900_000
    events = [[begin + tenth / 10, "call", "failure"] for tenth in range(200)]
    (case,) = cases_of({"policy": f"circuit_breaker/{library}", "events": events}, "incident.json")
    states = [row.state for row in play_case(case).rows]
    assert states[0] == "closed"
    assert "open" in states
