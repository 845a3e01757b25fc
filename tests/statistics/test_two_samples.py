"""Two versions in one run: against SciPy's tests, textbook sizes, and what looking again and again does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.statistics.detection import detection
from experiments.statistics.distributions import normal_quantile
from experiments.statistics.two_samples import (
    Sample,
    means_p_value,
    shares_p_value,
    size_for_means,
    size_for_shares,
)


def sample(values: list[float]) -> Sample:
    return Sample(len(values), float(np.mean(values)), float(np.var(values) * len(values)))


def test_large_counts_are_compared_by_the_pooled_z_test() -> None:
    table = [[30, 970], [120, 8880]]
    statistic = stats.chi2_contingency(table, correction=False)
    assert shares_p_value(30, 1000, 120, 9000) == pytest.approx(statistic.pvalue)


def test_small_counts_are_compared_exactly() -> None:
    assert shares_p_value(3, 50, 2, 450) == pytest.approx(stats.fisher_exact([[3, 47], [2, 448]]).pvalue)


@pytest.mark.parametrize(("counts", "p_value"), [((0, 0, 1, 5), math.nan), ((0, 9, 0, 90), 1.0), ((9, 9, 90, 90), 1.0)])
def test_nothing_to_compare(counts: tuple[int, int, int, int], p_value: float) -> None:
    assert shares_p_value(*counts) == pytest.approx(p_value, nan_ok=True)


def test_means_are_compared_by_welch() -> None:
    random = np.random.default_rng(1)
    one, two = random.exponential(1.0, 40).tolist(), random.exponential(1.5, 300).tolist()
    wanted = stats.ttest_ind(one, two, equal_var=False).pvalue
    assert means_p_value(sample(one), sample(two)) == pytest.approx(wanted)


def test_means_without_spread_or_without_data() -> None:
    assert means_p_value(Sample(3, 1.0, 0.0), Sample(4, 1.0, 0.0)) == 1.0
    assert means_p_value(Sample(3, 1.0, 0.0), Sample(4, 2.0, 0.0)) == 0.0
    assert math.isnan(means_p_value(Sample(1, 1.0, 0.0), Sample(4, 2.0, 1.0)))


def test_samples_join_as_if_their_values_had_been_kept() -> None:
    random = np.random.default_rng(2)
    parts = [random.normal(5, 2, size).tolist() for size in (7, 1, 30)]
    joined = Sample()
    for part in [*parts, []]:
        joined = joined.joined(sample(part) if part else Sample())
    whole = sample([value for part in parts for value in part])
    assert (joined.count, joined.mean, joined.squares) == pytest.approx((whole.count, whole.mean, whole.squares))
    assert joined.variance == pytest.approx(whole.squares / (whole.count - 1))


def test_the_sizes_of_the_textbook() -> None:
    # Fleiss, Levin and Paik, table A.4 (without continuity correction): 0.20 against 0.10, two-sided 5 %, power 80 %.
    assert size_for_shares(0.20, 0.10) == pytest.approx(199, abs=1)
    # Two means half a standard deviation apart: 63 in each group.
    assert size_for_means(0.5, 1.0, 1.0) == pytest.approx(62.8, abs=0.1)
    assert size_for_shares(0.1, 0.1) == math.inf
    assert size_for_means(0.0, 1.0, 1.0) == math.inf


@pytest.mark.parametrize("ratio", [1.0, 9.0])
def test_a_run_of_the_computed_size_sees_the_difference_with_the_power_asked_for(ratio: float) -> None:
    """4000 experiments: the share of significant ones is the power; false alarm below 0.001."""
    size = math.ceil(size_for_shares(0.06, 0.03, ratio))
    random = np.random.default_rng(3)
    first, second = random.binomial(size, 0.06, 4000), random.binomial(round(ratio * size), 0.03, 4000)
    found = [
        shares_p_value(int(a), size, int(b), round(ratio * size)) < 0.05 for a, b in zip(first, second, strict=True)
    ]
    # The normal approximation of the formula itself is good to about two points here.
    assert np.mean(found) == pytest.approx(0.80, abs=0.02 + normal_quantile(0.9995) * math.sqrt(0.8 * 0.2 / 4000))


def test_a_detection_lasts_from_where_no_later_look_takes_it_back() -> None:
    assert detection([math.nan, 0.04, 0.2, 0.03, 0.004, 0.01]) == (1, 3, 4)
    assert detection([0.01, 0.3]) == (0, None, 0)
    assert detection([0.9, math.nan]) == (None, None, None)
    assert detection([]) == (None, None, None)


def test_looking_often_finds_differences_that_are_not_there_unless_corrected() -> None:
    """Equal versions looked at 50 times: far more than 5 % of 400 runs alarm; corrected at most 5 %, give or take."""
    random = np.random.default_rng(4)
    looks = []
    for _ in range(400):
        first, second = np.cumsum(random.binomial(100, 0.05, 50)), np.cumsum(random.binomial(100, 0.05, 50))
        sizes = range(100, 5001, 100)
        looks.append([shares_p_value(int(a), n, int(b), n) for a, b, n in zip(first, second, sizes, strict=True)])
    found = [detection(p_values) for p_values in looks]
    assert sum(entry.first is not None for entry in found) > 0.2 * 400
    assert sum(entry.corrected is not None for entry in found) <= 0.05 * 400 + 3.1 * math.sqrt(400 * 0.05 * 0.95)
