"""Percentiles of pooled replications: against numpy, by hand, and their promise to cover."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.intervals import mean_interval
from experiments.statistics.paired import Difference
from experiments.statistics.percentiles import (
    Ordered,
    Pool,
    PooledPercentile,
    percentile_difference,
    pooled_percentile,
)
from tests.statistics.samples import exponential, lognormal, queue

Array = np.ndarray[Any, Any]

samples = st.lists(st.floats(0, 100).map(lambda value: round(value, 3)), min_size=1, max_size=30)


def whole(values: Sequence[float] | Array) -> Ordered:
    return Ordered(np.sort(np.array(values, dtype=float))[::-1], np.arange(1, len(values) + 1))


def pool(clusters: Sequence[Sequence[float] | Array] | Array) -> Pool:
    return Pool([whole(cluster) for cluster in clusters])


@given(st.lists(samples, min_size=1, max_size=5), st.sampled_from([0.5, 0.9, 0.99, 0.999]))
def test_the_estimate_is_the_pooled_samples_percentile(clusters: list[list[float]], share: float) -> None:
    every = [value for cluster in clusters for value in cluster]
    found = pooled_percentile(pool(clusters), share)
    assert found.interval.estimate == np.quantile(every, share, method="inverted_cdf")
    assert found.interval.count == len(clusters)


@given(st.lists(samples, min_size=2, max_size=6), st.sampled_from([0.5, 0.9, 0.99]))
def test_ends_are_values_of_the_sample_in_order(clusters: list[list[float]], share: float) -> None:
    every = {value for cluster in clusters for value in cluster}
    found = pooled_percentile(pool(clusters), share).interval
    for end in (found.low, found.high):
        assert math.isnan(end) or end in every
    assert not found.low > found.estimate
    assert not found.high < found.estimate


@given(st.lists(samples, min_size=2, max_size=6))
def test_the_order_of_clusters_makes_no_difference(clusters: list[list[float]]) -> None:
    one, other = (pooled_percentile(pool(ordered), 0.9) for ordered in (clusters, clusters[::-1]))
    assert str(one.interval) == str(other.interval)
    assert str(one.parts) == str(other.parts[::-1])


@given(st.lists(samples, min_size=2, max_size=6))
def test_parts_average_to_the_percentile(clusters: list[list[float]]) -> None:
    found = pooled_percentile(pool(clusters), 0.8)
    if found.parts:
        assert np.mean(found.parts) == pytest.approx(found.interval.estimate, rel=1e-9, abs=1e-9)


def test_independent_clusters_give_the_ranks_of_the_binomial_distribution() -> None:
    """400 values of which 100 are expected beyond: without dispersion the ends have ranks near 100 ± 1.96 sqrt(75)."""
    values = np.arange(400.0)
    even = values.reshape(100, 4).T  # every cluster has its share of everything
    found = pooled_percentile(pool(even), 0.75)
    assert found.dispersion == 1.0
    low, high = (stats.binom.ppf(tail, 400, 0.25) for tail in (0.025, 0.975))
    assert 400 - found.interval.low == pytest.approx(high + 1, abs=1)
    assert 400 - found.interval.high == pytest.approx(low, abs=1)


def test_what_lies_beyond_in_one_cluster_alone_counts_as_little_more_than_one_value() -> None:
    """Four clusters, all of the fifty values beyond in one of them: the pool has one burst, and that bounds nothing."""
    clusters = [np.linspace(0, 1, 500) for _ in range(3)] + [np.append(np.linspace(0, 1, 450), np.linspace(2, 3, 50))]
    found = pooled_percentile(pool(clusters), 0.975)
    assert found.beyond == pytest.approx(50)
    assert found.dispersion > 50
    assert math.isnan(found.interval.high)


def test_a_hundred_values_beyond_give_an_upper_end_even_in_one_burst() -> None:
    """No order statistic is one; Student's t over the clusters' parts is."""
    burst = np.append(np.linspace(0, 1, 900), np.linspace(2, 3, 100))
    found = pooled_percentile(pool([*(np.linspace(0, 1, 500) for _ in range(6)), np.linspace(0, 1, 500), burst]), 0.975)
    assert found.beyond == pytest.approx(112.5)
    assert found.interval.estimate < found.interval.high <= 3, "no larger than anything seen"


def test_a_percentile_that_is_surely_never_reached_has_no_open_end() -> None:
    gone = np.append(np.linspace(0, 1, 200), np.full(800, np.inf))
    found = pooled_percentile(pool([gone, gone, gone]), 0.99)
    assert (found.interval.low, found.interval.high) == (math.inf, math.inf)


def test_fewer_than_four_values_beyond_bound_nothing() -> None:
    """With 3.5 expected none lies beyond the true percentile in 3 of 100 samples: the largest is no upper end."""
    generator = np.random.default_rng(3)
    for size, bounded in ((3_400, False), (4_400, True)):
        found = pooled_percentile(Pool([whole(row) for row in generator.random((100, size // 100))]), 0.999)
        assert math.isnan(found.interval.high) is not bounded


def test_one_cluster_has_no_interval_and_none_has_no_percentile() -> None:
    alone = pooled_percentile(pool([[1.0, 2.0, 3.0], []]), 0.5)
    assert (alone.interval.estimate, alone.interval.count, alone.interval.dropped) == (2.0, 1, 1)
    assert math.isnan(alone.interval.low)
    assert math.isnan(pooled_percentile(pool([[], []]), 0.5).interval.estimate)


def test_requests_that_never_completed_are_the_largest() -> None:
    clusters = [[*np.linspace(0, 1, 95), *[math.inf] * 5] for _ in range(10)]
    assert pooled_percentile(pool(clusters), 0.99).interval.estimate == math.inf
    found = pooled_percentile(pool(clusters), 0.9).interval
    assert found.estimate < 1.0
    assert found.high < math.inf
    assert pooled_percentile(pool(clusters), 0.94).interval.high == math.inf


def test_equal_values_have_an_interval_of_no_width() -> None:
    found = pooled_percentile(pool([[2.0] * 100] * 10), 0.9).interval
    assert (found.low, found.estimate, found.high) == (2.0, 2.0, 2.0)


def test_a_thinned_sample_gives_nearly_the_same() -> None:
    generator = np.random.default_rng(8)
    clusters = generator.exponential(size=(5, 20_000))
    kept = np.unique(np.minimum(np.cumsum(1 + np.arange(2000) // 200), 20_000))
    kept = np.append(kept[kept < 20_000], 20_000)
    stands_for = np.append((kept[:-1] + kept[1:]) // 2, 20_000)
    thinned = Pool([Ordered(np.sort(row)[::-1][kept - 1], stands_for) for row in clusters])
    for share in (0.5, 0.99, 0.999):
        one, other = pooled_percentile(thinned, share), pooled_percentile(pool(clusters), share)
        assert one.interval.estimate == pytest.approx(other.interval.estimate, abs=0.005)
        assert one.interval.high == pytest.approx(other.interval.high, abs=0.01)


def test_a_paired_difference_is_that_of_the_percentiles() -> None:
    generator = np.random.default_rng(4)
    one = generator.exponential(size=(10, 2000))
    first, second = pooled_percentile(pool(1.1 * one), 0.99), pooled_percentile(pool(one), 0.99)
    found = percentile_difference(first, second)
    assert found.estimate == pytest.approx(first.interval.estimate - second.interval.estimate)
    assert found.low < found.estimate < found.high
    assert found.p_value < 0.001


Draw = Callable[[np.random.Generator, int, int], Array]


def covered(
    draw: Draw, true: float, replications: int, size: int, experiments: int, share: float = 0.99
) -> tuple[int, int]:
    """How often the interval of the p99 (or another) covers, and how often it has an upper end."""
    generator = np.random.default_rng(replications * size)
    covers = bounded = 0
    for _ in range(experiments):
        found = pooled_percentile(pool(draw(generator, replications, size)), share).interval
        covers += not found.low > true and not found.high < true
        bounded += not math.isnan(found.high)
    return covers, bounded


@pytest.mark.parametrize("law", [exponential, lognormal])
@pytest.mark.parametrize(("replications", "size"), [(5, 1000), (10, 100), (20, 200)])
def test_intervals_of_independent_requests_cover(
    law: Callable[[float], tuple[Draw, float]], replications: int, size: int
) -> None:
    """At least 95 % of 300 experiments do, less what a true 95 % falls short of once in a thousand."""
    draw, true = law(0.99)
    covers, _ = covered(draw, true, replications, size, 300)
    assert covers >= stats.binom.ppf(0.001, 300, 0.95)


def test_intervals_of_requests_that_queue_cover_where_a_mean_of_percentiles_does_not() -> None:
    """M/M/1 at load 0.8, 5000 requests in each of 10 replications: measured 95 % (docs), Student's t 85 %."""
    draw, true = queue(0.99)
    covers, bounded = covered(draw, true, 10, 5000, 150)
    assert covers >= stats.binom.ppf(0.001, 150, 0.94)
    assert bounded > 100


