"""Comparisons with the baseline: families, verdicts, ratios, rare events, and replications that go two ways."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.results.branches import branch_rows
from experiments.results.cells import Cells, Setting
from experiments.results.comparisons import ComparisonRow, comparison_rows
from experiments.results.modes import ModeRow, mode_rows
from experiments.results.reading import Results
from experiments.results.recorder import Recorder
from experiments.statistics.paired import paired_difference
from tests.running.fakes import result_with

Figures = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""By metric: values and sizes."""

TWO_WAYS = [40.2, 39.1, 2.4, 41.0, 1.8, 40.5, 38.9, 2.1, 39.7, 40.8]
STEADY = [40.1, 39.5, 39.9, 40.6, 40.2, 40.4, 39.2, 39.8, 39.6, 40.5]
GONE = [2.2, 2.1, 2.5, 1.9, 1.7, 2.0, 2.3, 2.2, 2.4, 2.6]
UNSIZED = [math.nan] * 10


def gathered(variants: Mapping[str, Figures], *, point: str = "", phase: str = "all", operation: str = "shop") -> Cells:
    cells = Cells()
    for variant, figures in variants.items():
        for replication in range(len(next(iter(figures.values()))[0])):
            columns = {
                "phase": [phase] * len(figures),
                "operation": [operation] * len(figures),
                "metric": list(figures),
                "value": [values[replication] for values, _ in figures.values()],
                "of": [sizes[replication] for _, sizes in figures.values()],
            }
            cells.add(Setting(variant, point), columns)
    return cells


def compared(metric: str, base: Sequence[float], other: Sequence[float], sizes: Sequence[float]) -> ComparisonRow:
    cells = gathered({"base": {metric: (base, sizes)}, "other": {metric: (other, sizes)}})
    (row,) = comparison_rows(cells, "base")
    return row


def test_a_family_is_one_figure_over_all_variants_at_one_point_and_phase() -> None:
    """A second point, a second phase or a second metric makes no p-value larger; a third variant does."""
    slow = [value * 1.002 + 0.01 * place for place, value in enumerate(STEADY)]

    def p_value(variants: int, points: Sequence[str], phases: Sequence[str], metrics: Sequence[str]) -> float:
        cells = Cells()
        for name in ("base", *(f"v{number}" for number in range(variants))):
            for point in points:
                for place in range(10):
                    rows = [(phase, metric) for phase in phases for metric in metrics]
                    value = STEADY[place] if name == "base" else slow[place]
                    columns = {
                        "phase": [phase for phase, _ in rows],
                        "operation": ["shop"] * len(rows),
                        "metric": [metric for _, metric in rows],
                        "value": [value] * len(rows),
                        "of": [math.nan] * len(rows),
                    }
                    cells.add(Setting(name, point), columns)
        return comparison_rows(cells, "base")[0].p_value

    alone = p_value(1, [""], ["all"], ["goodput"])
    assert p_value(1, ["a", "b"], ["all", "healthy"], ["goodput", "throughput"]) == alone
    assert p_value(3, [""], ["all"], ["goodput"]) == pytest.approx(3 * alone)


def test_shares_are_compared_over_all_requests() -> None:
    """A replication with ten times the requests decides: the mean of shares says the opposite."""
    cells = gathered(
        {
            "base": {"error_rate": ([0.2, 0.2, 0.2], [100.0, 100.0, 1000.0])},
            "other": {"error_rate": ([0.1, 0.1, 0.3], [100.0, 100.0, 1000.0])},
        }
    )
    (row,) = comparison_rows(cells, "base")
    assert row.difference == pytest.approx(320 / 1200 - 0.2)
    assert row.difference > 0 > (0.1 + 0.1 + 0.3) / 3 - 0.2 - 1e-12


def test_a_figure_of_time_is_compared_by_students_t() -> None:
    row = compared("throughput", GONE, STEADY, UNSIZED)
    expected = paired_difference(STEADY, GONE)
    assert (row.difference, row.ci_low, row.ci_high, row.p_value) == (
        expected.estimate,
        expected.low,
        expected.high,
        expected.p_value,
    )
    assert row.verdict == "better"


def test_no_double_charge_against_a_few_is_told_by_an_exact_test() -> None:
    requests = [8000.0] * 10
    few = [number / 8000 for number in (1, 0, 2, 1, 0, 1, 2, 1, 0, 1)]
    row = compared("duplicates", few, [0.0] * 10, requests)
    assert row.p_value == pytest.approx(2 * 0.5**9)
    assert row.verdict == "better"
    fewer = compared("duplicates", [1 / 8000] * 3 + [0.0] * 7, [0.0] * 10, requests)
    assert fewer.verdict == "inconclusive"
    assert fewer.ci_low < 0 < fewer.ci_high


def test_two_variants_without_any_event_are_the_same_and_the_interval_says_as_far_as_was_seen() -> None:
    row = compared("orphaned", [0.0] * 10, [0.0] * 10, [8000.0] * 10)
    assert (row.verdict, row.difference, row.p_value) == ("same", 0.0, 1.0)
    assert row.ci_high == -row.ci_low == pytest.approx(3.6889 / 80_000, rel=1e-3)


def test_replications_that_go_two_ways_are_not_averaged() -> None:
    row = compared("goodput", STEADY, TWO_WAYS, UNSIZED)
    assert math.isnan(row.difference)
    assert math.isnan(row.ci_low)
    assert row.p_value == pytest.approx(0.210526, abs=1e-5)  # Fisher: 7 of 10 against 10 of 10
    assert row.verdict == "inconclusive"


