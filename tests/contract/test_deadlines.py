"""A deadline handed down with ``propagate: true`` bounds what the callee itself does, its own calls, waits and retries,
whichever policies stand in between."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge
from tests.contract.every_policy import CALM
from tests.property.composing import composed
from tests.services.bench import Bench

DOWN = {"deadline": {"total": 1.5, "propagate": True}}
PATIENT = {"retry": {"max_retries": 10, "backoff": {"kind": "fixed", "base": 0.2}}}
"""Ten retries of a call that takes 0.4 s and fails: without a deadline the callee is busy with it for 6.4 s."""


def bench(upper: list[dict[str, Any]], lower: list[dict[str, Any]], *, workers: int = 50) -> Bench:
    """``front`` calls ``back``, which calls ``db``; `upper` wraps the first call and `lower` the second."""
    return Bench(
        {"workers": 10, "operations": {"serve": {"steps": [{"call": "db.get"}]}}},
        composed(*upper),
        services={"db": {"workers": workers, "operations": {"get": {"work": 0.4, "server_errors": 1.0}}}},
        more_edges={Edge("back", "db", "get"): composed(*lower)},
    )


def executed(made: Bench) -> int:
    (db,) = made.world.services["db"].replicas
    return db.tally.executed


def check(made: Bench) -> None:
    """Attempts begin at 0, 0.6 and 1.2 s; the third is still at work at 1.5 s, and there is no fourth."""
    made.ask("a")
    made.environment.run_until(1.5 + 1e-9)
    assert made.replica.busy == 0, "the callee goes on although the deadline is over"
    assert made.run() == {"a": (1.5, "timeout")}
    assert executed(made) == 3
    assert not made.journal.active


def test_without_it_the_callee_retries_to_the_end() -> None:
    made = bench([{"deadline": {"total": 1.5}}], [PATIENT])
    made.ask("a")
    assert made.run() == {"a": (1.5, "timeout")}
    assert executed(made) == 11


@pytest.mark.parametrize("policy", CALM)
def test_through_a_policy_on_the_upper_call(policy: str) -> None:
    check(bench([DOWN, CALM[policy]], [PATIENT]))


@pytest.mark.parametrize("policy", CALM)
def test_through_a_policy_round_the_retries(policy: str) -> None:
    check(bench([DOWN], [CALM[policy], PATIENT]))


@pytest.mark.parametrize("policy", CALM)
def test_through_a_policy_within_the_retries(policy: str) -> None:
    check(bench([DOWN], [PATIENT, CALM[policy]]))


WAITS: dict[str, dict[str, Any]] = {
    "for a permit": {"bulkhead": {"limit": 1, "max_wait": "unlimited"}},
    "for a permit with a limit": {"bulkhead": {"limit": 1, "max_wait": 50.0}},
    "for a thread": {"bulkhead": {"kind": "thread_pool", "core": 1, "queue": 10}},
    "for a turn": {"rate_limit": {"limit": 1, "period": 20.0, "burst": 1, "max_wait": 50.0}},
    "for a refusal": {"rate_limit": {"kind": "cycles", "limit": 1, "period": 90.0, "max_wait": 50.0}},
    "for the lock": {"breaker": {"preset": "strict", "serialised": True}},
}


@pytest.mark.parametrize("policy", WAITS)
def test_a_callees_own_wait_ends_with_it(policy: str) -> None:
    """A call without a deadline has the place, the lock or the turn for 10 s; the one with a deadline waits for it."""
    steps = [{"call": "db.get"}]
    made = Bench(
        {"workers": 10, "operations": {"serve": {"steps": steps}, "hold": {"steps": steps}}},
        composed(DOWN),
        services={"db": {"workers": 50, "operations": {"get": {"work": 10.0}}}},
        more_edges={
            Edge("front", "back", "hold"): EdgePolicies(),
            Edge("back", "db", "get"): composed(WAITS[policy]),
        },
    )
    made.ask("holder", operation="hold")
    made.ask("a")
    made.environment.run_until(1.5 + 1e-9)
    assert made.replica.busy == 1, "only the holder is left"
    assert made.run() == {"a": (1.5, "timeout"), "holder": (10.0, "ok")}
    assert not made.journal.active