@pytest.mark.stat
@pytest.mark.parametrize("law", [exponential, lognormal, queue])
@pytest.mark.parametrize("replications", [3, 5, 10, 20])
@pytest.mark.parametrize("size", [100, 500, 1000, 5000, 20_000])
def test_how_often_intervals_of_the_p99_cover(
    law: Callable[[float], tuple[Draw, float]], replications: int, size: int
) -> None:
    """The table of docs/statistics/percentiles.md: from 95 % of independent requests, from 86 % of those that queue."""
    draw, true = law(0.99)
    experiments = 400 if size <= 5000 else 200
    covers, bounded = covered(draw, true, replications, size, experiments)
    students = covered_by_students_t(draw, true, replications, size, experiments)
    found = [count / experiments for count in (covers, bounded, students)]
    print(
        f"\n{law.__name__} {replications} x {size}: covers {found[0]:.3f}, has an end {found[1]:.2f}, t {found[2]:.3f}"
    )
    assert covers >= stats.binom.ppf(0.001, experiments, 0.86 if law is queue else 0.95)


@pytest.mark.stat
@pytest.mark.parametrize("law", [exponential, lognormal, queue])
@pytest.mark.parametrize(("replications", "size"), [(10, 1000), (10, 5000), (20, 20_000)])
def test_how_often_intervals_of_the_p999_cover(
    law: Callable[[float], tuple[Draw, float]], replications: int, size: int
) -> None:
    """The same a decade further out: what matters is how many values lie beyond."""
    draw, true = law(0.999)
    covers, bounded = covered(draw, true, replications, size, 200, 0.999)
    print(f"\n{law.__name__} p99.9 {replications} x {size}: covers {covers / 200:.3f}, has an end {bounded / 200:.2f}")
    assert covers >= stats.binom.ppf(0.001, 200, 0.86 if law is queue else 0.95)


