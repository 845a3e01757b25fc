"""Intervals against textbook numbers, SciPy's own implementations, and their promise to cover."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.intervals import Interval, mean_interval, median_interval, share_interval

finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 6))


def test_mean_interval_of_a_textbook_sample() -> None:
    """NIST/SEMATECH e-Handbook 1.3.5.2: mean 9.261460, n = 195, s = 0.022789; interval 9.258242 to 9.264679."""
    spread = 0.022789
    sample = [9.261460 + spread * math.sqrt(194 / 195)] * 98 + [9.261460 - spread * math.sqrt(194 / 195)] * 97
    found = mean_interval(sample)
    assert found.low == pytest.approx(9.258242, abs=2e-4)
    assert found.high == pytest.approx(9.264679, abs=2e-4)


def test_mean_interval_by_hand() -> None:
    """Values 1 to 5: mean 3, standard error sqrt(0.5), t(0.975; 4) = 2.776445."""
    found = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.estimate == 3.0
    assert found.high - 3.0 == pytest.approx(2.776445 * math.sqrt(0.5), rel=1e-6)
    assert found.low == pytest.approx(6.0 - found.high)
    assert (found.count, found.dropped) == (5, 0)


@given(st.lists(finite, min_size=2, max_size=40, unique=True))
def test_mean_interval_agrees_with_scipy(values: list[float]) -> None:
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    found = mean_interval(values)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


@given(st.lists(finite, min_size=2, max_size=20))
def test_the_mean_does_not_depend_on_the_order(values: list[float]) -> None:
    assert mean_interval(values).estimate == mean_interval(list(reversed(values))).estimate


def test_intervals_cover_the_true_mean_as_often_as_they_say() -> None:
    """2000 samples of 8: the number of covers is binomial(2000, 0.95); the bounds fail a true 95 % once in 10^4."""
    generator = np.random.default_rng(20)
    covers = 0
    for sample in generator.normal(3.0, 2.0, size=(2000, 8)):
        found = mean_interval(sample.tolist())
        covers += found.low <= 3.0 <= found.high
    low, high = stats.binom.interval(1 - 1e-4, 2000, 0.95)
    assert low <= covers <= high


def test_missing_values_are_dropped_and_counted() -> None:
    found = mean_interval([1.0, math.nan, 3.0])
    assert (found.estimate, found.count, found.dropped) == (2.0, 2, 1)


def test_one_value_has_no_interval() -> None:
    found = mean_interval([2.5])
    assert found.estimate == 2.5
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize("interval", [mean_interval, median_interval, share_interval])
def test_no_value_has_no_estimate(interval: Callable[[list[float]], Interval]) -> None:
    found = interval([math.nan])
    assert math.isnan(found.estimate)
    assert (found.count, found.dropped) == (0, 1)


def test_an_infinite_value_makes_mean_and_interval_infinite() -> None:
    found = mean_interval([1.0, math.inf, 2.0])
    assert (found.estimate, found.low, found.high) == (math.inf, math.inf, math.inf)


def test_equal_values_have_an_interval_of_no_width() -> None:
    found = mean_interval([0.1] * 10)
    assert (found.low, found.estimate, found.high) == (0.1, 0.1, 0.1)


def test_median_interval_uses_the_textbook_order_statistics() -> None:
    """For n = 20 the 95 % interval runs from the 6th to the 15th value (Conover, table A3)."""
    found = median_interval([float(value) for value in range(1, 21)])
    assert (found.estimate, found.low, found.high) == (10.5, 6.0, 15.0)


def test_median_of_few_values_has_no_interval() -> None:
    assert math.isnan(median_interval([1.0, 2.0, 3.0, 4.0, 5.0]).low)
    six = median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert (six.low, six.high) == (1.0, 6.0)


def test_median_bears_infinite_values() -> None:
    found = median_interval([1.0, math.inf, 2.0])
    assert found.estimate == 2.0
    assert median_interval([1.0, math.inf, 2.0, math.inf]).estimate == math.inf


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (1, 10), (19, 20), (20, 20), (50, 100)])
def test_share_interval_is_the_exact_one(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
    found = share_interval([1.0] * successes + [0.0] * (trials - successes))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
    assert found.estimate == successes / trials


def test_an_interval_ends_where_the_range_of_its_figure_does() -> None:
    wide = mean_interval([0.0, 0.5])

    assert wide.low < 0.0
    assert wide.high > 1.0
    assert wide.within(0.0, 1.0) == Interval(0.25, 0.0, 1.0, 2)
    assert wide.within(-100.0, 100.0) == wide
