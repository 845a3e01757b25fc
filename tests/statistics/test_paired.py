"""Paired differences, their correction and their verdicts."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.distributions import fisher_two_sided
from experiments.statistics.holm import holm
from experiments.statistics.intervals import Interval
from experiments.statistics.paired import Difference, paired_difference
from experiments.statistics.verdicts import comparison_verdict, objective_verdict

# Student's own example (1908): additional hours of sleep of ten patients under two drugs.
FIRST_DRUG = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND_DRUG = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_paired_difference_of_students_sleep_data() -> None:
    """Known to R users: t = -4.0621, df = 9, p = 0.002833, interval -2.4598858 to -0.7001142."""
    found = paired_difference(FIRST_DRUG, SECOND_DRUG)
    assert found.estimate == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)
    assert found.p_value == pytest.approx(0.002833, abs=5e-7)
    assert found.count == 10


def test_identical_replications_are_the_same() -> None:
    found = paired_difference([1.0, math.nan, math.inf], [1.0, math.nan, math.inf])
    assert found.identical
    assert comparison_verdict(found, "lower", found.p_value) == "same"


def test_equal_means_are_not_the_same() -> None:
    found = paired_difference([1.0, 2.0], [2.0, 1.0])
    assert not found.identical
    assert found.estimate == 0.0
    assert comparison_verdict(found, "lower", found.p_value) == "inconclusive"


def test_a_gap_on_one_side_only_is_not_the_same() -> None:
    assert not paired_difference([1.0, math.nan], [1.0, 2.0]).identical


def test_vectors_without_a_common_value_are_inconclusive() -> None:
    found = paired_difference([math.nan, 1.0], [1.0, math.nan])
    assert found.count == 0
    assert comparison_verdict(found, "lower", found.p_value) == "inconclusive"


def test_one_replication_is_inconclusive() -> None:
    found = paired_difference([1.0], [2.0])
    assert found.estimate == -1.0
    assert math.isnan(found.low)
    assert comparison_verdict(found, "lower", found.p_value) == "inconclusive"


@pytest.mark.parametrize(("count", "p_value"), [(2, 0.5), (5, 0.0625), (6, 0.03125), (10, 2**-9)])
def test_the_same_difference_in_every_replication_is_as_sure_as_the_sign_test(count: int, p_value: float) -> None:
    """0.1 + 0.2 is not 0.3 to the last bit; and one answer more in each of two runs of a few is no proof."""
    found = paired_difference([value + 0.2 for value in range(count)], [*range(count)])
    assert found.estimate == pytest.approx(0.2)
    assert found.p_value == p_value
    if p_value < 0.05:
        assert (found.low, found.high) == (found.estimate, found.estimate)
    else:
        assert math.isnan(found.low)
        assert math.isnan(found.high)


def test_rates_of_a_handful_of_answers_raise_no_more_alarms_than_stated() -> None:
    """Three seconds, one answer a second: of 1000 comparisons of two equal rates at most 72 are wrong (p < 0.001 at
    5 %), and none is sure."""
    for replications in (2, 3, 5, 6):
        random = Random(replications)
        found = []
        for _ in range(1000):
            one, two = ([sum(random.random() < 0.3 for _ in range(10)) / 3 for _ in range(replications)] for _ in "ab")
            found.append(paired_difference(one, two).p_value)
        assert sum(p_value < 0.05 for p_value in found) <= 72
        assert min(found) > 1e-7


def test_infinite_values_are_compared_by_how_often_they_occur() -> None:
    never, always = [math.inf] * 5, [0.5, 0.6, 0.7, 0.8, 0.9]
    found = paired_difference(always, never)
    assert found.estimate == -math.inf
    assert math.isnan(found.low)
    assert found.p_value == pytest.approx(2 / 252)
    assert comparison_verdict(found, "lower", found.p_value) == "better"


def test_infinite_values_on_both_sides_leave_the_difference_open() -> None:
    found = paired_difference([math.inf, 1.0, 2.0], [3.0, math.inf, 2.0])
    assert math.isnan(found.estimate)
    assert comparison_verdict(found, "lower", found.p_value) == "inconclusive"


def test_vectors_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length, got 1 and 2"):
        paired_difference([1.0], [1.0, 2.0])


@given(st.integers(0, 12), st.integers(0, 12))
def test_fisher_agrees_with_scipy(first: int, second: int) -> None:
    expected = stats.fisher_exact([[first, 12 - first], [second, 12 - second]]).pvalue
    assert fisher_two_sided(first, 12, second, 12) == pytest.approx(expected)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_holm_passes_over_what_has_no_p_value() -> None:
    adjusted = holm([0.02, math.nan])
    assert adjusted[0] == 0.02
    assert math.isnan(adjusted[1])


@pytest.mark.parametrize(
    ("estimate", "better", "verdict"),
    [
        (1.0, "higher", "better"),
        (1.0, "lower", "worse"),
        (-1.0, "higher", "worse"),
        (-1.0, "lower", "better"),
        (-1.0, "neither", "differs"),
    ],
)
def test_a_clear_difference_is_judged_by_the_direction(estimate: float, better: object, verdict: str) -> None:
    clear = Difference(estimate, estimate - 0.1, estimate + 0.1, 0.001, 10, identical=False)
    assert comparison_verdict(clear, better, 0.001) == verdict  # type: ignore[arg-type]
    assert comparison_verdict(clear, better, 0.06) == "inconclusive"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "at_most", "verdict"),
    [
        (1.0, 2.0, True, "met"),
        (2.1, 3.0, True, "missed"),
        (1.5, 2.5, True, "undecided"),
        (2.0, 3.0, False, "met"),
        (1.0, 1.9, False, "missed"),
        (1.5, 2.5, False, "undecided"),
        (math.nan, math.nan, True, "undecided"),
        (math.inf, math.inf, True, "missed"),
    ],
)
def test_an_objective_is_decided_only_by_a_whole_interval(low: float, high: float, at_most: bool, verdict: str) -> None:
    assert objective_verdict(Interval(0.0, low, high, 10), 2.0, at_most=at_most) == verdict
