"""Gauges read cumulative figures at boundaries; timelines place what happened in windows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulator.kernel.environment import Environment
from simulator.metrics.gauges import Gauges
from simulator.metrics.timeline import Windows, request_rows
from tests.metrics.rows import Row, requests


def measured(boundaries: list[float], events: list[tuple[float, float]]) -> Gauges:
    """Gauges of a total that grows by some amounts at some times, and of the largest amount since the last reading."""
    environment = Environment()
    gauges = Gauges(boundaries)
    total = [0.0]
    largest = [0.0]

    def grow(amount: float) -> None:
        total[0] += amount
        largest[0] = max(largest[0], amount)

    def take_largest(_: float) -> float:
        taken, largest[0] = largest[0], 0.0
        return taken

    gauges.add("shop", "total", lambda _: total[0])
    gauges.add("shop", "largest", take_largest)
    for time, amount in events:
        environment.at(time, grow, amount)
    gauges.start(environment)
    environment.run_until(100.0)
    return gauges


EVENTS = [(1.0, 1.0), (5.0, 10.0), (12.0, 100.0), (25.0, 1000.0)]


@pytest.mark.parametrize(
    ("pieces", "grown"),
    [
        (((0.0, 10.0),), 11.0),
        (((10.0, 20.0),), 100.0),
        (((0.0, 10.0), (20.0, 30.0)), 1011.0),
        (((0.0, 30.0),), 1111.0),
        (((20.0, 20.0),), 0.0),
    ],
)
def test_a_figure_grows_over_pieces(pieces: tuple[tuple[float, float], ...], grown: float) -> None:
    assert measured([0.0, 10.0, 20.0, 30.0], EVENTS).growth("shop", "total", pieces) == grown


@pytest.mark.parametrize(
    ("pieces", "highest"),
    [(((0.0, 10.0),), 10.0), (((10.0, 20.0),), 100.0), (((0.0, 10.0), (20.0, 30.0)), 1000.0), (((0.0, 20.0),), 100.0)],
)
def test_the_highest_is_that_of_the_pieces_only(pieces: tuple[tuple[float, float], ...], highest: float) -> None:
    assert measured([0.0, 10.0, 20.0, 30.0], EVENTS).highest("shop", "largest", pieces) == highest


def test_what_happens_at_a_boundary_belongs_to_the_period_that_it_begins() -> None:
    gauges = measured([0.0, 5.0, 10.0], [(5.0, 1.0)])
    assert [gauges.growth("shop", "total", (piece,)) for piece in ((0.0, 5.0), (5.0, 10.0))] == [0.0, 1.0]
    assert gauges.reading("shop", "total", 5.0) == 0.0


def test_boundaries_are_sorted_and_each_is_read_once() -> None:
    assert Gauges([3.0, 1.0, 3.0, 2.0, 1.0]).times == [1.0, 2.0, 3.0]


# -- windows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "duration", "pieces"),
    [
        (10.0, 30.0, [(0, 10), (10, 20), (20, 30)]),
        (10.0, 25.0, [(0, 10), (10, 20), (20, 25)]),
        (10.0, 5.0, [(0, 5)]),
        (0.1, 0.3, [(0, 0.1), (0.1, 0.2), (0.2, 0.3)]),
    ],
)
def test_windows_cover_the_duration(length: float, duration: float, pieces: list[tuple[float, float]]) -> None:
    covered = Windows.of(length, duration).pieces()
    assert [edge for piece in covered for edge in piece] == pytest.approx([edge for piece in pieces for edge in piece])


def test_times_are_placed_in_their_windows_and_nowhere_outside() -> None:
    times = np.array([0.0, 9.99, 10.0, 24.9, 25.0, -1.0, math.nan, math.inf])
    assert Windows.of(10.0, 25.0).place(times).tolist() == [0, 0, 1, 2, -1, -1, -1, -1]


def test_a_timeline_counts_answers_when_they_come_and_errors_by_arrival() -> None:
    rows = requests(
        Row(1.0, 2.0),
        Row(8.0, 12.0, "server_error", "undone"),
        Row(9.0, 19.0, settled_at=21.0),
        Row(11.0, 13.0, "client_error", "undone"),
        Row(15.0, outcome="", state="unfinished"),
        Row(24.0, 26.0),
    )
    shown = {(metric, begin): value for _, metric, begin, value in request_rows("buy", rows, Windows.of(10.0, 25.0))}
    assert [shown["throughput", begin] for begin in (0.0, 10.0, 20.0)] == [0.1, 0.3, 0.0]
    assert [shown["goodput", begin] for begin in (0.0, 10.0, 20.0)] == [0.1, 0.0, 0.2]
    assert [shown["error_rate", begin] for begin in (0.0, 10.0, 20.0)] == [1 / 3, 0.0, 0.0]
    assert [shown["latency_p50", 0.0], shown["latency_p99", 0.0]] == [1.0, 10.0]
    assert math.isnan(shown["latency_p50", 10.0])
