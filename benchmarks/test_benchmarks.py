"""The yardsticks play the model that they say they play, and ratios are taken inside a round."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

import pytest

from benchmarks import ciw_mm1, figures, textbook_mm1
from benchmarks.contestants import Run

Play = Callable[[float, float, float, int], list[float]]


@pytest.mark.parametrize("play", [textbook_mm1.play, ciw_mm1.play])
def test_a_yardstick_is_the_queue_of_the_theory(play: Play) -> None:
    """At half the load the mean is 1 / (100 - 50) = 20 ms; over 25,000 requests its standard error is about 0.4 ms."""
    latencies = play(50.0, 0.010, 500.0, 7)
    assert len(latencies) == pytest.approx(25_000, rel=0.03)
    assert mean(latencies) == pytest.approx(0.020, abs=0.0016)


def test_a_ratio_compares_neighbours_in_time() -> None:
    fast_minute = {"a": Run(1.0, 300.0), "b": Run(1.0, 100.0)}
    slow_minute = {"a": Run(2.0, 300.0), "b": Run(2.0, 100.0)}
    assert figures.ratio([fast_minute, slow_minute], "a", "b") == (3.0, 3.0, 3.0)


def test_the_share_of_the_start_up_is_of_the_contestants_own_time() -> None:
    one = {"ciw mm1": Run(10.0, 1.0), "ciw start-up": Run(0.5, 1.0)}
    assert figures.start_up_share([one], "ciw mm1") == pytest.approx(0.05)


def test_a_yardstick_timed_twice_counts_as_one_run() -> None:
    whole = Run(1.0, 100.0, 0.04) + Run(3.0, 300.0, 0.06)
    assert (whole.per_second, whole.processes) == (100.0, 2)
    assert whole.latency_mean == pytest.approx(0.055)
    assert figures.start_up_share([{"ciw mm1": whole, "ciw start-up": Run(0.1, 1.0)}], "ciw mm1") == pytest.approx(0.05)
