"""Intervals of all replications together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.statistics.intervals import Interval, median_interval
from tests.truth.judging import judge_check
from tests.truth.pooling import quantile_interval
from tests.truth.test_judging import check


def test_between_two_order_statistics() -> None:
    values = np.arange(1.0, 1001.0)
    found = quantile_interval(values, 0.5, 0.95)
    assert (found.estimate, found.count) == (500.0, 1000)
    assert found.low == median_interval(values, 0.95).low == 469.0
    assert found.high == pytest.approx(532.0, abs=1.0)


def test_it_holds_the_quantile_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    truth = -math.log(0.01)
    found = [quantile_interval(chance.exponential(size=2000), 0.99, 0.9) for _ in range(2000)]
    held = sum(one.low <= truth <= one.high for one in found) / len(found)
    assert 0.88 < held < 0.96


def test_too_few_values_have_no_end() -> None:
    assert math.isnan(quantile_interval(np.arange(100.0), 0.999, 0.95).high)


def test_a_check_takes_it_in_theorys_units() -> None:
    judged = judge_check("mm1", check(scale=0.001), [1.0, 3.0], Interval(0.002, 0.00195, 0.00205, 500))
    assert judged.agrees
    assert judged.callsim.low == pytest.approx(1.95)
