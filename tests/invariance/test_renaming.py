"""A name is only a name, though chance is drawn by it: renaming a service leaves every figure inside its interval.

A service that draws nothing may be called anything: no number changes at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.language import Document, load
from experiments.statistics.holm import holm
from experiments.statistics.paired import paired_difference
from simulator.run import run_once
from tests.invariance.shortened import changed, rows, short
from tests.support import play

REPLICATIONS = 12
LEVEL = 0.001
"""The chance that one of these tests fails though a name is only a name (Holm over the figures that it compares)."""

FIGURES = ("latency_mean", "latency_p99", "error_rate", "completion_mean", "retries", "utilization", "queue_length")

RENAMED = [
    ("brokers", "sqs", "mail", "zz post office"),
    ("checkout", "saga", "provider", "acquirer"),
    ("checkout", "choreography", "orders", "a"),
    ("zone-outage", "", "orders", "commandes"),
    ("reservation", "hybrid", "inventory", "warehouse"),
]


def renaming(old: str, new: str) -> Callable[[Any], Any]:
    """What calls a service by another name, wherever its name is written."""
    word = re.compile(rf"(?<![\w/]){old}(?![\w/])")

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {rename(key): rename(member) for key, member in value.items()}
        if isinstance(value, list):
            return [rename(member) for member in value]
        return word.sub(new, value) if isinstance(value, str) else value

    return rename


def figures(document: Document, variant: str) -> dict[tuple[str, str], list[float]]:
    """The compared figures of all replications over the whole window."""
    (scenario, *_) = document.scenarios([variant])
    found: dict[tuple[str, str], list[float]] = {}
    for number in range(REPLICATIONS):
        metrics = run_once(scenario, number).metrics
        for phase, operation, metric, value in zip(
            *(metrics[name] for name in ("phase", "operation", "metric", "value")), strict=True
        ):
            if phase == "all" and metric in FIGURES:
                found.setdefault((operation, metric), []).append(value)
    return found


def test_a_new_name_is_written_wherever_the_old_one_was() -> None:
    old = {
        "services": {"b": {}},
        "calls": {"a -> b.x": 1},
        "call": "b.x",
        "path": 'calls."a -> b".timeout',
        "bb": "b_b",
    }
    assert renaming("b", "c")(old) == {
        "services": {"c": {}},
        "calls": {"a -> c.x": 1},
        "call": "c.x",
        "path": 'calls."a -> c".timeout',
        "bb": "b_b",
    }


@pytest.mark.parametrize(
    ("name", "variant", "old", "new"),
    [pytest.param(*case, marks=pytest.mark.stat if place else ()) for place, case in enumerate(RENAMED)],
)
def test_a_renamed_service_leaves_every_figure_inside_its_interval(
    name: str, variant: str, old: str, new: str, tmp_path: Path
) -> None:
    before = load(f"catalog:{name}", short(name))
    after = changed(name, renaming(old, new), tmp_path)
    was, found = figures(before, variant or before.baseline), figures(after, variant or after.baseline)
    assert {(renaming(old, new)(operation), metric) for operation, metric in was} == set(found)
    pairs = [(values, found[renaming(old, new)(operation), metric]) for (operation, metric), values in was.items()]
    assert any(one != other for one, other in pairs), "another name, other luck"
    chances = holm([paired_difference(one, other).p_value for one, other in pairs])
    unlikely = {key: chance for key, chance in zip(was, chances, strict=True) if chance < LEVEL}
    assert not unlikely, f"of {len(chances)} figures"


def test_a_service_that_draws_nothing_may_be_called_anything(tmp_path: Path) -> None:
    text = """
    services:
      front:
        workers: 3
        operations: {ask: {steps: [{call: NAME.answer}, {work: {dist: exponential, mean: 4ms}}], server_errors: 3%}}
      NAME: {workers: 1, operations: {answer: {work: 9ms, effect: true}}}
    calls: {"* -> NAME": {timeout: 60ms, retry: {max_retries: 1}}}
    workload: [{call: front.ask, arrivals: {process: poisson, rate: 80/s}}]
    faults: [{name: slow, kind: slowdown, target: NAME, factor: 2, at: 4s, for: 1s}]
    run: {duration: 10s}
    """
    one = rows(play(tmp_path, text.replace("NAME", "back")).result)
    other = rows(play(tmp_path, text.replace("NAME", "yonder")).result)
    assert len(one["requests"]) > 500
    for table, found in other.items():
        named = [tuple(field.replace("yonder", "back") for field in row) for row in found]
        assert sorted(named) == sorted(one[table]), table
