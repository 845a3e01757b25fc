"""Intervals of all replications together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.statistics.intervals import Interval
from tests.truth.judging import judge_check
from tests.truth.pooling import percentile_of
from tests.truth.test_judging import check


def test_it_is_the_percentile_of_all_values_together() -> None:
    values = np.arange(1.0, 1001.0)
    found = percentile_of([values[0::2], values[1::2]], 0.5, 0.95)
    assert (found.estimate, found.count) == (500.0, 2)
    assert found.low < 500.0 < found.high


def test_it_holds_the_percentile_at_least_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    truth = -math.log(0.01)
    found = [percentile_of([chance.exponential(size=50) for _ in range(40)], 0.99, 0.9) for _ in range(400)]
    held = sum(one.low <= truth <= one.high for one in found) / len(found)
    assert held > 0.87


def test_a_check_takes_it_in_theorys_units() -> None:
    judged = judge_check("mm1", check(scale=0.001), [1.0, 3.0], Interval(0.002, 0.00195, 0.00205, 500))
    assert judged.agrees
    assert judged.callsim.low == pytest.approx(1.95)
