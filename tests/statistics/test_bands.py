"""Bands of series: every window for itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.statistics.bands import band
from experiments.statistics.counts import count_interval
from experiments.statistics.intervals import mean_interval

NAN = math.nan


def test_every_window_has_the_interval_of_its_mean() -> None:
    values = np.array([[1.0, 5.0, NAN], [2.0, 7.0, NAN], [4.0, NAN, 3.0]])
    found = band(values)
    for place, window in enumerate(values.T):
        expected = mean_interval(window.tolist())
        drawn = (found.estimate[place], found.low[place], found.high[place])
        assert drawn == pytest.approx((expected.estimate, expected.low, expected.high), nan_ok=True)
        assert found.count[place] == expected.count


def test_a_window_with_fewer_replications_has_a_wider_band() -> None:
    found = band(np.array([[1.0, 1.0], [2.0, NAN], [1.0, 1.0], [2.0, 2.0]]))
    assert found.high[1] - found.low[1] > found.high[0] - found.low[0]


def test_a_jump_stays_in_its_window() -> None:
    """Ten windows at 1, ten at 100: no band in the first ones knows of the second."""
    generator = np.random.default_rng(1)
    values = np.repeat([1.0, 100.0], 10) + generator.normal(size=(10, 20))
    found = band(values)
    assert found.high[9] < 5.0
    assert found.low[10] > 95.0


def test_where_one_replication_never_ends_the_mean_does_not_either() -> None:
    found = band(np.array([[1.0], [math.inf]]))
    assert found.estimate[0] == math.inf
    assert math.isnan(found.low[0])


def test_no_error_in_four_hundred_answers_is_not_zero() -> None:
    values, sizes = np.zeros((4, 2)), np.full((4, 2), 100.0)
    sizes[:, 1] = NAN
    found = band(values, sizes)
    assert (found.low[0], found.high[0]) == (0.0, pytest.approx(1 - 0.025 ** (1 / 400)))
    assert found.high[0] == pytest.approx(count_interval([0.0] * 4, [100.0] * 4, "share").high)
    assert found.high[1] == 0.0  # not known of how many
    assert band(np.ones((4, 1)), np.full((4, 1), 100.0)).low[0] == pytest.approx(0.025 ** (1 / 400))


def test_bands_cover_pointwise_and_together_when_asked_to() -> None:
    """300 experiments of 10 replications and 40 windows, exponential: within bounds that fail once in a thousand."""
    generator = np.random.default_rng(7)
    pointwise = together = 0
    for values in generator.gamma(16.0, 1 / 16, size=(300, 10, 40)):
        found, careful = band(values), band(values, confidence=1 - 0.05 / 40)
        pointwise += int(((found.low <= 1.0) & (found.high >= 1.0)).sum())
        together += bool(((careful.low <= 1.0) & (careful.high >= 1.0)).all())
    assert pointwise / (300 * 40) == pytest.approx(0.95, abs=0.01)
    assert together >= stats.binom.ppf(0.001, 300, 0.94)
