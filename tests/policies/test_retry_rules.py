"""What is retried, what ends a call, what a callee's pushback and a budget do: the wrapper on a clock."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from simulator.outcomes import REASONS
from simulator.policies.budget import AwsBudget, EnvoyBudget, GrpcBudget
from simulator.spec.base import FROM_FILE, PARTIAL
from simulator.spec.policies import (
    AwsBudgetSpec,
    BackoffSpec,
    EnvoyBudgetSpec,
    GrpcBudgetSpec,
    RetrySpec,
)
from simulator.spec.policies.retry import Reason
from simulator.spec.policies.retry_presets import RETRY_PRESETS, RetryPreset
from tests.policies.desk import Desk

FIXED = {"kind": "fixed", "base": 1.0}
EXPONENTIAL = {"kind": "exponential", "base": 1.0}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def written(**keys: Any) -> RetrySpec:
    return RetrySpec.model_validate(keys, context=dict(FROM_FILE))


def begins(desk: Desk) -> list[float]:
    return [float(line.split(":")[0]) for line in desk.lines if line.endswith("begin")]


# -- what is retried ----------------------------------------------------------------------------------------


def test_every_reason_can_be_named() -> None:
    assert set(get_args(Reason)) == set(REASONS)


@pytest.mark.parametrize(
    ("listed", "reply", "retried"),
    [
        (["rejected"], "rejected breaker_open", True),
        (["rejected"], "rejected queue_full", True),
        (["breaker_open"], "rejected breaker_open", True),
        (["breaker_open"], "rejected queue_full", False),
        (["queue_full", "shed"], "rejected shed", True),
        (["queue_full", "shed"], "rejected breaker_open", False),
        (["breaker_open"], "server_error breaker_open", False),
        (["server_error"], "server_error breaker_open", True),
        ([], "server_error", False),
    ],
)
def test_a_rejection_is_retried_by_name_or_by_reason(desk: Desk, listed: list[str], reply: str, retried: bool) -> None:
    desk.answer([desk.retry(max_retries=1, retry_on=listed)], desk.server((reply, 1.0)))
    assert len(begins(desk)) == 1 + retried


def test_an_open_breaker_is_asked_again_where_the_file_says_so(desk: Desk) -> None:
    _, guarded = desk.breaker(max_failures=1, open_for=2.5)
    again = desk.retry(max_retries=5, backoff=FIXED, retry_on=["server_error", "breaker_open"])
    assert desk.answer([again, guarded], desk.server(("server_error", 0.0), ("ok", 0.0))) == (3.0, "ok")
    assert desk.requests["a"].root.mishaps.rejected == 2


# -- what ends it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("give_up", "expected"),
    [
        ({"after": 5.0}, [0, 2, 4, 6]),
        ({"after": 4.0}, [0, 2, 4]),
        ({"before": 5.0}, [0, 2, 4]),
        ({"before": 4.0}, [0, 2]),
        ({"after": 100.0, "before": 3.0}, [0, 2]),
        ({"after": 1.0, "before": 100.0}, [0, 2]),
    ],
)
def test_giving_up_by_time(desk: Desk, give_up: dict[str, float], expected: list[float]) -> None:
    again = desk.retry(max_retries="unlimited", backoff={"kind": "fixed", "base": 2.0}, give_up=give_up)
    desk.answer([again], desk.server(("server_error", 0.0)))
    assert begins(desk) == expected


def test_time_is_counted_from_the_beginning_of_the_first_attempt(desk: Desk) -> None:
    again = desk.retry(max_retries=9, give_up={"after": 3.0})
    desk.ask("a", [again], desk.server(("server_error", 1.0)), at=50.0)
    desk.run()
    assert begins(desk) == [50, 51, 52]


# -- pushback -----------------------------------------------------------------------------------------------


def test_a_pushback_is_waited_for_exactly_and_the_backoff_begins_anew(desk: Desk) -> None:
    server = desk.server(
        ("server_error", 0.0), ("server_error", 0.0), ("server_error pushback=0.7", 0.0), ("server_error", 0.0)
    )
    desk.answer([desk.retry(attempts=6, backoff=EXPONENTIAL)], server)
    assert begins(desk) == pytest.approx([0, 1, 3, 3.7, 4.7, 6.7])


def test_a_callee_that_wants_no_more_is_not_asked_again(desk: Desk) -> None:
    again = desk.retry(attempts=4, backoff=FIXED)
    assert desk.answer([again], desk.server(("server_error pushback=-1", 0.5))) == (0.5, "server_error")


def test_a_pushback_of_zero_means_at_once(desk: Desk) -> None:
    desk.answer([desk.retry(attempts=3, backoff=FIXED)], desk.server(("server_error pushback=0", 1.0)))
    assert begins(desk) == [0, 1, 2]


@pytest.mark.parametrize("pushback", ["-1", "0.7"])
def test_a_client_that_ignores_pushback_waits_as_always(desk: Desk, pushback: str) -> None:
    again = desk.retry(attempts=3, backoff=EXPONENTIAL, pushback="ignored")
    desk.answer([again], desk.server((f"server_error pushback={pushback}", 0.0)))
    assert begins(desk) == [0, 1, 3]


def test_a_pushback_beyond_the_deadline_ends_with_it(desk: Desk) -> None:
    policies = [desk.deadline(2.0, propagate=True), desk.retry(attempts=3)]
    assert desk.answer(policies, desk.server(("server_error pushback=7", 0.5))) == (2.0, "timeout")


# -- throttling ---------------------------------------------------------------------------------------------


def test_a_throttling_reply_has_its_own_base(desk: Desk) -> None:
    again = desk.retry(
        attempts=4, backoff=EXPONENTIAL, throttling={"base": 10.0}, retry_on=["server_error", "rejected"]
    )
    desk.answer([again], desk.server(("server_error", 0.0), ("rejected shed", 0.0), ("server_error", 0.0)))
    assert begins(desk) == [0, 1, 21, 25]


# -- budgets ------------------------------------------------------------------------------------------------


def test_failures_without_a_retry_left_cost_grpc_a_token_and_other_failures_none(desk: Desk) -> None:
    budget = GrpcBudget(GrpcBudgetSpec(max_tokens=10, token_ratio=0.1))
    once = desk.budgeted(budget, max_retries=0)
    desk.answer([once], desk.server(("server_error", 0.0)))
    assert budget.tokens == 9000
    desk.ask("b", [once], desk.server(("client_error", 0.0)), at=2000.0)
    desk.ask("c", [once], desk.server(("ok", 0.0)), at=2001.0)
    desk.run(3000.0)
    assert budget.tokens == 9100


def test_without_budget_left_the_last_reply_stands(desk: Desk) -> None:
    budget = AwsBudget(AwsBudgetSpec(capacity=20))
    again = desk.budgeted(budget, max_retries=5, backoff=FIXED)
    assert desk.answer([again], desk.server(("server_error", 0.5))) == (2.0, "server_error")
    assert (budget.left, budget.refused, desk.requests["a"].root.mishaps.retries) == (6, 1, 1)


def test_a_success_after_retries_refunds_the_last_one(desk: Desk) -> None:
    budget = AwsBudget(AwsBudgetSpec())
    again = desk.budgeted(budget, max_retries=5, throttling={}, retry_on=["server_error", "timeout", "shed"])
    server = desk.server(("server_error", 0.5), ("timeout", 0.5), ("rejected shed", 0.5), ("ok", 0.5))
    assert desk.answer([again], server) == (2.0, "ok")
    assert budget.left == 500 - 14 - 14 - 5 + 5


@pytest.mark.parametrize("at", [0.5, 1.5, 2.5], ids=["first attempt", "backoff", "retry"])
def test_whoever_gives_up_gives_back_its_slot(desk: Desk, at: float) -> None:
    budget = EnvoyBudget(EnvoyBudgetSpec(max_retries=1))
    desk.ask("a", [desk.budgeted(budget, max_retries=3, backoff=FIXED)], desk.server(("server_error", 1.0)))
    seen: list[tuple[int, int]] = []
    desk.environment.at(at, lambda _: seen.append((budget.attempts, budget.retries)), None)
    desk.give_up("a", at)
    desk.run()
    assert seen == [(0 if at == 1.5 else 1, 0 if at == 0.5 else 1)]
    assert (budget.attempts, budget.retries) == (0, 0)


def test_a_slot_is_free_again_when_the_deadline_ends_the_backoff(desk: Desk) -> None:
    budget = EnvoyBudget(EnvoyBudgetSpec(max_retries=1))
    again = desk.budgeted(budget, max_retries=3, backoff=FIXED)
    answer = desk.answer([desk.deadline(1.5, propagate=True), again], desk.server(("server_error", 1.0)))
    assert answer == (1.5, "timeout")
    assert (budget.attempts, budget.retries, budget.granted) == (0, 0, 1)


def test_a_retry_within_budget_behaves_as_one_without(desk: Desk) -> None:
    script = (("server_error", 0.5), ("timeout", 0.5), ("ok", 0.5))
    settings: dict[str, Any] = {"max_retries": 3, "backoff": {**EXPONENTIAL, "jitter": {"kind": "full"}}}
    plain = Desk()
    budget = AwsBudget(AwsBudgetSpec())
    assert desk.answer([desk.budgeted(budget, **settings)], desk.server(*script)) == plain.answer(
        [plain.retry(**settings)], plain.server(*script)
    )
    assert desk.lines == plain.lines


# -- as written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"max_retries": 3, "attempts": 4}, "not both"),
        ({}, "'max_retries' is missing"),
        ({"max_retries": "unlimited"}, "need a backoff"),
        ({"max_retries": "unlimited", "backoff": {"kind": "fixed", "base": 0}}, "need a backoff"),
        ({"max_retries": 1, "give_up": {}}, "write after, before"),
        ({"max_retries": 1, "retry_on": ["breaker"]}, "breaker_open"),
        ({"preset": "grpc", "attempts": 6}, "at most 5 attempts"),
        ({"preset": "grpc", "max_retries": 5}, "at most 5 attempts"),
        ({"preset": "hystrix"}, "resilience4j"),
        ({"max_retries": 1, "budget": {"kind": "aws", "adaptive": True}}, "'throttling' is missing"),
    ],
)
def test_a_wrong_retry_is_refused(keys: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        written(**keys)


def test_every_preset_is_a_whole_retry_and_every_name_has_one() -> None:
    assert set(get_args(RetryPreset)) == set(RETRY_PRESETS)
    for name in RETRY_PRESETS:
        assert written(preset=name).retries >= 1
        RetrySpec.model_validate({"preset": name}, context=dict(PARTIAL))


@pytest.mark.parametrize("name", RETRY_PRESETS)
def test_a_file_may_count_in_the_other_way_than_its_preset(name: str) -> None:
    assert (written(preset=name, max_retries=4).retries, written(preset=name, attempts=3).retries) == (4, 2)


@pytest.mark.parametrize(
    ("keys", "backoff"),
    [
        (
            {"preset": "resilience4j", "backoff": {"kind": "exponential"}},
            BackoffSpec(kind="exponential", base=0.5, multiplier=1.5, rounded_down_to=0.001),
        ),
        ({"preset": "polly", "backoff": {"kind": "linear"}}, BackoffSpec(kind="linear", base=2.0)),
        ({"preset": "polly_standard"}, BackoffSpec(kind="polly_v2", base=2.0)),
        (
            {"preset": "envoy", "backoff": {"base": "100ms"}},
            BackoffSpec.model_validate(
                {"kind": "exponential", "base": 0.1, "max": 1.0, "cap": "before_jitter", "jitter": "full"}
            ),
        ),
        (
            {"preset": "envoy", "backoff": {"max": "1s", "jitter": {"kind": "none"}}},
            BackoffSpec(kind="exponential", base=0.025, max=1.0, cap="before_jitter"),
        ),
        ({"preset": "finagle"}, None),
    ],
)
def test_own_keys_of_the_backoff_win_and_the_library_fills_the_rest(
    keys: dict[str, Any], backoff: BackoffSpec | None
) -> None:
    made = written(**keys).backoff
    assert made == backoff or (made is not None and backoff is not None and made.model_dump() == backoff.model_dump())


def test_the_budget_of_a_preset_can_be_changed_and_taken_away() -> None:
    assert written(preset="aws", budget={"capacity": 100}).purse == AwsBudgetSpec(capacity=100)
    assert written(preset="aws", budget={"kind": "envoy"}).purse == EnvoyBudgetSpec()
    assert written(preset="aws", budget={"kind": "none"}).purse is None


def test_a_throttling_base_is_waited_for_without_a_backoff_too(desk: Desk) -> None:
    again = desk.retry(attempts=4, throttling={"base": 10.0}, retry_on=["server_error", "rejected"])
    desk.answer([again], desk.server(("rejected shed", 1.0), ("server_error", 1.0), ("rejected shed", 1.0)))
    assert begins(desk) == [0.0, 11.0, 12.0, 23.0]
