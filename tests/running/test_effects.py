"""Effects and lost messages over replications: counts add up, shares have intervals, an example is the first one."""

from __future__ import annotations

import math

import pytest

from experiments.results.cells import Setting
from experiments.results.effects import EffectRow, Effects
from experiments.statistics.counts import count_interval
from simulator.results import Columns

KEY = ("shop", "more_than_once", "bank.charge", "shop > bank.charge", "", "retry_after_timeout", "shop -> bank.charge")
NAMES = ("operation", "what", "effect", "path", "without", "cause", "place", "requests", "units")
MOMENTS = ("arrived", "first", "repeated", "again")
ONE = Setting("one", "")


def run(arrived: int, wrong: int, at: float = 1.0) -> Columns:
    """What one replication says of one wrong."""
    rows: list[tuple[object, ...]] = [("shop", "requests", *[""] * 5, arrived, arrived, *[math.nan] * 4)]
    if wrong:
        rows.append((*KEY, wrong, 2 * wrong, at, at + 1, at + 2, at + 3))
    return {name: [row[place] for row in rows] for place, name in enumerate((*NAMES, *MOMENTS))}


def lost(taken: int, count: int) -> Columns:
    rows = [("topic:news", "taken", taken), *([("topic:news", "replica_down", count)] if count else [])]
    return {name: [row[place] for row in rows] for place, name in enumerate(("operation", "reason", "messages"))}


def gathered() -> Effects:
    effects = Effects()
    for number, (arrived, wrong, messages) in enumerate(((100, 0, 0), (200, 10, 5), (100, 10, 0))):
        effects.add(ONE, number, run(arrived, wrong, at=float(arrived)), lost(50, messages))
    return effects


def test_who_arrived_comes_first_and_counts_add_up() -> None:
    everybody, wrong = gathered().effects()
    assert (everybody.what, everybody.requests, everybody.mean) == ("requests", 400, 1.0)
    assert (wrong.requests, wrong.units, wrong.of, wrong.replications) == (20, 40, 400, 3)
    assert tuple(wrong[2:9]) == KEY


def test_a_share_is_taken_over_all_requests_with_the_interval_of_a_rare_count() -> None:
    everybody, wrong = gathered().effects()
    assert wrong.mean == pytest.approx(20 / 400)
    assert 0.0 < wrong.ci_low < wrong.mean < wrong.ci_high <= 1.0
    expected = count_interval([0.0, 0.05, 0.1], [100.0, 200.0, 100.0], "share")
    assert (wrong.ci_low, wrong.ci_high) == (expected.low, expected.high)
    assert (everybody.ci_low, everybody.ci_high) == (1.0, 1.0)


def test_the_example_is_of_the_first_replication_that_has_one() -> None:
    _, wrong = gathered().effects()
    assert (wrong.replication, wrong.arrived, wrong.again) == (1, 200.0, 203.0)


def test_losses_are_shares_of_the_messages_taken_in() -> None:
    (found,) = gathered().losses()
    assert (found.reason, found.messages, found.of) == ("replica_down", 5, 150)
    assert found.mean == pytest.approx(5 / 150)


def test_runs_that_say_nothing_leave_no_rows() -> None:
    effects = Effects()
    effects.add(ONE, 0, {}, {})
    assert list(effects.effects()) == []
    assert list(effects.losses()) == []


def test_settings_and_rows_are_in_order_of_name() -> None:
    effects = Effects()
    for name in ("b", "a"):
        effects.add(Setting(name, ""), 0, run(10, 1), {})
    rows: list[EffectRow] = list(effects.effects())
    assert [(row.variant, row.what) for row in rows] == [
        ("a", "requests"),
        ("a", "more_than_once"),
        ("b", "requests"),
        ("b", "more_than_once"),
    ]
