"""Two groups of replications: found where they are, and hardly ever where they are not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.statistics.modes import Groups, best_split, boundary_between, groups_of

Draw = Callable[[np.random.Generator, int], "np.ndarray[tuple[int], np.dtype[np.float64]]"]

ONE_GROUP: dict[str, Draw] = {
    "normal": lambda source, size: source.normal(10.0, 1.0, size),
    "exponential": lambda source, size: source.exponential(1.0, size),
    "lognormal": lambda source, size: source.lognormal(0.0, 0.5, size),
    "long lognormal": lambda source, size: source.lognormal(0.0, 1.0, size),
}
ALARMS = 0.001
"""The stated rate of false alarms."""


def alarms(draw: Draw, replications: int, samples: int) -> int:
    source = np.random.default_rng([replications, 20])
    return sum(groups_of(draw(source, replications).tolist()) is not None for _ in range(samples))


def most(samples: int) -> int:
    """What a rate of 1 in 1000 exceeds in one try of 100,000."""
    return int(samples * ALARMS + 4.5 * math.sqrt(samples * ALARMS) + 3)


@pytest.mark.parametrize("name", ONE_GROUP)
def test_one_group_is_hardly_ever_taken_for_two(name: str) -> None:
    found = {size: alarms(ONE_GROUP[name], size, 1000) for size in (5, 10, 30)}
    assert max(found.values()) <= most(1000), found


@pytest.mark.stat
@pytest.mark.parametrize("name", ONE_GROUP)
@pytest.mark.parametrize("replications", [4, 5, 6, 7, 8, 9, 10, 11, 14, 19, 20, 29, 49, 50, 100])
def test_false_alarms_are_as_rare_as_stated(name: str, replications: int) -> None:
    samples = 10_000
    found = alarms(ONE_GROUP[name], replications, samples)
    print(f"\n{name}, {replications} replications: {found} false alarms in {samples}")
    assert found <= most(samples)


def test_replications_that_never_recover_are_told_from_those_that_do() -> None:
    found = groups_of([40.2, 39.1, 2.4, 41.0, 1.8, 40.5, 38.9, 2.1, 39.7, 40.8])
    assert found is not None
    assert (found.lower.size, found.upper.size) == (3, 7)
    assert found.lower.mean == pytest.approx(2.1)
    assert 2.4 < found.boundary < 38.9


def test_infinite_values_are_a_group_from_the_first_on() -> None:
    found = groups_of([2.0, math.inf, 2.5, math.nan, 2.1])
    assert found is not None
    assert (found.lower.size, found.upper) == (3, (1, math.inf))
    assert found.lower.mean == pytest.approx(2.2)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 9.0, 9.1], [math.inf] * 5, [3.0] * 9, [math.nan] * 4])
def test_too_few_or_equal_values_are_no_groups(values: list[float]) -> None:
    assert groups_of(values) is None


def test_a_single_outlier_is_no_group() -> None:
    assert groups_of([1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 0.98, 1.0, 1.01, 50.0]) is None


def test_groups_that_hardly_differ_do_not_matter() -> None:
    assert groups_of([9.9, 9.9, 9.9, 10.0, 10.0, 10.0]) is None


def test_zero_and_one_event_are_no_groups() -> None:
    requests = 8000
    shares = [number / requests for number in (0, 0, 1, 0, 1, 0, 0, 0, 1, 0)]
    assert groups_of(shares) is not None
    assert groups_of(shares, noise=0.3 / requests**2) is None


def test_two_variants_are_cut_where_they_are_best_told_apart() -> None:
    assert 2.0 < boundary_between([40.0, 2.0, 39.0, 1.0], [41.0, 40.0, 39.0, 42.0]) < 39.0
    assert boundary_between([1.0, math.inf], [3.0, math.inf]) == 3.0
    assert math.isnan(boundary_between([1.0], [2.0]))


@given(st.lists(st.floats(0.0, 1e6), min_size=4, max_size=12))
def test_the_best_split_is_the_best_and_does_not_depend_on_order(values: list[float]) -> None:
    ordered = sorted(values)
    found = best_split(ordered)
    assert found is not None
    place, within, total = found
    assert 2 <= place <= len(ordered) - 2
    assert within <= total * (1 + 1e-9)
    for other in range(2, len(ordered) - 1):
        squares = sum(float(np.var(part)) * len(part) for part in (ordered[:other], ordered[other:]))
        assert within <= squares * (1 + 1e-6) + 1e-6
    again: Groups | None = groups_of(list(reversed(ordered)))
    assert again == groups_of(ordered)
