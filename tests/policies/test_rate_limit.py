"""Rate limiters: the machines, call by call, and the policy on a clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.network.attempt import Request
from simulator.policies.call import Call, Calling, Policy
from simulator.policies.rate_limit import RateLimiter, Verdict, limiter_of
from simulator.policies.rate_limiting import rate_limiting
from simulator.spec.policies import RateLimitSpec
from tests.policies.desk import Desk
from tests.support import play


def limiter(**settings: Any) -> RateLimiter:
    return limiter_of(RateLimitSpec.model_validate({"limit": 2, "period": 1.0, **settings}))


def said(machine: RateLimiter, times: list[float]) -> list[str]:
    """``yes`` with the wait before it, or ``no`` with the wait before that."""
    verdicts = [machine.acquire(time) for time in times]
    return [f"{'yes' if verdict.allowed else 'no'} {verdict.wait:g}" for verdict in verdicts]


CASES: dict[str, tuple[dict[str, Any], list[float], list[str]]] = {
    "a bucket is full at first and fills evenly": (
        {"kind": "token_bucket"},
        [0, 0, 0, 0.4, 0.5, 0.5, 1.0],
        ["yes 0", "yes 0", "no 0", "no 0", "yes 0", "no 0", "yes 0"],
    ),
    "a bucket holds its burst and no more": (
        {"kind": "token_bucket", "burst": 3},
        [50, 50, 50, 50],
        ["yes 0", "yes 0", "yes 0", "no 0"],
    ),
    "who waits has reserved a token": (
        {"kind": "token_bucket", "max_wait": 1.0},
        [0, 0, 0, 0, 0, 0.5],
        ["yes 0", "yes 0", "yes 0.5", "yes 1", "no 0", "yes 1"],
    ),
    "a wait without limit is never refused": (
        {"kind": "token_bucket", "max_wait": "unlimited"},
        [0] * 5,
        ["yes 0", "yes 0", "yes 0.5", "yes 1", "yes 1.5"],
    ),
    "gcra without burst spaces calls": (
        {"kind": "gcra"},
        [0, 0.25, 0.5, 0.999, 1.0],
        ["yes 0", "no 0", "yes 0", "no 0", "yes 0"],
    ),
    "gcra lets as many as its burst come early": (
        {"kind": "gcra", "burst": 1},
        [0, 0, 0, 0.5, 0.5],
        ["yes 0", "yes 0", "no 0", "yes 0", "no 0"],
    ),
    "cycles grant at their begin": (
        {"kind": "cycles"},
        [0.9, 0.9, 0.9, 1.0, 1.0, 1.999, 2.0],
        ["yes 0", "yes 0", "no 0", "yes 0", "yes 0", "no 0", "yes 0"],
    ),
    "cycles carry nothing over": ({"kind": "cycles"}, [7.5, 7.5, 7.5], ["yes 0", "yes 0", "no 0"]),
    "cycles with a burst carry that much over": (
        {"kind": "cycles", "burst": 5},
        [0, 0, 0, 9, 9, 9, 9, 9, 9],
        ["yes 0", "yes 0", "no 0", *["yes 0"] * 5, "no 0"],
    ),
    "cycles are reserved ahead, and who is refused waits all the same": (
        {"kind": "cycles", "max_wait": 1.5},
        [0.25, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 1.0],
        ["yes 0", "yes 0", "yes 0.75", "yes 0.75", "no 1.5", "yes 1.5", "yes 1.5", "no 1.5"],
    ),
    "cycles may refuse at once": (
        {"kind": "cycles", "max_wait": 0.5, "refusal": "at_once"},
        [0.25, 0.25, 0.25],
        ["yes 0", "yes 0", "no 0"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_machine(name: str) -> None:
    settings, times, expected = CASES[name]
    assert said(limiter(**settings), times) == expected


@pytest.mark.parametrize("kind", ["token_bucket", "gcra"])
@pytest.mark.parametrize("limit", [1, 3, 7, 30])
def test_a_caller_that_keeps_exactly_to_the_rate_is_never_refused(kind: str, limit: int) -> None:
    """Although its times, and the interval, are no round numbers of nanoseconds."""
    machine = limiter(kind=kind, limit=limit, period=0.1, burst=0 if kind == "gcra" else 1)
    refused = [number for number in range(5000) if not machine.acquire(number * (0.1 / limit)).allowed]
    assert refused == []


def test_a_boundary_is_exact_although_floats_are_not() -> None:
    machine = limiter(kind="cycles", limit=1, period=0.1)
    times = [number * 0.1 for number in range(200)]  # 0.30000000000000004, and 0.7000000000000001 / 0.1 < 7
    assert [machine.acquire(time).allowed for time in times] == [True] * 200


def test_a_refusal_says_when_it_is_worth_asking_again() -> None:
    machine = limiter(kind="gcra", limit=1)
    machine.acquire(0.0)
    assert machine.acquire(0.25) == Verdict(False, 0.0, 0.75)


@pytest.mark.parametrize("kind", ["token_bucket", "cycles"])
def test_a_crash_makes_it_new(kind: str) -> None:
    machine = limiter(kind=kind)
    assert said(machine, [0.5, 0.5, 0.5]) == ["yes 0", "yes 0", "no 0"]
    machine.reset(0.75)
    assert said(machine, [0.75, 0.75, 0.8]) == ["yes 0", "yes 0", "no 0"]


def test_cycles_begin_with_the_process_that_counts_them() -> None:
    machine = limiter(kind="cycles")
    machine.reset(0.75)
    assert said(machine, [1.0, 1.0, 1.7, 1.75]) == ["yes 0", "yes 0", "no 0", "yes 0"]


# -- the policy on a clock --------------------------------------------------------------------------------


def limited(desk: Desk, **settings: Any) -> Policy:
    machine = limiter(**settings)
    return rate_limiting(desk.environment, lambda _: machine, "edge")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_comes_too_early_is_refused_and_never_reaches_the_server(desk: Desk) -> None:
    policy = limited(desk)
    for name in "abc":
        desk.ask(name, [policy], desk.server(("ok", 1.0)))
    desk.run()
    assert desk.answers == {"c": (0.0, "rejected rate_limited"), "a": (1.0, "ok"), "b": (1.0, "ok")}
    assert desk.requests["c"].root.mishaps.rejected == 1
    assert desk.lines.count("0: begin") == 2


def test_a_call_is_made_when_its_turn_comes(desk: Desk) -> None:
    policy = limited(desk, max_wait=0.5)
    for name in "abcd":
        desk.ask(name, [policy], desk.server(("ok", 1.0)))
    desk.run()
    assert desk.answers["c"] == (1.5, "ok")
    assert desk.answers["d"] == (0.0, "rejected rate_limited")


def test_resilience4j_lets_a_caller_wait_that_it_will_refuse(desk: Desk) -> None:
    policy = limited(desk, preset="resilience4j", limit=1, period=10.0, max_wait=3.0)
    for name in "ab":
        desk.ask(name, [policy], desk.server(("ok", 1.0)))
    desk.run()
    assert desk.answers == {"a": (1.0, "ok"), "b": (3.0, "rejected rate_limited")}


def test_a_turn_that_was_given_up_is_spent(desk: Desk) -> None:
    policy = limited(desk, limit=1, max_wait=2.0)
    for name in "abc":
        desk.ask(name, [policy], desk.server(("ok", 0.25)))
    desk.give_up("b", at=0.5)
    desk.run()
    assert desk.answers == {"a": (0.25, "ok"), "c": (2.25, "ok")}


def test_a_deadline_handed_down_ends_the_wait_as_a_timeout(desk: Desk) -> None:
    def handing_down(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            request.deadline = 0.25
            return (yield from inner(request))

        return call

    policy = limited(desk, limit=1, max_wait=2.0)
    desk.ask("a", [policy], desk.server(("ok", 0.5)))
    desk.ask("b", [handing_down, policy], desk.server(("ok", 0.5)))
    desk.run()
    assert desk.answers == {"b": (0.25, "timeout"), "a": (0.5, "ok")}
    assert desk.requests["b"].root.mishaps.rejected == 0


MODEL = """
    services:
      front: {replicas: 2, workers: 1000, operations: {buy: {steps: [{call: back.serve}]}}}
      back: {replicas: 2, workers: 100, operations: {serve: {work: 1ms}}}
    workload: [{call: front.buy, arrivals: {process: constant, rate: 20/s}}]
    run: {duration: 100s, record: requests}
    calls:
      "front -> back": {rate_limit: {limit: 2, period: 1s, scope: SCOPE}}
