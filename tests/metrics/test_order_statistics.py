"""Samples leave a run thinned: the largest values whole, the rest to half a percent."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.metrics.figures import Figure, percentile
from simulator.metrics.order_statistics import EXACT, OrderStatistics, counts, ranks, thinned


@given(st.integers(1, 300_000))
def test_ranks_begin_with_all_and_end_with_the_size(size: int) -> None:
    kept = ranks(size)
    assert kept[: min(size, EXACT)].tolist() == list(range(1, min(size, EXACT) + 1))
    assert kept[-1] == size
    steps = np.diff(kept)
    assert (steps >= 1).all()
    assert (steps <= np.maximum(1, kept[:-1] // EXACT)).all()


@given(st.integers(1, 300_000))
def test_every_value_is_stood_for_once_and_by_a_near_one(size: int) -> None:
    kept, stands_for = ranks(size), counts(size)
    assert stands_for[-1] == size
    assert (np.diff(stands_for, prepend=0) >= 1).all()
    assert (np.abs(stands_for - kept) <= 1 + kept / EXACT / 2).all()


def test_a_million_values_leave_two_thousand() -> None:
    assert len(ranks(1_000_000)) < 2_500
    assert len(ranks(0)) == 0


def test_thinned_values_descend() -> None:
    assert thinned(np.array([1.0, 2.0, 3.0])).tolist() == [3.0, 2.0, 1.0]


def test_a_sample_is_kept_once_for_all_its_percentiles() -> None:
    gathered, sample = OrderStatistics(), np.array([1.0, 2.0])
    for metric, share in (("latency_p50", 0.5), ("latency_p99", 0.99)):
        gathered.add("all", "buy", percentile(metric, sample, share))
    gathered.add("all", "buy", Figure("throughput", 3.0))
    gathered.add("healthy", "buy", percentile("latency_p50", sample[:0], 0.5))
    columns = gathered.columns()
    assert columns["family"] == ["latency", "latency"]
    assert columns["phase"] == ["all", "healthy"]
    assert columns["of"] == [2, 0]
    assert [values.tolist() for values in columns["values"]] == [[2.0, 1.0], []]
