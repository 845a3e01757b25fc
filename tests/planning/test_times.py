"""Times of which two moments are known: exact where the law is a constant, an exponential or an Erlang law."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.planning.times import Time, one_of, waited, when_ended

EXPONENTIAL = Time(2.0, 4.0)


@pytest.mark.parametrize("branches", [2, 5, 40])
def test_the_slowest_of_exponential_times_is_the_harmonic_sum(branches: int) -> None:
    expected = 2.0 * math.fsum(1 / k for k in range(1, branches + 1))
    assert when_ended([EXPONENTIAL] * branches, branches).mean == pytest.approx(expected, rel=2e-3)


def test_the_first_two_of_four_exponential_times() -> None:
    assert when_ended([EXPONENTIAL] * 4, 2).mean == pytest.approx(2.0 * (1 / 4 + 1 / 3), rel=2e-3)


def test_constants_end_in_their_order() -> None:
    times = [Time(3.0), Time(1.0), Time(2.0)]
    assert [when_ended(times, needed).mean for needed in (1, 2, 3)] == [1.0, 2.0, 3.0]


def test_one_branch_that_never_ends_does_not_keep_a_quorum_waiting() -> None:
    times = [Time(math.inf, math.inf), Time(1.0), Time(2.0)]
    assert when_ended(times, 2).mean == 2.0
    assert when_ended(times, 3).mean == math.inf


def test_who_gives_up_waits_for_the_mean_of_the_smaller_time() -> None:
    assert waited(EXPONENTIAL, 3.0).mean == pytest.approx(2.0 * (1 - math.exp(-1.5)), rel=2e-3)
    assert waited(Time(5.0), 3.0) == Time(3.0)
    assert waited(Time(5.0), math.inf) == Time(5.0)
    assert waited(Time(math.inf, math.inf), 3.0).mean == 3.0


def test_a_choice_adds_the_difference_between_its_ways_to_the_variance() -> None:
    assert one_of([(0.25, Time(4.0)), (0.75, Time(0.0))]) == Time(1.0, 3.0)


@given(st.lists(st.floats(0.001, 100.0), min_size=1, max_size=6), st.data())
def test_more_needed_branches_never_end_earlier(means: list[float], data: st.DataObject) -> None:
    times = [Time(mean, mean**2) for mean in means]
    needed = data.draw(st.integers(1, len(times)))
    here = when_ended(times, needed).mean
    assert here <= math.fsum(means) * 1.01
    if needed < len(times):
        assert here <= when_ended(times, needed + 1).mean * 1.01
