"""What replications can decide: against SciPy's noncentral t, a simulation, and Fisher's smallest p-values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.statistics.distributions import fisher_two_sided
from experiments.statistics.paired import paired_difference
from experiments.statistics.power import (
    replications_for_groups,
    replications_to_judge,
    replications_to_see,
    smallest_visible,
)


def test_a_textbook_size() -> None:
    """Half a standard deviation takes 34 pairs at 5 % and 80 % (G*Power, matched pairs)."""
    assert replications_to_see(0.5) == 34
    assert replications_to_see(-0.5) == 34


@pytest.mark.parametrize(("replications", "tests"), [(3, 1), (5, 4), (10, 4), (30, 20)])
def test_the_power_at_the_smallest_visible_difference_is_as_stated(replications: int, tests: int) -> None:
    visible = smallest_visible(replications, tests)
    critical = stats.t.isf(0.025 / tests, replications - 1)
    power = stats.nct.sf(critical, replications - 1, visible * math.sqrt(replications))
    assert power == pytest.approx(0.80, abs=1e-5)


def test_a_simulation_sees_it_as_often() -> None:
    source = np.random.default_rng(80)
    visible = smallest_visible(6, 4)
    seen = 0
    for _ in range(1000):
        first = source.normal(visible, 1.0, 6)
        seen += paired_difference(first.tolist(), [0.0] * 6).p_value < 0.05 / 4
    low, high = stats.binom.interval(1 - 1e-4, 1000, 0.80)
    assert low <= seen <= high


def test_more_replications_see_smaller_differences_and_more_variants_hide_them() -> None:
    by_count = [smallest_visible(count, 4) for count in range(2, 40)]
    assert by_count == sorted(by_count, reverse=True)
    assert smallest_visible(5, 1) < smallest_visible(5, 4)
    assert smallest_visible(1) == math.inf


@pytest.mark.parametrize("difference", [0.0, 1e-9, math.nan])
def test_no_number_of_replications_shows_what_is_not_there(difference: float) -> None:
    assert replications_to_see(difference) is None


@pytest.mark.parametrize("tests", [1, 4, 20])
def test_groups_take_as_many_as_fisher_can_tell_apart(tests: int) -> None:
    count = replications_for_groups(tests)
    assert fisher_two_sided(count, count, 0, count) < 0.05 / tests
    assert fisher_two_sided(count - 1, count - 1, 0, count - 1) >= 0.05 / tests


def test_a_share_of_replications_is_judged_by_its_exact_interval() -> None:
    """Of 17 that all recovered the interval begins at 80.5 %, of 16 at 79.4 %."""
    assert replications_to_judge(1.0, 0.8, 8, 160) == 17
    assert replications_to_judge(0.8, 0.8, 8, 160) is None
    assert replications_to_judge(0.0, 0.2, 3, 60) == 17
