"""Any policies in any order, whoever gives up and whatever crashes: every call ends with exactly one outcome, and when
all is settled no permit, lock, ticket, slot of a budget or hedge is left over."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.spec.policies import NAMED_STACKS, ORDER, EdgePolicies
from tests.property.composing import CANCELS, EAGER, Rows, composed, named, stacks, storm

IMPATIENT = [{"timeout": {"dist": "constant", "value": 0.7}}]
"""Round the client's own calls: what front does for it is given up, and under ``always`` closed where it stands."""


def check(rows: Rows) -> None:
    """One outcome and one end for every request; `storm` has checked the books."""
    assert len(rows.outcomes) > 30
    assert set(rows.outcomes) <= {"ok", "client_error", "server_error", "timeout", "unreachable"}
    assert set(rows.states) <= {"done", "undone", "orphaned"}, "something was still waiting after more than an hour"


def test_the_storm_knows_every_policy() -> None:
    assert set(EAGER) == set(ORDER)


@pytest.mark.parametrize("outer", ORDER)
def test_any_two_policies_in_either_order(outer: str) -> None:
    """Each with every mode of cancel; the settings and the storm's luck change from one to the next."""
    others = [name for name in ORDER if (outer, name) != ("outlier", "outlier")]
    for number, (inner, cancel) in enumerate(product(others, CANCELS)):
        stack = [{name: EAGER[name][number % len(EAGER[name])]} for name in (outer, inner)]
        outside = composed(*IMPATIENT, cancel=cancel) if number % 3 == 0 else None
        check(storm(composed(*stack, cancel=cancel), outside, seed=number))


@pytest.mark.parametrize("cancel", CANCELS)
@pytest.mark.parametrize("name", NAMED_STACKS)
def test_the_named_stacks(name: str, cancel: str) -> None:
    for outside in (None, composed(*IMPATIENT, cancel=cancel)):
        check(storm(named(name, cancel), outside, rate=20.0))


@settings(max_examples=150, deadline=None)
@given(stacks(), stacks(2) | st.none(), st.sampled_from(CANCELS), st.sampled_from(CANCELS), st.integers(0, 1000))
def test_up_to_four_policies_under_up_to_two(
    inside: list[dict[str, Any]], outside: list[dict[str, Any]] | None, cancel: str, outer_cancel: str, seed: int
) -> None:
    without_spare = [entry for entry in outside or () if "call" not in next(iter(entry.values()))]
    client = composed(*without_spare, cancel=outer_cancel) if without_spare else EdgePolicies()
    rows = storm(composed(*inside, cancel=cancel), client, seed=seed)
    assert len(rows.outcomes) == len(rows.states)
    assert all(rows.outcomes)
    assert "unfinished" not in rows.states


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([{"kind": "envoy", "max_retries": 1}, {"kind": "grpc", "max_tokens": 2, "token_ratio": 0.5}]),
    st.sampled_from(EAGER["hedge"]),
    st.sampled_from(CANCELS),
    st.booleans(),
    st.integers(0, 1000),
)
def test_hedges_within_a_retry_whose_budget_is_the_callees(
    budget: dict[str, Any], hedge: dict[str, Any], cancel: str, limited: bool, seed: int
) -> None:
    """The replica that the budget is asked for is the first attempt's; a hedge goes wherever the balancer sends it."""
    retry = {"retry": {"max_retries": 2, "budget": {**budget, "scope": "callee"}}}
    stack: list[dict[str, Any]] = [retry, {"hedge": hedge}, *(IMPATIENT if limited else [])]
    check(storm(composed(*stack, cancel=cancel), seed=seed))
