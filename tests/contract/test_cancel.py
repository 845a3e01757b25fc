"""The four modes of ``cancel`` mean the same under every policy: whichever wraps the attempt that is given up, and
whether it gives up by its own timeout or something outside closes it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.spec.policies import ORDER
from tests.contract.every_policy import CALM
from tests.property.composing import composed
from tests.services.bench import Bench

LIMIT = {"timeout": {"dist": "constant", "value": 1.5}}
TOTAL = {"deadline": {"total": 1.5}}
LINK = {"network": {"latency": 0.25}}

WITHOUT_LATENCY = {
    "never": (5.0, [1, 1]),
    "at_dequeue": (4.0, [1, 0]),
    "queued": (4.0, [1, 0]),
    "always": (1.5, [0, 0]),
}
"""What two calls cost the only worker, one of 4 s and behind it one of 1 s, both given up after 1.5 s: seconds, and
the effects that each has left."""


def bench(*stack: dict[str, Any], cancel: str, **tables: Any) -> Bench:
    operations = {"serve": {"work": 1.0, "effect": True}, "long": {"work": 4.0, "effect": True}}
    return Bench({"workers": 1, "operations": operations}, composed(*stack, cancel=cancel), **tables)


def effects(made: Bench, name: str) -> int:
    ledger = made.roots[name].ledger
    return 0 if ledger is None else sum(ledger.units.values())


def test_every_policy_is_there() -> None:
    assert {name for entry in CALM.values() for name in entry} == set(ORDER)


@pytest.mark.parametrize("cancel", WITHOUT_LATENCY)
@pytest.mark.parametrize("policy", CALM)
def test_round_an_attempt_that_times_out(policy: str, cancel: str) -> None:
    check(bench(CALM[policy], LIMIT, cancel=cancel), cancel)


@pytest.mark.parametrize("cancel", WITHOUT_LATENCY)
@pytest.mark.parametrize("policy", CALM)
def test_closed_by_a_deadline_outside(policy: str, cancel: str) -> None:
    check(bench(TOTAL, CALM[policy], cancel=cancel), cancel)


def check(made: Bench, cancel: str) -> None:
    made.ask("serving", operation="long")
    made.ask("waiting")
    late = (1.5, "timeout")
    assert made.run(100.0) == {"serving": late, "waiting": late}
    busy, left = WITHOUT_LATENCY[cancel]
    assert made.replica.tally.busy_seconds(100.0) == busy
    assert [effects(made, "serving"), effects(made, "waiting")] == left


@pytest.mark.parametrize("policy", CALM)
def test_the_cancel_message_takes_one_link_delay(policy: str) -> None:
    made = bench(TOTAL, CALM[policy], cancel="always", defaults=LINK)
    made.ask("serving", operation="long")
    assert made.run() == {"serving": (1.5, "timeout")}
    assert made.replica.tally.busy_seconds(1000.0) == 1.75 - 0.25


@pytest.mark.parametrize("cancel", WITHOUT_LATENCY)
@pytest.mark.parametrize("policy", CALM)
def test_the_edge_is_as_good_as_new_afterwards(policy: str, cancel: str) -> None:
    """Nothing is held by what was given up: as many calls pass as if there had been none before."""
    made = bench(TOTAL, CALM[policy], cancel=cancel)
    made.ask(*(f"early {number}" for number in range(3)), operation="long")
    made.ask("later", at=50.0)
    assert made.run()["later"] == (51.0, "ok")
    assert not made.journal.active
