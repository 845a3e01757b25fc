"""Every metric has the estimator that suits it, and rare events of an experiment have honest intervals."""

from __future__ import annotations

import math

import pytest

from experiments.results.cells import Cells, Setting
from experiments.results.estimators import Estimator, estimator_of, interval_of, table
from experiments.results.objectives import Objective, objective_rows
from experiments.statistics.intervals import Interval, mean_interval
from simulator.metrics.names import METRICS

SUITS = {
    Estimator.MEAN: """throughput goodput utilization cpu_utilization replicas queue_length queue_length_max
        queue_length_end backlog backlog_max backlog_end behind behind_end message_age_p* breaker_open_share
        latency_p* latency_sd answer_latency_p* completion_p* inconsistency_window_p* staleness_p*""",
    Estimator.RATIO: """wait_mean wasted_work latency_mean answer_latency_mean completion_mean calls_per_request
        deliveries inconsistency_window_mean staleness_mean""",
    Estimator.SHARE: """hit_ratio fulfilled good error_rate client_error_rate server_error_rate timeout_rate
        unreachable_rate rejected_rate cancelled_rate availability duplicated done undone orphaned stuck_sagas false_ok
        false_error unfinished stale_reads""",
    Estimator.NUMBER: "retries timeouts rejected duplicates lost dead_lettered out_of_order redelivered",
    Estimator.EVENTS: "diverged breaker_opens completion_left_out inconsistency_window_left_out",
    Estimator.MEDIAN: "recovery_time",
    Estimator.REPLICATIONS: "recovered",
}


def test_every_metric_has_the_estimator_that_somebody_chose_for_it() -> None:
    chosen = {name: estimator for estimator, names in SUITS.items() for name in names.split()}
    assert dict(table()) == chosen
    assert {estimator_of(name) for name in METRICS} == set(Estimator)


def test_a_limit_in_a_name_makes_no_difference() -> None:
    assert estimator_of("good@0.5") is Estimator.SHARE


def shop(metric: str, values: list[float], sizes: list[float]) -> Cells:
    cells = Cells()
    for value, size in zip(values, sizes, strict=True):
        columns = {"phase": ["all"], "operation": ["shop"], "metric": [metric], "value": [value], "of": [size]}
        cells.add(Setting("base", ""), columns)
    return cells


@pytest.mark.parametrize(("bound", "verdict"), [(1e-4, "met"), (4e-5, "undecided")])
def test_zero_duplicates_in_80000_requests_meet_a_bound_that_they_can_meet(bound: float, verdict: str) -> None:
    cells = shop("duplicates", [0.0] * 10, [8000.0] * 10)
    (row,) = objective_rows(cells, [Objective("shop", "all", "duplicates", bound, at_most=True)])
    assert (row.mean, row.ci_low, row.verdict) == (0.0, 0.0, verdict)
    assert row.ci_high == pytest.approx(3.6889 / 80_000, rel=1e-3)


def test_latencies_count_by_request_and_throughput_by_replication() -> None:
    found = interval_of("latency_mean", [1.0, 4.0, 1.0], [100.0, 300.0, 100.0])
    assert found.estimate == pytest.approx(14 / 5)
    assert interval_of("throughput", [1.0, 4.0, 1.0], [math.nan] * 3).estimate == 2.0


def test_seconds_are_no_events() -> None:
    few = interval_of("wasted_work", [0.0, 0.0, 0.0], [10.0, 12.0, 11.0])
    assert (few.low, few.high) == (0.0, 0.0)


def test_of_a_breaker_that_never_opened_ten_replications_say_less_than_ten_thousand_requests() -> None:
    found = interval_of("breaker_opens", [0.0] * 10, [math.nan] * 10)
    assert found.high == pytest.approx(0.36889, rel=1e-3)


def test_intervals_end_where_the_range_does() -> None:
    found = interval_of("done", [1.0, 1.0, 0.5], [2.0, 2.0, 2.0])
    assert 0.0 <= found.low < found.estimate < found.high <= 1.0


def test_without_sizes_every_replication_counts_once() -> None:
    values = [0.1, 0.4, 0.2]
    assert interval_of("error_rate", values, [math.nan] * 3) == mean_interval(values).within(0.0, 1.0)


def test_a_figure_that_no_replication_has_is_unknown() -> None:
    assert str(interval_of("error_rate", [math.nan], [0.0])) == str(Interval(math.nan, math.nan, math.nan, 0, 1))
