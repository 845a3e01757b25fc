"""Paired differences of ratios: what two variants share cancels, and few events are compared exactly."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.paired import paired_difference
from experiments.statistics.paired_ratios import Sized, ratio_difference

NOTHING = math.nan


def events(numbers: list[int], trials: float = 8000.0) -> Sized:
    return Sized([number / trials for number in numbers], [trials] * len(numbers))


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=12))
def test_with_equal_sizes_it_is_the_paired_t_test(pairs: list[tuple[float, float]]) -> None:
    first, second = [one for one, _ in pairs], [two for _, two in pairs]
    sizes = [50.0] * len(pairs)
    found, expected = ratio_difference(Sized(first, sizes), Sized(second, sizes)), paired_difference(first, second)
    assert found.identical == expected.identical
    assert found.estimate == pytest.approx(expected.estimate, abs=1e-9)
    ends = pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-6, nan_ok=True)
    assert (found.low, found.high) == ends


def test_what_the_variants_share_cancels() -> None:
    """Both have the same bad replication: each is unsure, their difference is not."""
    shared = [1.0, 5.0, 2.0, 9.0, 4.0, 1.0]
    sizes = [100.0, 80.0, 120.0, 90.0, 100.0, 110.0]
    found = ratio_difference(Sized([value + 0.5 for value in shared], sizes), Sized(shared, sizes))
    assert found.estimate == pytest.approx(0.5)
    assert found.high - found.low < 1e-9
    assert found.p_value == 2**-5  # the sign test: six of six


def test_a_replication_that_one_side_lacks_does_not_count() -> None:
    first = Sized([1.0, 2.0, 90.0], [10.0, 10.0, 10.0])
    second = Sized([0.5, 1.0, NOTHING], [10.0, 10.0, 0.0])
    found = ratio_difference(first, second)
    assert (found.count, found.identical) == (2, False)
    assert found.estimate == pytest.approx(0.75)


def test_two_variants_without_any_event_are_the_same_as_far_as_was_seen() -> None:
    found = ratio_difference(events([0] * 10), events([0] * 10), "number")
    assert (found.estimate, found.identical, found.p_value) == (0.0, True, 1.0)
    assert (found.low, found.high) == pytest.approx((-3.6889 / 80_000, 3.6889 / 80_000), rel=1e-3)


def test_two_variants_without_any_failure_are_too() -> None:
    found = ratio_difference(events([8000] * 10), events([8000] * 10), "share")
    assert (found.estimate, found.identical) == (0.0, True)
    assert (found.low, found.high) == pytest.approx((-3.6889 / 80_000, 3.6889 / 80_000), rel=1e-3)


def test_two_variants_without_any_event_are_the_same_where_one_lacks_a_replication() -> None:
    found = ratio_difference(Sized([0.0, 0.0, math.nan], [10, 10, 0]), Sized([0.0] * 3, [10] * 3), "share")
    assert (found.estimate, found.p_value, found.count) == (0.0, 1.0, 2)
    assert found.low == -found.high < 0


def test_identical_replications_with_many_events_have_no_interval_to_speak_of() -> None:
    found = ratio_difference(events([40, 60, 50]), events([40, 60, 50]), "share")
    assert (found.identical, found.low, found.high) == (True, 0.0, 0.0)


def test_few_events_are_compared_by_the_binomial_test() -> None:
    """Seven against one, none twice in a replication; Student's t says 0.030."""
    found = ratio_difference(events([1] * 7 + [0] * 13), events([0] * 19 + [1]), "number")
    assert found.p_value == pytest.approx(2 * stats.binom.sf(6, 8, 0.5))
    assert found.estimate == pytest.approx(6 / 160_000)
    assert found.low < 0 < found.high


def test_uneven_numbers_of_requests_are_taken_into_account() -> None:
    found = ratio_difference(events([1] * 4 + [0] * 16, 1000.0), events([1] * 8 + [0] * 12, 3000.0), "number")
    expected = 2 * min(stats.binom.sf(3, 12, 0.25), stats.binom.cdf(4, 12, 0.25))
    assert found.p_value == pytest.approx(expected)


def test_a_burst_decides_nothing() -> None:
    apart = ratio_difference(events([4] * 10), events([0] * 10), "number")
    burst = ratio_difference(events([40] + [0] * 9), events([0] * 10), "number")
    assert apart.p_value < 1e-6
    assert burst.p_value > 0.5
    assert burst.low < 0 < burst.high


def test_two_replications_with_one_event_each_prove_nothing() -> None:
    """Student's t has no variance to see here and would say p = 0."""
    found = ratio_difference(events([1, 1]), events([0, 0]), "number")
    assert found.p_value == pytest.approx(0.5)


def test_two_successes_against_two_failures_prove_nothing() -> None:
    """Of one side's few requests all succeed, of the other's none: Fisher's exact test says 0.33, Student's t 0."""
    found = ratio_difference(events([0, 0], 1.0), events([1, 1], 1.0), "share")
    assert found.estimate == -1.0
    assert found.p_value > 0.33
    assert found.low < found.estimate + 1e-9
    assert found.high > 0
    many = ratio_difference(events([0, 0], 10.0), events([10, 10], 10.0), "share")
    assert many.p_value < 1e-4
    assert many.high < 0


def test_few_events_against_many_are_told_apart_by_students_t_and_the_exact_test() -> None:
    few, many = events([0, 0, 1, 0, 0]), events([400, 410, 395, 402, 420])
    for kind in ("share", "number"):
        found = ratio_difference(many, few, kind)
        expected = paired_difference(many.values, few.values)
        assert found.p_value == pytest.approx(expected.p_value)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("replications", [2, 3, 5])
