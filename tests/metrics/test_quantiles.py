"""Quantiles by rank: a value of the sample, infinite ones included."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.metrics.quantiles import mean, quantile

INF = math.inf


@pytest.mark.parametrize(
    ("sample", "share", "expected"),
    [
        ([7.0], 0.5, 7.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.51, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 0.0, 1.0),
        ([1.0, 2.0, 3.0, 4.0], 1.0, 4.0),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.95, 95.0),
        ([float(n) for n in range(1, 101)], 0.999, 100.0),
        ([float(n) for n in range(1, 1001)], 0.999, 999.0),
        ([1.0, 2.0, 3.0, INF], 0.75, 3.0),
        ([1.0, 2.0, 3.0, INF], 0.76, INF),
        ([INF, INF], 0.01, INF),
    ],
)
def test_quantile(sample: list[float], share: float, expected: float) -> None:
    assert quantile(np.array(sample), share) == expected


def test_an_empty_sample_has_neither_quantile_nor_mean() -> None:
    assert math.isnan(quantile(np.array([]), 0.5))
    assert math.isnan(mean(np.array([])))


@given(
    st.lists(st.floats(0, 1e6) | st.just(INF), min_size=1, max_size=60),
    st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999]),
)
def test_it_is_the_smallest_value_that_the_share_does_not_exceed(sample: list[float], share: float) -> None:
    ascending = np.sort(np.array(sample))
    found = quantile(ascending, share)
    assert found in sample
    needed = share * len(sample) - 1e-6
    assert sum(value <= found for value in sample) >= needed
    assert sum(value < found for value in sample) < needed + 1e-5
