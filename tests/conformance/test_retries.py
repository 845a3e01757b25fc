"""Recorded behaviour of real retry libraries (policy_vectors.json, ids bo-*, rt-*, tb-*), one named test each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.policies.backoff import Waits
from simulator.policies.budget import Account, Budget, EnvoyBudget, budget_of
from simulator.spec.policies import (
    AwsBudgetSpec,
    BackoffSpec,
    EnvoyBudgetSpec,
    FinagleBudgetSpec,
    GrpcBudgetSpec,
    RetrySpec,
)
from tests.policies.desk import Desk

VECTORS = json.loads((Path(__file__).parent / "policy_vectors.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in VECTORS["vectors"]}


def preset(name: str, **keys: Any) -> RetrySpec:
    return RetrySpec.model_validate({"preset": name, **keys})


def backoff(**keys: Any) -> BackoffSpec:
    return BackoffSpec.model_validate(keys)


def backoff_of(name: str, **keys: Any) -> BackoffSpec:
    made = preset(name, **keys).backoff
    assert made is not None
    return made


# -- backoff: the delays before retries, given the uniform draws ------------------------------------------------

BACKOFFS: dict[str, BackoffSpec] = {
    "bo-r4j-default": backoff_of("resilience4j"),
    "bo-tenacity-exp": backoff_of("tenacity", backoff={"max": 10.0}),
    "bo-aws-standard-2026-u1": backoff_of("aws"),
    "bo-aws-standard-legacy-u.5": backoff_of("aws_legacy"),
    "bo-polly-const-jitter-u.6": backoff_of(
        "polly", backoff={"base": 1.0, "jitter": {"kind": "proportional", "share": 0.25}}
    ),
    "bo-polly-linear": backoff_of("polly", backoff={"kind": "linear", "base": 1.0}),
    # The script's first retry uses 2^1: that is twice the base.
    "bo-aws-arch-full-u.5": backoff(
        kind="exponential", base=10.0, multiplier=2, max=2000.0, cap="before_jitter", jitter={"kind": "full"}
    ),
    "bo-aws-arch-decorrelated-u.5": backoff(kind="decorrelated", base=5.0, max=2000.0),
}


@pytest.mark.parametrize("name", BACKOFFS)
def test_recorded_delays(name: str) -> None:
    case = CASES[name]
    waits = Waits(BACKOFFS[name])
    assert [number for number, _ in case["events"]] == list(range(1, len(case["events"]) + 1))
    delays = [waits.next(luck or 0.0) for _, luck in case["events"]]
    assert delays == pytest.approx(case["expect"], rel=1e-12)


def test_aws_waits_longer_after_throttling() -> None:
    case = CASES["bo-aws-standard-2026-throttle-u.5"]
    spec = preset("aws")
    assert spec.throttling is not None
    waits = Waits(spec.backoff)
    assert [waits.next(luck, spec.throttling.base) for _, luck in case["events"]] == case["expect"]


RANGES: dict[str, BackoffSpec] = {
    "bo-grpc-range": backoff_of("grpc", backoff={"base": 0.2, "max": 0.5}),
    "bo-r4j-random": backoff_of("resilience4j", backoff={"jitter": {"kind": "proportional", "share": 0.5}}),
}


@pytest.mark.parametrize("name", RANGES)
def test_recorded_ranges(name: str) -> None:
    low, high = Waits(RANGES[name]), Waits(RANGES[name])
    almost_one = 1.0 - 2.0**-53
    for shortest, longest in CASES[name]["expect"]:
        assert low.next(0.0) == pytest.approx(shortest, abs=0.001)
        assert high.next(almost_one) == pytest.approx(longest, abs=0.0011)


# -- timelines: when attempts begin, and how the call ends -------------------------------------------------------


def timeline(
    reply: str, seconds: float, spec: dict[str, Any], deadline: float | None = None
) -> tuple[list[float], str]:
    """When the attempts of one call begin, and how and when it ends."""
    desk = Desk()
    policies = [] if deadline is None else [desk.deadline(deadline, propagate=True)]
    end, answer = desk.answer([*policies, desk.retry(**spec)], desk.server((reply, seconds)))
    begins = [float(line.split(":")[0]) for line in desk.lines if line.endswith("begin")]
    return begins, f"{answer} at {end:g}"


FAILING: dict[str, dict[str, Any]] = {
    "rt-r4j-default": {"preset": "resilience4j"},
    "rt-r4j-exp": {"preset": "resilience4j", "attempts": 4, "backoff": {"kind": "exponential", "multiplier": 2}},
    "rt-tenacity-stop-attempt": {"preset": "tenacity", "attempts": 3, "backoff": {"kind": "fixed", "base": 2.0}},
    "rt-tenacity-stop-after-delay-overshoots": {
        "preset": "tenacity",
        "backoff": {"kind": "fixed", "base": 2.0},
        "give_up": {"after": 5.0},
    },
    "rt-tenacity-stop-before-delay": {
        "preset": "tenacity",
        "backoff": {"kind": "fixed", "base": 2.0},
        "give_up": {"before": 5.0},
    },
}


@pytest.mark.parametrize("name", FAILING)
def test_recorded_attempts_of_a_call_that_always_fails(name: str) -> None:
    begins, end = timeline("server_error", 0.0, FAILING[name])
    expected, _ = CASES[name]["expect"]
    assert begins == expected
    assert end.startswith("server_error")


def test_rt_grpc_deadline_spans_attempts() -> None:
    spec = {"preset": "grpc", "attempts": 5, "backoff": {"kind": "fixed", "base": 1.0}}
    expected, _ = CASES["rt-grpc-deadline-spans-attempts"]["expect"]
    assert timeline("unreachable", 0.0, spec, deadline=0.5) == (expected, "timeout at 0.5")


def test_rt_grpc_pushback_negative() -> None:
    expected, _ = CASES["rt-grpc-pushback-negative"]["expect"]
    assert timeline("unreachable pushback=-1", 0.0, {"preset": "grpc"}) == (expected, "unreachable at 0")


def test_rt_grpc_pushback_700() -> None:
    expected, _ = CASES["rt-grpc-pushback-700"]["expect"]
    begins, end = timeline("unreachable pushback=0.7", 0.0, {"preset": "grpc", "attempts": 3})
    assert begins == pytest.approx(expected)
    assert end == "unreachable at 1.4"


def test_rt_envoy_per_try_timeout() -> None:
    case = CASES["rt-envoy-per-try"]
    desk = Desk()
    again = desk.retry(preset="envoy", max_retries=5, backoff={"base": 0.01})
    policies = [desk.deadline(1.0), again, desk.deadline(0.3, name="try")]
    assert desk.answer(policies, desk.server(("ok", 60.0))) == (1.0, "timeout")
    begins = [float(line.split(":")[0]) for line in desk.lines if line.endswith("begin")]
    expected, _ = case["expect"]
    assert len(begins) == len(expected)
    # Recorded gaps: 300 ms and a jitter of 10 to 80 ms, of which 0 to 40 ms are drawn; the rest is the real clock.
    for found, recorded in zip(begins, expected, strict=True):
        assert found == pytest.approx(recorded, rel=case["tolerance"])


# -- budgets -----------------------------------------------------------------------------------------------------


def test_tb_grpc_java_throttle() -> None:
    case = CASES["tb-grpc-java-throttle"]
    budget = budget_of(GrpcBudgetSpec(**case["params"]))
    found: list[list[Any]] = []
    for time, event in case["events"]:
        if event == "success":
            budget.succeeded(retried=False)
            found.append(["above_threshold", getattr(budget, "above_threshold")])  # noqa: B009
        else:
            budget.failed()
            found.append(["retry_allowed", budget.withdraw("transient", time) is not None])
    assert found == case["expect"]


def granted_until_refused(budget: Budget) -> int:
    granted = 0
    while budget.withdraw("transient", 0.0) is not None:
        granted += 1
    return granted


def test_tb_aws_quota_transient() -> None:
    purse = preset("aws").purse
    assert isinstance(purse, AwsBudgetSpec)
    budget = budget_of(purse)
    assert [["granted", granted_until_refused(budget)], ["left", getattr(budget, "left")]] == CASES[  # noqa: B009
        "tb-aws-quota-transient"
    ]["expect"]


def test_tb_aws_quota_legacy() -> None:
    purse = preset("aws_legacy").purse
    assert isinstance(purse, AwsBudgetSpec)
    assert (purse.cost, purse.timeout_cost) == (5, 10)
    assert [["granted", granted_until_refused(budget_of(purse))]] == CASES["tb-aws-quota-legacy"]["expect"]


def test_tb_finagle_budget() -> None:
    purse = preset("finagle").purse
    assert purse == FinagleBudgetSpec(ttl=10.0, reserve=10.0, share=0.2)
    budget: Any = budget_of(purse)
    found = [["granted", granted_until_refused(budget)]]
    for _ in range(10):
        budget.call_begins(0.0)
    found += [["balance", budget.balance(time)] for time in (0.0, 9.0, 10.001)]
    assert found == CASES["tb-finagle-budget"]["expect"]


def failing_together(budget: EnvoyBudget, number: int, **keys: Any) -> tuple[int, int]:
    """How many of `number` calls that fail together may retry, and how many may not."""
    desk = Desk()
    for caller in range(number):
        again = desk.budgeted(budget, preset="envoy", **keys)
        desk.ask(str(caller), [again], desk.server(("server_error", 0.01)))
    desk.run()
    assert (budget.retries, len(desk.answers)) == (0, number)
    return budget.granted, budget.refused


def test_tb_envoy_max_retries_default() -> None:
    budget = EnvoyBudget(EnvoyBudgetSpec())
    granted, overflow = failing_together(budget, 20, backoff={"base": 0.2})
    assert [["retries_granted", granted], ["overflow", overflow]] == CASES["tb-envoy-max-retries-default"]["expect"]


def test_tb_envoy_retry_budget() -> None:
    case = CASES["tb-envoy-retry-budget"]
    budget = EnvoyBudget(EnvoyBudgetSpec(share=0.2, minimum=3))
    slow = [Account() for _ in range(50)]
    for account in slow:
        account.begin(budget, 0.0)
    granted, overflow = failing_together(budget, 20)
    recorded = dict(case["expect"])
    # The recorded run answered one after the other: which attempts still count at each decision is up to its timing.
    assert granted == pytest.approx(recorded["retries_granted"], rel=case["tolerance"])
    assert granted + overflow == recorded["retries_granted"] + recorded["overflow"]


def test_every_recorded_retry_is_reproduced_here() -> None:
    named = {*BACKOFFS, *RANGES, *FAILING}
    text = Path(__file__).read_text(encoding="utf-8")
    recorded = {name for name in CASES if name.startswith(("bo-", "rt-", "tb-"))}
    assert {name for name in recorded - named if f'"{name}"' not in text} == set()
