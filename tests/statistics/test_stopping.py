"""Sequential stopping: stops when the interval is narrow enough, grows by what the spread predicts, and not at once."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.statistics.intervals import Interval, mean_interval
from experiments.statistics.stopping import (
    Target,
    half_width,
    is_hopeless,
    is_met,
    next_number,
    replications_needed,
)

MOST = 1000


def interval(estimate: float, half: float, count: int = 10) -> Interval:
    return Interval(estimate, estimate - half, estimate + half, count)


def test_a_narrow_interval_ends_it() -> None:
    assert is_met(interval(5.0, 0.5), Target(0.5))
    assert next_number(interval(5.0, 0.5), Target(0.5), 10, MOST) == 10


def test_a_share_of_the_estimate_follows_the_estimate() -> None:
    assert is_met(interval(5.0, 0.5), Target(0.1, relative=True))
    assert not is_met(interval(4.9, 0.5), Target(0.1, relative=True))


def test_half_as_wide_takes_four_times_as_many() -> None:
    assert replications_needed(interval(5.0, 1.0), Target(0.5)) == 40


def test_it_grows_to_what_the_spread_predicts_but_at_most_twofold_and_at_least_by_a_tenth() -> None:
    assert next_number(interval(5.0, 1.2), Target(1.0), 10, MOST) == 15
    assert next_number(interval(5.0, 9.0), Target(1.0), 10, MOST) == 20
    assert next_number(interval(5.0, 1.001, 100), Target(1.0), 100, MOST) == 110


def test_the_most_is_never_passed() -> None:
    assert next_number(interval(5.0, 9.0), Target(1.0), 10, 15) == 15
    assert next_number(interval(5.0, 9.0), Target(1.0), 15, 15) == 15


@pytest.mark.parametrize(
    "found",
    [Interval(math.inf, math.inf, math.inf, 10), Interval(math.nan, math.nan, math.nan, 0)],
    ids=["infinite", "no replication has such a figure"],
)
def test_where_more_can_never_help_it_stops_without_having_met_the_target(found: Interval) -> None:
    assert is_hopeless(found)
    assert not is_met(found, Target(1.0))
    assert next_number(found, Target(1.0), 10, MOST) == 10


@pytest.mark.parametrize(
    ("found", "target"),
    [
        (Interval(5.0, 4.0, math.nan, 10), Target(1.0)),
        (Interval(5.0, 4.0, math.inf, 10), Target(1.0)),
        (Interval(math.inf, 4.0, math.inf, 10), Target(1.0)),
        (Interval(5.0, math.nan, math.nan, 1, 9), Target(1.0)),
        (Interval(math.nan, math.nan, math.nan, 0, 10), Target(1.0)),
        (interval(0.0, 1.0), Target(0.1, relative=True)),
    ],
    ids=["no upper end", "endless upper end", "perhaps infinite", "one value", "not yet measured", "none seen yet"],
)
def test_where_more_may_help_it_goes_on_to_the_most(found: Interval, target: Target) -> None:
    assert not is_hopeless(found)
    assert math.isnan(replications_needed(found, target))
    assert [next_number(found, target, played, 30) for played in (10, 20, 30)] == [20, 30, 30]


def test_replications_without_a_value_are_needed_as_well() -> None:
    assert replications_needed(Interval(5.0, 4.0, 6.0, 10, 30), Target(0.5)) == 160


def test_figures_that_never_differ_are_precise_at_once() -> None:
    assert is_met(interval(0.0, 0.0), Target(0.1, relative=True))


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.integers(10, 900), st.integers(10, MOST))
def test_every_round_adds_something_until_it_is_over(half: float, wanted: float, played: int, most: int) -> None:
    following = next_number(interval(1.0, half, played), Target(wanted), played, most)
    assert played <= following <= max(2 * played, played)
    over = half_width(interval(1.0, half, played)) <= wanted or played >= most
    assert (following == played) == over


def test_a_sequence_of_rounds_ends_near_the_number_that_theory_predicts() -> None:
    """Standard normal values and a half width of 0.2: (1.96 / 0.2)² = 96 replications."""
    ends = []
    for seed in range(60):
        draw = random.Random(seed)
        values = [draw.gauss(0.0, 1.0) for _ in range(10)]
        while (wanted := next_number(mean_interval(values), Target(0.2), len(values), MOST)) > len(values):
            values += [draw.gauss(0.0, 1.0) for _ in range(wanted - len(values))]
        assert is_met(mean_interval(values), Target(0.2))
        ends.append(len(values))
    assert 80 < sum(ends) / len(ends) < 115
