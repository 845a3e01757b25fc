"""When an operation is itself again after a phase."""

from __future__ import annotations

import math

import pytest

from simulator.metrics.figures import values_of
from simulator.metrics.phases import Phase
from simulator.metrics.recovery import Bound, recovery_figures
from simulator.metrics.requests import Requests
from tests.metrics.rows import Row, requests

WINDOW = 10.0
LATENCY = Bound("buy", "latency_p99", 1.0, at_most=True)
ERRORS = Bound("buy", "error_rate", 0.0, at_most=True)
THROUGHPUT = Bound("buy", "throughput", 0.2, at_most=False)


def story(begin: float, marks: str) -> Requests:
    """Two requests in each interval: ``+`` fast and ok, ``s`` slow, ``e`` one error, ``.`` none."""
    rows = []
    for number, mark in enumerate(marks):
        arrived = begin + number * WINDOW + 1.0
        seconds = 2.0 if mark == "s" else 0.5
        if mark != ".":
            rows.append(Row(arrived, arrived + seconds))
            rows.append(Row(arrived + 1.0, arrived + 1.5, "timeout" if mark == "e" else "ok"))
    return requests(*rows)


def recovery(marks: str, *bounds: Bound, begin: float = 100.0, end: float | None = None) -> tuple[float, float]:
    until = begin + len(marks) * WINDOW if end is None else end
    after = Phase("after:fault", ((begin, until),))
    figures = values_of(recovery_figures(story(begin, marks), after, WINDOW, bounds, until + 100.0))
    return figures["recovered"], figures["recovery_time"]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("+++++", 0.0),
        ("s++++", 10.0),
        ("ss+s+++", 40.0),
        ("++s++s+++", 60.0),
        ("++s++s++", math.inf),
        ("sssss", math.inf),
        ("++", math.inf),
        ("s..+++", 30.0),
    ],
)
def test_it_is_the_start_of_the_first_three_good_intervals_in_a_row(marks: str, expected: float) -> None:
    assert recovery(marks, LATENCY) == (0.0 if expected == math.inf else 1.0, expected)


def test_all_bounds_must_hold_in_the_same_interval() -> None:
    assert recovery("sesses+++", LATENCY, ERRORS) == (1.0, 60.0)
    assert recovery("sesses+++", ERRORS) == (1.0, 50.0)


def test_a_lower_bound_must_be_reached() -> None:
    assert recovery("...+++", THROUGHPUT) == (1.0, 30.0)


def test_it_is_censored_at_the_next_phase() -> None:
    assert recovery("ss+++", LATENCY, end=149.0) == (0.0, math.inf)
    assert recovery("ss+++", LATENCY, end=150.0) == (1.0, 20.0)


def test_intervals_count_from_the_phases_end() -> None:
    assert recovery("s+++", LATENCY, begin=37.3) == (1.0, 10.0)
