"""The figures of requests, worked out by hand."""

from __future__ import annotations

import math

import pytest

from simulator.metrics.cohort import cohort_figures, window_figures
from simulator.metrics.figures import values_of
from simulator.metrics.phases import Phase
from simulator.metrics.requests import Requests
from tests.metrics.rows import Row, requests

ROWS = requests(
    Row(0.0, 1.0),
    Row(1.0, 3.0, settled_at=13.0),
    Row(2.0, 6.0, "server_error", "undone", settled_at=7.0),
    Row(3.0, 4.0, "client_error", "undone"),
    Row(4.0, 9.0, "timeout", "done", settled_at=14.0, counts={"retries": 2, "timeouts": 3, "calls": 3}),
    Row(5.0, 6.0, "ok", "orphaned", counts={"duplicates": 1, "effects": 2, "mixed_time": math.inf}),
    Row(6.0, 8.0, "ok", "unfinished"),
    Row(7.0, outcome="", state="unfinished", counts={"calls": 5}),
    Row(8.0, 9.0, "rejected", "undone", counts={"rejected": 1, "stuck": 2}),
    Row(9.0, 9.5, "ok", "done", counts={"effects": 2, "mixed_time": 0.25, "lost": 3, "dead_lettered": 1}),
)
FIGURES = values_of(cohort_figures(ROWS, fulfilled_by=13.5, good_within=(1.0, 2.0)))

EXPECTED = {
    "fulfilled": 0.3,  # the first, the second (at 13.0) and the last
    "good": 0.3,  # within 1 s: the first, the sixth, the last
    "good@2": 0.5,
    "error_rate": 3 / 9,
    "client_error_rate": 1 / 9,
    "server_error_rate": 1 / 9,
    "timeout_rate": 1 / 9,
    "rejected_rate": 1 / 9,
    "unreachable_rate": 0.0,
    "availability": 0.5,
    "latency_mean": (1 + 2 + 1 + 2 + 0.5) / 5,
    "latency_p50": 1.0,
    "latency_p99": 2.0,
    "answer_latency_mean": (1 + 2 + 4 + 1 + 5 + 1 + 2 + 1 + 0.5) / 9,
    "answer_latency_p99": 5.0,
    "completion_mean": (1 + 12 + 5 + 1 + 10 + 1 + 0.5) / 7,
    "completion_p50": 5.0,
    "completion_p90": math.inf,
    "completion_left_out": 3.0,
    "calls_per_request": 0.8,
    "retries": 0.2,
    "timeouts": 0.3,
    "rejected": 0.1,
    "duplicates": 0.1,
    "lost": 0.3,
    "dead_lettered": 0.1,
    "done": 0.4,
    "undone": 0.3,
    "orphaned": 0.1,
    "unfinished": 0.2,
    "stuck_sagas": 0.1,
    "false_ok": 0.1,  # the orphaned one; an unfinished one is not known to be false
    "false_error": 0.1,  # the timeout whose work was done
    "inconsistency_window_mean": 0.25,
    "inconsistency_window_p50": 0.25,
    "inconsistency_window_p99": math.inf,
    "inconsistency_window_left_out": 1.0,
}


@pytest.mark.parametrize(("metric", "expected"), EXPECTED.items())
def test_figure(metric: str, expected: float) -> None:
    assert FIGURES[metric] == pytest.approx(expected)


def test_throughput_goes_by_the_answer_and_goodput_by_the_later_moment() -> None:
    phase = Phase("some", ((0.0, 4.0), (8.0, 14.0)))
    assert phase.seconds == 10.0
    assert values_of(window_figures(ROWS, phase)) == {"throughput": 6 / 10, "goodput": 3 / 10}


def test_nothing_to_measure_is_no_number() -> None:
    nobody = ROWS.arrived_in(((50.0, 60.0),))
    figures = values_of(cohort_figures(nobody, 100.0, (1.0,)))
    assert len(nobody) == 0
    for metric in (
        "error_rate",
        "availability",
        "latency_mean",
        "latency_p99",
        "completion_p50",
        "done",
        "retries",
        "good",
    ):
        assert math.isnan(figures[metric])


def test_rows_come_in_order_of_arrival_whatever_order_they_were_settled_in() -> None:
    shuffled: Requests = requests(Row(5.0, 6.0), Row(1.0, 9.0), Row(3.0, 4.0))
    assert shuffled.column["arrived"].tolist() == [1.0, 3.0, 5.0]
    assert shuffled.latency.tolist() == [8.0, 1.0, 1.0]