def covered_by_students_t(draw: Draw, true: float, replications: int, size: int, experiments: int) -> int:
    """How often Student's t over the replications' own percentiles does, on the same samples."""
    generator = np.random.default_rng(replications * size)
    covers = 0
    for _ in range(experiments):
        own = np.quantile(draw(generator, replications, size), 0.99, axis=1, method="inverted_cdf")
        found = mean_interval(own.tolist())
        covers += found.low <= true <= found.high
    return covers


def compared(
    generator: np.random.Generator, loads: tuple[float, float], replications: int, size: int
) -> Difference | None:
    """The p99 of two M/M/1 queues with the same arrivals and the same work at two speeds; None if unbounded."""
    gaps, work = generator.exponential(size=(2, replications, size + 300))
    found = []
    for load in loads:
        services = load * work
        walk = np.cumsum(services[:, :-1] - gaps[:, 1:], axis=1)
        walk = np.concatenate([np.zeros((replications, 1)), walk], axis=1)
        responses = walk - np.minimum.accumulate(walk, axis=1) + services
        found.append(pooled_percentile(pool(responses[:, 300:]), 0.99))
    return percentile_difference(*found) if all(each.bounded for each in found) else None


@pytest.mark.stat
@pytest.mark.parametrize("loads", [(0.75, 0.7), (0.8, 0.6), (0.3, 0.2)])
@pytest.mark.parametrize(("replications", "size"), [(5, 5000), (10, 1000), (10, 5000), (20, 1000), (20, 5000)])
def test_how_often_intervals_of_a_difference_cover(loads: tuple[float, float], replications: int, size: int) -> None:
    """M/M/1 on common random numbers; the true p99 is -ln 0.01 times load / (1 - load)."""
    generator = np.random.default_rng(replications * size)
    true = -math.log(0.01) * (loads[0] / (1 - loads[0]) - loads[1] / (1 - loads[1]))
    found = [compared(generator, loads, replications, size) for _ in range(300)]
    given = [each for each in found if each is not None]
    covers = sum(each.low <= true <= each.high for each in given)
    print(f"\n{loads} {replications} x {size}: given {len(given) / 300:.2f}, covers {covers / len(given):.3f}")
    assert covers >= stats.binom.ppf(0.001, len(given), 0.87)


