"""Whether a series begins differently: seen where it does, seldom claimed where it does not."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from experiments.statistics.beginnings import FEWEST, beginning


def skewed(seed: int, correlation: float = 0.7) -> list[float]:
    """A steady series of positive, skewed, correlated values around 1."""
    draw = random.Random(seed)
    state, series = draw.gauss(0, 1), []
    for _ in range(120):
        state = correlation * state + math.sqrt(1 - correlation**2) * draw.gauss(0, 1)
        series.append(math.exp(0.4 * state))
    return series


def test_a_beginning_near_zero_stands_out_and_its_end_is_found() -> None:
    ends = []
    for seed in range(20):
        filling = [value * min(1.0, 0.02 + place / 20) for place, value in enumerate(skewed(seed))]
        found = beginning(filling)
        assert found is not None
        assert found.deviations > 3
        assert found.first < 0.2 * found.later
        ends.append(found.ends)
    assert min(ends) > 8
    assert statistics.median(ends) <= 20


def test_a_steady_series_seldom_seems_to_begin_differently() -> None:
    found = [beginning(skewed(seed)) for seed in range(400)]
    assert sum(one is not None and one.deviations > 2.6 for one in found) <= 0.03 * 400


def test_a_high_beginning_counts_too() -> None:
    cold = [value * (1 + 20 * math.exp(-place / 3)) for place, value in enumerate(skewed(1))]
    found = beginning(cold)
    assert found is not None
    assert found.deviations > 3
    assert found.first > found.later


def test_a_trend_has_no_end_in_its_first_half() -> None:
    found = beginning([1.0 + place for place in range(100)])
    assert found is not None
    assert found.ends >= 50


@pytest.mark.parametrize("values", [[1.0] * (FEWEST - 1), [0.0] * 100], ids=["too short", "nothing ever waits"])
def test_where_there_is_nothing_to_see_nothing_is_said(values: list[float]) -> None:
    assert beginning(values) is None


def test_an_empty_queue_is_no_error() -> None:
    found = beginning([0.0, *([0.0, 2.0] * 40)])
    assert found is not None
    assert found.deviations == 0.0
