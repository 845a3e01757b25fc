"""Batches of one run: when they are independent, how they are joined, and how often their intervals cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.batch_means import LEVELS, correlated, joined, linearised, longer, resemblance
from experiments.statistics.intervals import mean_interval
from experiments.statistics.percentiles import Ordered, Pool, pooled_percentile
from tests.statistics.samples import queue, waits

values = st.lists(st.floats(0, 100).map(lambda value: round(value, 3)), min_size=8, max_size=8)
sizes = st.lists(st.integers(0, 50).map(float), min_size=8, max_size=8)


def test_thirty_two_batches_are_joined_to_eight() -> None:
    assert LEVELS == (32, 16, 8)


def test_resemblance_of_a_trend_and_of_a_zigzag() -> None:
    """Four values: squared deviations 5, squared steps 3 and 27."""
    assert resemblance([1.0, 2.0, 3.0, 4.0]) == pytest.approx(1 - 3 / 10)
    assert resemblance([1.0, 4.0, 1.0, 4.0]) == pytest.approx(1 - 27 / 18)
    assert math.isnan(resemblance([2.0, 2.0, 2.0, 2.0]))
    assert math.isnan(resemblance([1.0, math.inf, 2.0, 3.0]))


@pytest.mark.parametrize("number", LEVELS)
def test_independent_batches_are_taken_for_correlated_as_often_as_stated(number: int) -> None:
    """2000 samples: one in ten, within bounds that a true 10 % leaves once in ten thousand (and half a point)."""
    generator = np.random.default_rng(number)
    alarms = sum(correlated(sample) for sample in generator.normal(size=(2000, number)).tolist())
    low, high = stats.binom.interval(1 - 1e-4, 2000, 0.10)
    assert low - 10 <= alarms <= high + 10


def test_neighbours_that_lean_on_each_other_are_noticed() -> None:
    generator = np.random.default_rng(2)
    noticed = 0
    for shocks in generator.normal(size=(200, 32)):
        series = [0.0]
        for shock in shocks:
            series.append(0.8 * series[-1] + shock)
        noticed += correlated(series[1:])
    assert noticed > 190


@given(values, sizes)
def test_joined_batches_keep_the_ratio_of_the_whole(shares: list[float], of: list[float]) -> None:
    if sum(of):
        two, twice = joined(shares, of)
        assert sum(twice) == sum(of)
        assert np.dot(two, twice) == pytest.approx(np.dot(shares, of), rel=1e-9, abs=1e-9)


def test_figures_of_time_are_averaged_and_empty_batches_say_nothing() -> None:
    assert joined([1.0, 3.0], [math.nan, math.nan])[0] == [2.0]
    assert joined([math.nan, 3.0], [0.0, 5.0])[0] == [3.0]
    assert joined([3.0, math.nan], [5.0, 0.0])[0] == [3.0]


@given(values, sizes)
def test_parts_average_to_the_ratio_of_the_whole(shares: list[float], of: list[float]) -> None:
    if sum(of):
        assert np.mean(linearised(shares, of)) == pytest.approx(np.dot(shares, of) / sum(of), rel=1e-9, abs=1e-9)


def test_how_much_longer_grows_with_the_resemblance() -> None:
    assert longer([1.0, 2.0, 3.0, 4.0]) == 7.0
    assert longer([1.0, 4.0, 1.0, 4.0]) == 2.0


def covered(requests: int, experiments: int, load: float) -> tuple[int, int]:
    """How often the batches' interval covers the mean response time, and how often a caution goes with it."""
    generator = np.random.default_rng(requests)
    covers = cautions = 0
    for run in waits(generator, experiments, requests, load):
        for number in LEVELS:
            means = run.reshape(number, -1).mean(axis=1).tolist()
            if not correlated(means):
                break
        else:
            cautions += 1
        found = mean_interval(means)
        covers += found.low <= 1 / (1 - load) <= found.high
    return covers, cautions


def test_batches_of_a_long_run_cover() -> None:
    """M/M/1 at load 0.8, 25,600 requests: measured 93 % (docs)."""
    covers, cautions = covered(25_600, 200, 0.8)
    assert covers >= stats.binom.ppf(0.001, 200, 0.93)
    assert cautions <= stats.binom.ppf(0.999, 200, 0.02)


@pytest.mark.stat
@pytest.mark.parametrize("requests", [1600, 6400, 25_600, 102_400])
def test_batches_cover_more_the_longer_the_run(requests: int) -> None:
    """The table of docs/statistics/percentiles.md: mean and p99 of M/M/1 at load 0.8, from 86 % up."""
    experiments = 400
    covers, cautions = covered(requests, experiments, 0.8)
    tails, ends = covered_p99(requests, experiments, 0.8)
    found = [count / experiments for count in (covers, cautions, tails, ends)]
    print(
        f"\n{requests}: mean covers {found[0]:.3f}, caution {found[1]:.3f}; p99 covers {found[2]:.3f}, "
        f"has an end {found[3]:.2f}"
    )
    assert min(covers, tails) >= stats.binom.ppf(0.001, experiments, 0.86)


def covered_p99(requests: int, experiments: int, load: float) -> tuple[int, int]:
    """How often the batches' interval covers the p99, and how often it has an upper end."""
    generator = np.random.default_rng(requests)
    _, true = queue(0.99, load)
    covers = ends = 0
    for run in waits(generator, experiments, requests, load):
        for number in LEVELS:
            rows = np.sort(run.reshape(number, -1), axis=1)[:, ::-1]
            batches = [Ordered(row, np.arange(1, len(row) + 1)) for row in rows]
            found = pooled_percentile(Pool(batches), 0.99)
            if not correlated(found.parts):
                break
        covers += not found.interval.low > true and not found.interval.high < true
        ends += not math.isnan(found.interval.high)
    return covers, ends
