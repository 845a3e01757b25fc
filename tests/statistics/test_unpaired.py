"""Two independent groups of replications."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.paired_ratios import Sized
from experiments.statistics.resolution import resolution
from experiments.statistics.unpaired import unpaired_difference
from experiments.statistics.unpaired_ratios import unpaired_ratio_difference

finite = st.lists(st.floats(-100, 100).map(lambda value: round(value, 3)), min_size=2, max_size=12)


def test_unpaired_difference_of_students_sleep_data() -> None:
    """R's ``t.test(extra ~ group, data = sleep)``: t = -1.8608, df = 17.776, p = 0.07939, -3.3654832 to 0.2054832."""
    first, second = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6]
    found = unpaired_difference(first, [*second, 4.6, 3.4])
    assert found.estimate == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-7)
    assert found.p_value == pytest.approx(0.07939, abs=5e-6)


@given(finite, finite)
def test_p_values_are_those_of_scipy(first: list[float], second: list[float]) -> None:
    found = unpaired_difference(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:  # SciPy warns of what it cannot compute well
        alike = first[0] == second[0] and len(set(first + second)) == 1
        assert found.p_value == 1.0 if alike else 0.0 <= found.p_value <= 1.0
        return
    expected = stats.ttest_ind(first, second, equal_var=False).pvalue
    assert found.p_value == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_infinite_values_are_compared_by_how_often_they_occur() -> None:
    found = unpaired_difference([math.inf] * 8 + [1.0, 2.0], [1.0] * 12)
    assert found.estimate == math.inf
    assert found.p_value == pytest.approx(stats.fisher_exact([[8, 2], [0, 12]]).pvalue)


def test_a_single_replication_on_a_side_decides_nothing() -> None:
    assert math.isnan(unpaired_difference([5.0], [1.0, 1.1, 0.9]).p_value)
    assert math.isnan(unpaired_difference([], [1.0, 1.1]).estimate)


def test_one_value_in_all_replications_of_both_is_the_same() -> None:
    assert unpaired_difference([0.0, 0.0], [0.0, math.nan, 0.0]).identical


def test_a_larger_family_asks_for_a_larger_difference() -> None:
    assert resolution(10, 1) == pytest.approx(1.0)
    assert resolution(10, 50) == pytest.approx(stats.t.ppf(1 - 0.0005, 9) / stats.t.ppf(0.975, 9))
    assert resolution(3, 50) > 2 * resolution(10, 50)
    assert resolution(1, 50) == math.inf


@pytest.mark.parametrize("burst", [1, 5], ids=["alone", "in bursts"])
def test_few_events_of_two_groups_raise_no_more_alarms_than_stated(burst: int) -> None:
    """Of 400 comparisons of two events a replication at most 5 % may be called different: more than 36 (p < 0.001)
    would say that the level is not held. Student's t is wrong where all of one side are equal."""
    random = Random(1)
    alarms = 0
    for _ in range(400):
        sides = [
            [burst * sum(random.random() < 2 / burst / 20 for _ in range(20)) / 1000 for _ in range(5)]
            for _ in range(2)
        ]
        one, two = (Sized(side, [1000.0] * 5) for side in sides)
        found = unpaired_ratio_difference(one, two, "number")
        alarms += found.p_value < 0.05
    assert alarms <= 36


def test_ratios_count_by_what_they_were_taken_over() -> None:
    first, second = Sized([0.5, 0.1, 0.3], [10.0, 1000.0, 500.0]), Sized([0.2, 0.2, 0.21], [100.0, 100.0, 100.0])
    found = unpaired_ratio_difference(first, second)
    assert found.estimate == pytest.approx((5 + 100 + 150) / 1510 - 61 / 300)
    assert found.low < found.estimate < found.high


def test_two_groups_without_any_event_are_the_same_as_far_as_was_seen() -> None:
    none = Sized([0.0] * 4, [1000.0] * 4)
    found = unpaired_ratio_difference(none, none, "number")
    assert found.identical
    assert found.high == pytest.approx(3.689 / 4000, rel=1e-3)


def test_groups_of_one_value_each_are_told_apart_by_how_many_replications_they_have() -> None:
    """Without any spread Welch's t would be sure; all of one side above all of the other happens in 2 of 20 orders."""
    three = unpaired_difference([0.3] * 3, [0.1 + 0.1] * 3)
    assert three.p_value == pytest.approx(0.1)
    assert math.isnan(three.low)
    four = unpaired_difference([0.3] * 4, [0.2] * 4)
    assert four.p_value == pytest.approx(2 / 70)
    assert four.low == four.high == four.estimate
    means = unpaired_ratio_difference(Sized([3.0] * 3, [10.0] * 3), Sized([2.0] * 3, [10.0] * 3))
    assert means.p_value == pytest.approx(0.1)


def test_all_of_a_few_requests_against_none_of_a_few_prove_nothing() -> None:
    found = unpaired_ratio_difference(Sized([1.0, 1.0], [1.0, 1.0]), Sized([0.0, 0.0], [1.0, 1.0]), "share")
    assert found.p_value > 0.33
    assert found.low < 0 < found.high
