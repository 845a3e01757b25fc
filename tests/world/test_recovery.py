"""Recovery that goes either way: `catalog:either-way`."""

from __future__ import annotations

from math import inf

from experiments.language import load
from experiments.running.preparation import prepare
from simulator.run import run_once
from tests.support import Played


def recovery_times(variant: str, number: int) -> list[float]:
    prepared = prepare(load("catalog:either-way", ("run.duration=220s",)), [variant])
    (scenario,) = prepared.plan.scenarios
    played = [Played(scenario, run_once(scenario, one, measure=prepared.measure)) for one in range(number)]
    return [one.figure("buy", "recovery_time", "after:outage") for one in played]


def test_without_a_budget_some_replications_recover_and_some_do_not() -> None:
    times = recovery_times("retries", 8)
    assert 0 < sum(time == inf for time in times) < 8


def test_with_a_budget_all_recover_at_once() -> None:
    assert max(recovery_times("budget", 4)) <= 20.0