def test_a_handful_of_requests_of_which_half_fail_raises_no_more_alarms_than_stated(replications: int) -> None:
    """Two variants with three requests on average a replication: of 1000 comparisons of the shares at most 72 are wrong
    (p < 0.001 at 5 %), and none with p below 1e-5. Equal differences in all replications are frequent here."""
    random = Random(replications)
    found = []
    for _ in range(1000):
        sizes = [float(1 + sum(random.random() < 0.4 for _ in range(5))) for _ in range(replications)]
        one, two = (
            Sized([sum(random.random() < 0.5 for _ in range(int(size))) / size for size in sizes], sizes) for _ in "ab"
        )
        found.append(ratio_difference(one, two, "share").p_value)
    assert sum(p_value < 0.05 for p_value in found) <= 72
    assert min(found) > 1e-5


def test_few_failures_are_compared_like_few_events() -> None:
    wrong = ratio_difference(events([1, 0, 2, 0, 1, 1, 0, 3]), events([0] * 8), "share")
    right = ratio_difference(events([7999, 8000, 7998, 8000, 7999, 7999, 8000, 7997]), events([8000] * 8), "share")
    assert right.p_value == pytest.approx(wrong.p_value)
    assert right.estimate == pytest.approx(-wrong.estimate)
    assert (right.low, right.high) == pytest.approx((-wrong.high, -wrong.low))


def test_few_against_many_is_a_matter_of_the_many() -> None:
    found = ratio_difference(events([0] * 6), events([210, 190, 205, 199, 201, 195]), "share")
    assert found.p_value < 1e-6
    assert found.high < 0


def test_one_replication_has_no_interval() -> None:
    found = ratio_difference(events([4]), events([0]), "number")
    assert found.estimate == pytest.approx(4 / 8000)
    assert math.isnan(found.low)
    assert math.isnan(found.p_value)


def test_infinite_values_are_compared_as_means_are() -> None:
    first, second = [1.0, math.inf, 2.0], [1.0, 1.0, 1.0]
    found = ratio_difference(Sized(first, [5.0] * 3), Sized(second, [5.0] * 3))
    assert found == paired_difference(first, second)


@pytest.mark.parametrize("size", [1, 3])
def test_vectors_of_different_length_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="same length"):
        ratio_difference(Sized([1.0, 2.0], [1.0] * 2), Sized([1.0, 2.0], [1.0] * size))


def side(source: np.random.Generator, kind: str, replications: int, expected: float) -> Sized:
    """What one variant counts in 1000 requests a replication, of which `expected` events are to be seen in all."""
    rate = expected / replications
    if kind == "bursts":
        numbers = [int(source.geometric(0.2, size).sum()) for size in source.poisson(rate / 5, replications)]
    elif kind == "uneven":
        numbers = source.poisson(rate * source.exponential(1.0, replications)).tolist()
    else:
        numbers = source.poisson(rate, replications).tolist()
    return events(numbers, 1000.0)


def false_alarms(kind: str, replications: int, expected: float, samples: int) -> tuple[int, int]:
    """How often equal rates look different at 5 % and at 1 %."""
    source = np.random.default_rng([replications, int(expected), 5])
    found = [0, 0]
    for _ in range(samples):
        first, second = (side(source, kind, replications, expected) for _ in range(2))
        p_value = ratio_difference(first, second, "number").p_value
        found = [found[0] + (p_value < 0.05), found[1] + (p_value < 0.01)]
    return found[0], found[1]


def test_equal_rates_of_few_bursts_look_different_no_more_often_than_stated() -> None:
    at_five, at_one = false_alarms("bursts", 10, 10.0, 400)
    assert at_five <= stats.binom.isf(1e-4, 400, 0.05)
    assert at_one <= stats.binom.isf(1e-4, 400, 0.01)


@pytest.mark.stat
@pytest.mark.parametrize("kind", ["independent", "bursts", "uneven"])
@pytest.mark.parametrize("replications", [3, 5, 10, 30])
def test_false_alarms_of_rare_events(kind: str, replications: int) -> None:
    """`docs/statistics/comparisons.md` states what this prints."""
    for expected in (3.0, 10.0, 30.0, 100.0):
        samples = 3000
        at_five, at_one = false_alarms(kind, replications, expected, samples)
        print(
            f"\n{kind}, {replications} replications, {expected:g} events a side: "
            f"{at_five / samples:.3f} at 5 %, {at_one / samples:.4f} at 1 %",
            end="",
        )
        assert at_five / samples <= 0.062
        assert at_one / samples <= 0.0155


@pytest.mark.stat
@pytest.mark.parametrize("kind", ["independent", "bursts", "uneven"])
@pytest.mark.parametrize("replications", [3, 5, 10, 30])
def test_coverage_of_differences(kind: str, replications: int) -> None:
    """One variant has three times the events of the other; `docs/statistics/comparisons.md` states what this prints."""
    source = np.random.default_rng([replications, 17])
    for expected in (3.0, 10.0, 30.0, 100.0):
        hits, samples = 0, 3000
        truth = 2 * expected / replications / 1000
        for _ in range(samples):
            first, second = (side(source, kind, replications, factor * expected) for factor in (3, 1))
            found = ratio_difference(first, second, "number")
            hits += found.low <= truth <= found.high
        print(f"\n{kind}, {replications} replications, {expected:g} events: {hits / samples:.3f}", end="")
        none_seen = kind == "bursts" and expected == 3.0  # in every other experiment one side has no burst at all
        assert hits / samples >= (0.85 if none_seen else 0.925)
