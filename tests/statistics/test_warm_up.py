"""MSER-5: finds the end of a known transient, leaves a steady series alone, and does not trust a trend."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.statistics.warm_up import BATCH, FEWEST, LAST, batch_means, enough, mser

LENGTH = 2000


def autoregressive(seed: int, transient: float = 0.0, lasts: int = 0, correlation: float = 0.5) -> list[float]:
    """An AR(1) series around 0, its first `lasts` values lifted by `transient`."""
    draw = random.Random(seed)
    value, series = 0.0, []
    for step in range(LENGTH):
        value = correlation * value + draw.gauss(0.0, 1.0)
        series.append(value + (transient if step < lasts else 0.0))
    return series


def test_the_end_of_a_known_transient_is_found() -> None:
    cuts = [mser(autoregressive(seed, transient=10.0, lasts=300)).count for seed in range(50)]
    assert min(cuts) >= 290
    assert statistics.median(cuts) <= 310
    assert sum(cut <= 500 for cut in cuts) >= 45


def test_a_steady_series_loses_next_to_nothing() -> None:
    found = [mser(autoregressive(seed)) for seed in range(100)]
    assert statistics.median(one.count for one in found) <= 0.02 * LENGTH
    assert sum(one.trusted for one in found) >= 95


def test_a_trend_is_not_trusted() -> None:
    for seed in range(20):
        series = [value + 0.05 * step for step, value in enumerate(autoregressive(seed))]
        assert not mser(series).trusted


def test_the_statistic_is_the_squared_standard_error_of_what_is_kept() -> None:
    series = autoregressive(1)
    found, means = mser(series), batch_means(series, BATCH)
    assert len(found.curve) == len(means) - LAST + 1
    for left_out in (0, 1, 17, len(means) - LAST):
        kept = means[left_out:]
        expected = statistics.pvariance(kept) / len(kept)
        assert found.curve[left_out] == pytest.approx(expected, rel=1e-9)


def test_a_constant_series_has_no_beginning() -> None:
    assert mser([3.0] * 200).count == 0
    assert mser([3.0] * 200).trusted


@pytest.mark.parametrize("beginning", [0, 60])
def test_rounding_is_no_spread(beginning: int) -> None:
    """Answers of 1 ms, as differences of two times: they are off by some 1e-14, most at the end."""
    times = [0.37 * number for number in range(400)]
    series = [(time + 0.001) - time for time in times]
    assert len(set(series)) > 1
    series[:beginning] = [0.005] * beginning
    found = mser(series)
    assert found.trusted
    assert found.count == beginning


def test_short_series_and_infinite_values_are_refused() -> None:
    short = [1.0] * (BATCH * FEWEST - 1)
    assert not enough(short)
    with pytest.raises(ValueError, match="too few"):
        mser(short)
    with pytest.raises(ValueError, match="finite"):
        mser([math.inf, *short])


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=FEWEST * BATCH, max_size=400),
    st.sampled_from([1, BATCH]),
)
def test_the_cut_is_whole_batches_of_the_first_half(series: list[float], batch: int) -> None:
    found = mser(series, batch)
    assert 0 <= found.count <= len(series) // 2 + batch
    assert found.count % batch == 0
    assert all(value >= 0 for value in found.curve)
    if found.trusted:
        assert found.curve[found.count // batch] == min(found.curve)


@given(st.lists(st.floats(-1e3, 1e3), min_size=FEWEST * BATCH, max_size=300), st.integers(-1000, 1000))
def test_where_zero_lies_makes_no_difference(series: list[float], shift: int) -> None:
    rounded = [round(value, 1) for value in series]
    moved = [value + shift for value in rounded]
    one, two = mser(rounded), mser(moved)
    assert one.curve == pytest.approx(two.curve, rel=1e-6, abs=1e-9)
