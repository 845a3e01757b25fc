"""Retry budgets as state machines: who may retry, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from simulator.policies.budget import Account, budget_of
from simulator.spec.base import FROM_FILE, PARTIAL
from simulator.spec.policies import BudgetSpec, NoBudgetSpec

BUDGET: TypeAdapter[Any] = TypeAdapter(BudgetSpec)


def budget(kind: str, **settings: Any) -> Any:
    return budget_of(BUDGET.validate_python({"kind": kind, **settings}))


# -- gRPC ---------------------------------------------------------------------------------------------------


def test_grpc_stops_retries_at_half_its_tokens_and_goes_on_above() -> None:
    made = budget("grpc", max_tokens=10, token_ratio=0.5)
    for _ in range(4):
        made.failed()
        assert made.withdraw("transient", 0.0) is not None
    made.failed()
    assert (made.tokens, made.withdraw("transient", 0.0)) == (5000, None)
    made.succeeded(retried=False)
    assert made.withdraw("transient", 0.0) is not None


def test_grpc_counts_in_thousandths() -> None:
    made = budget("grpc", max_tokens=0.3, token_ratio=0.1)
    made.failed()
    for _ in range(3):
        made.succeeded(retried=False)
    assert made.tokens == made.full == 300


# -- AWS ----------------------------------------------------------------------------------------------------


def test_aws_asks_a_price_for_each_kind_of_failure() -> None:
    made = budget("aws", capacity=30, cost=14, timeout_cost=10, throttling_cost=5)
    assert [made.withdraw(kind, 0.0) for kind in ("transient", "timeout", "throttling", "throttling")] == [
        14,
        10,
        5,
        None,
    ]
    assert (made.left, made.granted, made.refused) == (1, 3, 1)


def test_aws_refunds_the_last_retry_of_a_call_that_succeeds_and_no_earlier_one() -> None:
    made = budget("aws")
    account = Account()
    account.begin(made, 0.0)
    for failing in ("transient", "throttling"):
        account.fail()
        assert account.affords(failing, 0.0)
        account.begin(made, 1.0)
    account.succeed()
    account.close()
    assert made.left == 500 - 14 - 5 + 5


def test_aws_gives_one_unit_for_a_call_without_retry_up_to_its_capacity() -> None:
    made = budget("aws", capacity=15)
    made.withdraw("transient", 0.0)
    for expected in (2, 3):
        made.succeeded(retried=False)
        assert made.left == expected
    made.succeeded(retried=True)
    assert made.left == 3
    for _ in range(20):
        made.succeeded(retried=False)
    assert made.left == 15


def test_what_one_replicas_quota_paid_goes_back_to_it() -> None:
    first, second = budget("aws"), budget("aws")
    account = Account()
    account.begin(first, 0.0)
    account.fail()
    assert account.affords("transient", 0.0)
    account.begin(second, 1.0)
    account.succeed()
    account.close()
    assert (first.left, second.left) == (500, 500)


# -- Envoy --------------------------------------------------------------------------------------------------


def test_envoy_holds_a_slot_until_the_retry_has_ended() -> None:
    made = budget("envoy", max_retries=1)
    one, two = Account(), Account()
    for account in (one, two):
        account.begin(made, 0.0)
        account.fail()
    assert one.affords("transient", 0.0)
    assert not two.affords("transient", 0.0)
    one.begin(made, 1.0)
    assert (made.retries, made.attempts) == (1, 2)
    one.fail()
    assert made.retries == 0
    one.close()
    two.close()
    assert (made.retries, made.attempts) == (0, 0)


@pytest.mark.parametrize(
    ("settings", "attempts", "limit"),
    [
        ({}, 1000, 3),
        ({"max_retries": 0}, 1000, 0),
        ({"share": 0.2}, 14, 3),
        ({"share": 0.2}, 20, 4),
        ({"share": 0.2}, 24, 4),
        ({"share": 0.29}, 100, 29),
        ({"share": 0.2, "minimum": 0}, 4, 0),
    ],
)
def test_envoys_limit_follows_the_attempts_under_way(settings: dict[str, Any], attempts: int, limit: int) -> None:
    made = budget("envoy", **settings)
    for _ in range(attempts):
        made.attempt_begins()
    assert made.limit == limit


# -- Finagle ------------------------------------------------------------------------------------------------


def test_finagle_lets_a_share_of_calls_retry() -> None:
    made = budget("finagle", share=0.2, reserve=0)
    for _ in range(14):
        made.call_begins(0.0)
    assert [made.withdraw("transient", 0.0) is not None for _ in range(3)] == [True, True, False]


def test_finagle_without_a_share_has_its_reserve_alone() -> None:
    made = budget("finagle", share=0, reserve=0.2)
    made.call_begins(0.0)
    assert [made.withdraw("transient", 0.0) is not None for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(("now", "balance"), [(9.999, 2), (10.0, 0), (25.0, 0)])
def test_finagle_forgets_deposits_after_its_time(now: float, balance: int) -> None:
    made = budget("finagle", reserve=0)
    for _ in range(10):
        made.call_begins(0.0)
    assert made.balance(now) == balance


def test_finagle_forgets_slice_by_slice() -> None:
    made = budget("finagle", reserve=0, share=1)
    for second in range(10):
        made.call_begins(float(second))
    assert [made.balance(float(second)) for second in range(9, 21)] == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]


# -- all ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["grpc", "aws", "finagle"])
def test_a_crash_forgets_what_was_spent(kind: str) -> None:
    made, fresh = budget(kind), budget(kind)
    for _ in range(3):
        made.failed()
        made.withdraw("transient", 0.0)
    made.reset(7.0)
    granted = 0
    for both in range(200):
        made.failed()
        fresh.failed()
        allowed = made.withdraw("transient", 7.0) is not None
        assert allowed == (fresh.withdraw("transient", 0.0) is not None), both
        granted += allowed
    assert granted > 0


# -- as written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"kind": "envoy", "max_retries": 3, "share": "20%"}, "not both"),
        ({"kind": "envoy", "minimum": 3}, "'share' is missing"),
        ({"kind": "aws", "capacity": 0}, "greater than or equal to 1"),
        ({"kind": "grpc", "max_tokens": 2000}, "less than or equal to 1000"),
        ({"kind": "finagle", "ttl": 10}, "has no unit"),
        ({"kind": "hedge"}, "kind"),
        ({"share": "20%"}, "kind"),
    ],
)
def test_a_wrong_budget_is_refused(written: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        BUDGET.validate_python(written, context=dict(FROM_FILE))


def test_an_entry_that_others_complete_need_not_name_the_kind() -> None:
    assert BUDGET.validate_python({"share": "20%"}, context=dict(PARTIAL)) == NoBudgetSpec()