"""


@pytest.mark.parametrize(("scope", "rate"), [("edge", 2.0), ("caller", 4.0), ("callee", 4.0)])
def test_each_scope_lets_its_own_rate_through(tmp_path: Path, scope: str, rate: float) -> None:
    shown = play(tmp_path, MODEL.replace("SCOPE", scope))
    rows = shown.rows()
    passed = sum(row.outcome == "ok" for row in rows)
    assert rate * 99 <= passed <= rate * 102
    assert {row.reason for row in rows if row.outcome != "ok"} == {"rate_limited"}


# -- what is written --------------------------------------------------------------------------------------


def test_what_resilience4j_does_unless_told_otherwise() -> None:
    spec = RateLimitSpec.model_validate({"preset": "resilience4j"}, context={"file": True})
    assert (spec.kind, spec.limit, spec.period, spec.max_wait) == ("cycles", 50, 5e-7, 5.0)
    assert (spec.refusal, spec.at_once) == ("after_max_wait", 50)


def test_own_keys_win_over_the_preset() -> None:
    written = {"preset": "resilience4j", "period": "1s", "limit": 9, "max_wait": "unlimited"}
    spec = RateLimitSpec.model_validate(written, context={"file": True})
    assert (spec.kind, spec.limit, spec.period, spec.max_wait) == ("cycles", 9, 1.0, None)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"period": "1s"}, "'limit' is missing"),
        ({"limit": 3, "burst": 0}, "burst must be at least 1 for token_bucket"),
        ({"limit": 3, "period": 0}, "above 0"),
        ({"limit": 3, "kind": "leaky"}, "token_bucket"),
    ],
)
def test_a_mistake_is_refused(written: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RateLimitSpec.model_validate(written, context={"file": True})
