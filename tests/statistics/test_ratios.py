"""Ratios over replications: who has more requests says more, and who has none says nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.intervals import mean_interval
from experiments.statistics.ratios import ratio, ratio_interval

REPLICATIONS = st.lists(st.tuples(st.floats(0.0, 1e3), st.integers(1, 10_000)), min_size=2, max_size=12)


def test_it_is_the_sum_of_parts_over_the_sum_of_sizes() -> None:
    found = ratio_interval([0.5, 0.1], [10.0, 90.0])
    assert found.estimate == pytest.approx(14 / 100)
    assert found.count == 2


def test_the_interval_by_hand() -> None:
    """Left out one by one: 20/150, 30/150 and 50/100 against 50/200; t for 2 degrees of freedom is 4.302653."""
    found = ratio_interval([0.6, 0.4, 0.0], [50.0, 50.0, 100.0])
    estimate = 0.25
    pulls = [2 * (estimate - left) for left in (20 / 150, 30 / 150, 50 / 100)]
    error = math.sqrt(sum(pull**2 for pull in pulls) / 2 / 3)
    assert found.estimate == pytest.approx(estimate)
    assert found.high - estimate == pytest.approx(4.302653 * error, rel=1e-6)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12), st.integers(1, 10_000))
def test_with_equal_sizes_it_is_the_mean_and_its_interval(values: list[float], size: int) -> None:
    found, expected = ratio_interval(values, [float(size)] * len(values)), mean_interval(values)
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-9, abs=1e-9)
    assert found.high - found.low == pytest.approx(expected.high - expected.low, rel=1e-6, abs=1e-6)


@given(REPLICATIONS, st.integers(0, 11))
def test_a_replication_without_requests_says_nothing(rows: list[tuple[float, int]], place: int) -> None:
    values, sizes = [value for value, _ in rows], [float(size) for _, size in rows]
    alone = ratio_interval(values, sizes)
    values.insert(place, math.nan)
    sizes.insert(place, 0.0)
    found = ratio_interval(values, sizes)
    assert (found.estimate, found.low, found.high, found.count) == (alone.estimate, alone.low, alone.high, alone.count)
    assert found.dropped == 1


@given(REPLICATIONS)
def test_order_makes_no_difference_and_the_estimate_lies_among_the_values(rows: list[tuple[float, int]]) -> None:
    values, sizes = [value for value, _ in rows], [float(size) for _, size in rows]
    found = ratio_interval(values, sizes)
    assert min(values) <= found.estimate <= max(values)
    assert found == ratio_interval(values[::-1], sizes[::-1])


def test_equal_values_of_uneven_sizes_have_an_interval_of_no_width() -> None:
    found = ratio_interval([0.1] * 7, [3.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0])
    assert (found.low, found.estimate, found.high) == (0.1, 0.1, 0.1)


def test_one_replication_has_no_interval() -> None:
    found = ratio_interval([0.3, math.nan], [10.0, 0.0])
    assert (found.estimate, found.count, found.dropped) == (0.3, 1, 1)
    assert math.isnan(found.low)


def test_an_infinite_value_makes_ratio_and_interval_infinite() -> None:
    found = ratio_interval([1.0, math.inf], [5.0, 5.0])
    assert (found.estimate, found.low, found.high) == (math.inf, math.inf, math.inf)


def test_without_any_size_there_is_no_ratio() -> None:
    assert math.isnan(ratio([math.nan], [0.0]).estimate)


def test_vectors_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length, got 2 and 1"):
        ratio([1.0, 2.0], [1.0])


def coverage(replications: int, samples: int, spread: float, together: float) -> float:
    """How often the interval holds the mean of all requests, where runs have uneven numbers of them.

    `together`: how much slower the requests of a run are that has more of them.
    """
    source = np.random.default_rng([replications, 3])
    hits = 0
    truth = 1 + together * (math.exp(spread**2) - 1)
    for _ in range(samples):
        many = source.lognormal(-(spread**2) / 2, spread, replications)
        values = 1 + together * (many - 1) + source.normal(0.0, 0.1, replications) / np.sqrt(many)
        found = ratio_interval(values.tolist(), (1000 * many).tolist())
        hits += found.low <= truth <= found.high
    return hits / samples


@pytest.mark.parametrize("replications", [5, 30])
def test_the_interval_covers_what_the_mean_of_means_misses(replications: int) -> None:
    """Busy runs are slower ones: uneven by 10 %."""
    low, high = stats.binom.interval(1 - 1e-4, 1000, 0.95)
    assert low <= 1000 * coverage(replications, 1000, 0.1, 1.0) <= high


@pytest.mark.stat
@pytest.mark.parametrize("replications", [3, 5, 10, 30])
@pytest.mark.parametrize(("spread", "together", "least"), [(0.03, 0.0, 0.94), (0.1, 1.0, 0.94), (0.5, 0.0, 0.94)])
def test_coverage_of_ratios(replications: int, spread: float, together: float, least: float) -> None:
    """`docs/statistics/intervals.md` states what this prints."""
    found = coverage(replications, 10_000, spread, together)
    print(f"\n{replications} replications, sizes ±{spread:.0%}, together {together:g}: {found:.3f}")
    assert found >= least