def nearly_equal(
    generator: np.random.Generator, noise: float, replications: int, size: int
) -> tuple[float, Difference | None]:
    """The p99 of exponential times plus one or another uniform noise up to `noise`; the true difference is 0."""
    common = generator.exponential(size=(replications, size))
    found = [pooled_percentile(pool(common + generator.uniform(0, noise, size=common.shape)), 0.99) for _ in range(2)]
    return 0.0, percentile_difference(*found) if all(each.bounded for each in found) else None


def a_thousandth_slower(
    generator: np.random.Generator, load: float, replications: int, size: int
) -> tuple[float, Difference | None]:
    """An M/M/1 against one whose work takes 1.001 times as long."""
    true = -math.log(0.01) * (1.001 * load / (1 - 1.001 * load) - load / (1 - load))
    return true, compared(generator, (1.001 * load, load), replications, size)


Pair = Callable[[np.random.Generator, float, int, int], tuple[float, Difference | None]]


def pairs_covered(pair: Pair, degree: float, replications: int, size: int, experiments: int) -> tuple[int, int]:
    """How many of so many differences cover, and of how many there are any."""
    generator = np.random.default_rng(replications * size)
    found = [pair(generator, degree, replications, size) for _ in range(experiments)]
    given = [(true, each) for true, each in found if each is not None]
    return sum(each.low <= true <= each.high for true, each in given), len(given)


@pytest.mark.parametrize(("pair", "degree"), [(nearly_equal, 0.02), (a_thousandth_slower, 0.2)])
def test_variants_that_hardly_differ_are_not_told_apart_by_which_request_is_the_percentile(
    pair: Pair, degree: float
) -> None:
    """Nearly the same requests lie beyond both, in every replication: that alone says ± 0, and covers in half."""
    covers, given = pairs_covered(pair, degree, 10, 500, 200)
    assert covers >= stats.binom.ppf(0.001, given, 0.95)


@pytest.mark.stat
@pytest.mark.parametrize(
    ("pair", "degree"),
    [
        (nearly_equal, 0.002),
        (nearly_equal, 0.02),
        (nearly_equal, 0.2),
        (nearly_equal, 2.0),
        (a_thousandth_slower, 0.2),
        (a_thousandth_slower, 0.5),
    ],
)
@pytest.mark.parametrize(("replications", "size"), [(5, 500), (5, 5000), (10, 500), (10, 5000), (20, 1000)])
def test_how_often_intervals_of_hardly_any_difference_cover(
    pair: Pair, degree: float, replications: int, size: int
) -> None:
    """The last table of differences in docs/statistics/percentiles.md."""
    covers, given = pairs_covered(pair, degree, replications, size, 400)
    print(f"\n{pair.__name__} {degree} {replications} x {size}: given {given / 400:.2f}, covers {covers / given:.3f}")
    assert covers >= stats.binom.ppf(0.001, given, 0.92)


def test_the_luck_of_which_requests_are_compared_is_seen_where_the_parts_cancel() -> None:
    """The same counts beyond in every replication, but each request is off by its own 0.1 at random."""
    luck = np.random.default_rng(9).choice([-0.1, 0.1], size=(10, 500))
    even = np.arange(5000.0).reshape(500, 10).T
    found = percentile_difference(*(pooled_percentile(pool(values), 0.9) for values in (even + luck, even)))
    assert abs(found.estimate) == pytest.approx(0.1)
    assert found.low < 0 < found.high
    assert found.high - found.estimate == pytest.approx(2.262 * 0.1, rel=0.4)


def test_nothing_is_paired_without_parts() -> None:
    nothing = PooledPercentile(pooled_percentile(pool([[1.0]]), 0.5).interval, 0.5, 1.0)
    with pytest.raises(ValueError, match="as many"):
        percentile_difference(nothing, nothing)