def test_whose_replications_go_the_better_way_more_often_is_better() -> None:
    row = compared("goodput", GONE, TWO_WAYS, UNSIZED)
    assert math.isnan(row.difference)
    assert row.p_value == pytest.approx(0.0030960, abs=1e-6)  # Fisher: 7 of 10 against none
    assert row.verdict == "better"


def test_percentiles_that_are_sometimes_infinite_are_compared_by_how_often() -> None:
    endless = [math.inf] * 8 + [1.0, 1.1]
    seldom = [math.inf, *([1.0] * 9)]
    row = compared("completion_p99", seldom, endless, UNSIZED)
    assert row.verdict == "worse"
    assert row.p_value == pytest.approx(0.0054774, abs=1e-6)


def test_components_are_not_looked_at_for_groups() -> None:
    cells = gathered({"base": {"throughput": (TWO_WAYS, UNSIZED)}}, operation="service:db")
    assert mode_rows(cells) == []


def test_groups_are_listed_with_their_means() -> None:
    cells = gathered({"base": {"goodput": (TWO_WAYS, UNSIZED), "latency_p50": (STEADY, UNSIZED)}})
    (row,) = mode_rows(cells)
    assert row[:6] == ("base", "", "all", "shop", "goodput", "1/s")
    assert (row.in_lower, row.in_upper) == (3, 7)
    assert (row.lower, row.upper) == pytest.approx((2.1, 40.0285714))


def test_groups_are_found_again_in_a_results_folder(tmp_path: Path) -> None:
    rows = {"phase": ["all"] * 2, "operation": ["shop"] * 2, "metric": ["goodput", "latency_p99"]}
    with Recorder(tmp_path, requests=False) as recorder:
        for replication, value in enumerate(TWO_WAYS):
            metrics = rows | {"value": [value, 0.5], "of": [math.nan, 100.0]}
            recorder.add(Setting("base", ""), replication, replace(result_with(0.5), metrics=metrics))
    (tmp_path / "manifest.json").write_text('{"versions": {"callsim": "1"}}', encoding="utf-8")
    found = Results(tmp_path).modes
    assert found.to_dict("records") == [row._asdict() for row in mode_rows(recorder.cells)]
    assert found["in_upper"].tolist() == [7]


def test_a_percentile_that_is_infinite_by_a_hair_is_no_group_in_a_results_folder_either(tmp_path: Path) -> None:
    """About 1 % never complete: in every other replication a few more than that, and the p99 is infinite."""
    metrics = ["completion_p99", "completion_left_out", "error_rate", "throughput"]
    columns = {"phase": ["all"] * 4, "operation": ["shop"] * 4, "metric": metrics}
    with Recorder(tmp_path, requests=False) as recorder:
        for replication, left_out in enumerate([12.0, 9.0, 11.0, 8.0, 13.0, 7.0]):
            value = [math.inf if left_out > 10 else 0.5 + left_out / 100, left_out, left_out / 1000, 100.0]
            made = columns | {"value": value, "of": [1000.0 - left_out, math.nan, 1000.0, math.nan]}
            recorder.add(Setting("base", ""), replication, replace(result_with(0.5), metrics=made))
    (tmp_path / "manifest.json").write_text('{"versions": {"callsim": "1"}}', encoding="utf-8")
    assert mode_rows(recorder.cells) == []
    assert Results(tmp_path).modes.to_dict("records") == []


def test_some_that_recover_and_some_that_do_not_are_two_groups() -> None:
    cells = gathered({"base": {"recovered": ([1.0] * 9 + [0.0], UNSIZED)}}, phase="after:outage")
    assert [row[6:] for row in mode_rows(cells)] == [(1, 0.0, 9, 1.0)]
    assert mode_rows(gathered({"base": {"recovered": ([1.0] * 10, UNSIZED)}})) == []


def groups_with(metric: str, numbers: Sequence[int], requests: float) -> list[ModeRow]:
    values = [number / requests for number in numbers]
    return mode_rows(gathered({"base": {metric: (values, [requests] * len(values))}}))


def test_a_few_orphans_more_or_less_are_no_groups_but_a_thousand_are() -> None:
    assert groups_with("orphaned", [0, 0, 1, 0, 1, 0, 0, 0, 1, 0], 8000) == []
    assert len(groups_with("orphaned", [0, 0, 900, 1, 950, 0, 0, 0, 930, 1], 8000)) == 1


def test_rates_of_a_handful_of_requests_are_no_groups() -> None:
    values = [number / 100 for number in (1, 2, 1, 1, 2, 2, 1, 1, 2, 1)]
    answers = [100 * value for value in values]
    cells = gathered({"base": {"throughput": (values, UNSIZED), "error_rate": ([0.0] * 10, answers)}})
    assert mode_rows(cells) == []


def test_versions_behind_a_route_are_compared_over_their_requests_too() -> None:
    cells = Cells()
    for new, old in ((0, 1), (0, 2), (0, 1), (0, 3), (0, 2)):
        columns = {
            "phase": ["all"] * 2,
            "operation": ["route:r/new", "route:r/old"],
            "metric": ["error_rate"] * 2,
            "value": [new / 500, old / 4500],
            "of": [500.0, 4500.0],
        }
        cells.add(Setting("base", ""), columns)
    (row,) = branch_rows(cells, {Setting("base", ""): {"r": ("old", ("new",))}})
    assert row.difference == pytest.approx(-9 / 22_500)
    assert row.ci_low < 0 < row.ci_high
    assert row.verdict == "inconclusive"
