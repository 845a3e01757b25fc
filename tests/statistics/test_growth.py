"""Steady growth is told from wandering, from filling up, and from nothing."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.statistics.growth import FEWEST_WINDOWS, LEAST_WINDOWS, growth_of


def walks(replications: int, drift: float, seed: int, windows: int = 120) -> list[list[float]]:
    """Random walks above 0 with steps of standard deviation 1, seen at the end of each window."""
    luck = random.Random(seed)
    found = []
    for _ in range(replications):
        steps = [luck.gauss(drift, 1.0) for _ in range(windows)]
        found.append(list(accumulate(steps, lambda level, step: max(level + step, 0.0))))
    return found


def test_even_growth_is_found_whatever_the_number_of_replications() -> None:
    for replications in (1, 2, 5, 20):
        found = growth_of(walks(replications, drift=1.0, seed=1))
        assert found is not None
        assert found.steady
        assert found.total == pytest.approx(119, rel=0.25)


@pytest.mark.parametrize("replications", [1, 3, 10])
def test_a_queue_just_at_its_capacity_is_not_called_unstable_by_chance(replications: int) -> None:
    """200 experiments each; the bound is three standard errors above 2 %."""
    found = [growth_of(walks(replications, drift=0.0, seed=seed)) for seed in range(200)]
    assert sum(one is not None and one.steady for one in found) <= 10


def test_what_has_filled_up_does_not_grow() -> None:
    luck = random.Random(3)
    full = [[min(5.0 * window, 100.0) - luck.random() for window in range(120)] for _ in range(5)]
    found = growth_of(full)
    assert found is not None
    assert found.total > 20
    assert not found.steady


def test_growth_that_is_small_against_the_level_is_none() -> None:
    slight = [[1000.0 + window + (window % 2) * 0.1 for window in range(120)] for _ in range(5)]
    found = growth_of(slight)
    assert found is not None
    assert not found.steady


def test_who_knew_it_beforehand_needs_less_proof() -> None:
    hesitant = [walks(5, drift=0.15, seed=seed) for seed in range(40)]
    found = [
        sum(one is not None and one.steady for one in (growth_of(series, expected=expected) for series in hesitant))
        for expected in (False, True)
    ]
    assert found[0] < 20 < found[1]


def test_two_replications_that_grow_unlike_each_other_both_grow() -> None:
    """Student's t with one degree of freedom would ask for a mean of more than six standard errors."""
    found = growth_of([*walks(1, drift=1.0, seed=1), *walks(1, drift=2.5, seed=2)])
    assert found is not None
    assert found.steady


def test_few_windows_say_nothing() -> None:
    assert growth_of([[1.0] * (LEAST_WINDOWS - 1)]) is None
    assert growth_of([]) is None


def test_few_windows_are_enough_for_who_knew_it_beforehand() -> None:
    rising = [[10.0 * window + replication for window in range(FEWEST_WINDOWS)] for replication in range(3)]
    found = growth_of(rising, expected=True)
    assert found is not None
    assert found.steady
    assert growth_of([values[1:] for values in rising], expected=True) is None


@given(st.lists(st.floats(0.0, 1e6), min_size=LEAST_WINDOWS, max_size=40))
def test_what_falls_never_counts_as_growing(values: list[float]) -> None:
    found = growth_of([sorted(values, reverse=True)] * 3)
    assert found is not None
    assert not found.steady
