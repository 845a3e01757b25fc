"""Whatever calls do, and in whatever order: no retry budget is overdrawn, and nothing stays held."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from simulator.policies.budget import Account, AwsBudget, Budget, EnvoyBudget, FinagleBudget, GrpcBudget, budget_of
from simulator.spec.policies import BudgetSpec

BUDGET: TypeAdapter[Any] = TypeAdapter(BudgetSpec)

KINDS: dict[str, dict[str, Any]] = {
    "grpc": {"max_tokens": 6, "token_ratio": 0.4},
    "aws": {"capacity": 50},
    "envoy": {"max_retries": 2},
    "envoy by share": {"share": 0.3, "minimum": 1},
    "finagle": {"reserve": 0.3},
}


def room(made: Budget, now: float) -> bool:
    """Whether the budget has room for a retry, worked out from its state."""
    if isinstance(made, GrpcBudget):
        return made.tokens > made.full / 2
    if isinstance(made, AwsBudget):
        return made.left >= 14
    if isinstance(made, EnvoyBudget):
        return made.retries < made.limit
    assert isinstance(made, FinagleBudget)
    return made.balance(now) >= 1


class Caller:
    """One call of the property below: begins, fails and asks for a retry, succeeds, or gives up."""

    def __init__(self) -> None:
        self.account: Account | None = None
        self.under_way = False


moves = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["begin", "fail", "succeed", "give up"]), st.floats(0, 0.7)),
    max_size=80,
)


@pytest.mark.parametrize("kind", KINDS)
@given(moves)
def test_a_budget_is_never_overdrawn_and_nothing_stays_held(kind: str, steps: list[tuple[int, str, float]]) -> None:
    made = budget_of(BUDGET.validate_python({"kind": kind.split()[0], **KINDS[kind]}))
    callers = [Caller() for _ in range(8)]
    now = 0.0
    for number, move, later in steps:
        now += later
        play(callers[number], move, made, now)
        if isinstance(made, EnvoyBudget):
            assert made.attempts == sum(caller.under_way for caller in callers)
            assert 0 <= made.retries <= (2 if kind == "envoy" else 8)
        if isinstance(made, AwsBudget):
            assert 0 <= made.left <= 50
        if isinstance(made, GrpcBudget):
            assert 0 <= made.tokens <= made.full
    for caller in callers:
        if caller.account is not None:
            caller.account.close()
    if isinstance(made, EnvoyBudget):
        assert (made.retries, made.attempts) == (0, 0)


def play(caller: Caller, move: str, made: Any, now: float) -> None:
    """One move of a caller, if it can make it; a retry must be allowed exactly where there is room."""
    if move == "begin" and not caller.under_way:
        caller.account = caller.account or Account()
        caller.account.begin(made, now)
        caller.under_way = True
        return
    account = caller.account
    if account is None:
        return
    if move == "fail" and caller.under_way:
        account.fail()
        expected = room(made, now)
        assert account.affords("transient", now) is expected
        caller.under_way = False
        if expected:
            return  # it waits for its retry
    elif move == "succeed" and caller.under_way:
        account.succeed()
    elif move == "begin" or (move != "give up" and not caller.under_way):
        return
    account.close()
    caller.account, caller.under_way = None, False
