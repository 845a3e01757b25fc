"""Tables and files: the right rows, the same bytes every time, and a folder that appears whole or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from experiments.results.averages import average_distributions, average_timeline
from experiments.results.cells import Cells, Setting
from experiments.results.comparisons import comparison_rows
from experiments.results.csvfile import write_csv
from experiments.results.folder import FolderRefused, staged
from experiments.results.objectives import Objective, objective_rows
from experiments.results.parquet import SCHEMAS, row_groups
from experiments.results.reading import Results
from experiments.results.recorder import Recorder
from experiments.results.summary import SummaryRow, summary_rows
from simulator.metrics.figures import percentile
from simulator.metrics.order_statistics import OrderStatistics
from tests.running.fakes import Subject, play

LEVELS = {"steady": [1.0, 1.1, 0.9, 1.0], "slow": [2.0, 2.2, 1.9, 2.0], "twin": [1.0, 1.1, 0.9, 1.0]}


def gathered(levels: dict[str, list[float]], metric: str = "latency_p99", phase: str = "all") -> Cells:
    cells = Cells()
    for variant, values in levels.items():
        for value in values:
            columns = {"phase": [phase], "operation": ["shop"], "metric": [metric], "value": [value], "of": [math.nan]}
            cells.add(Setting(variant, ""), columns)
    return cells


def test_summary_is_in_order_of_name_and_not_of_arrival() -> None:
    rows = summary_rows(gathered(LEVELS))
    assert [row.variant for row in rows] == ["slow", "steady", "twin"]
    assert rows[1].mean == 1.0
    assert rows[1].replications == 4
    assert rows[1].unit == "s"


def test_a_figure_that_only_some_replications_have_keeps_its_place() -> None:
    cells = Cells()
    for values in ([("a", 1.0)], [("b", 2.0)], [("a", 3.0), ("b", 4.0)]):
        names = [name for name, _ in values]
        columns = {
            "phase": ["all"] * len(values),
            "operation": names,
            "metric": ["throughput"] * len(values),
            "value": [value for _, value in values],
            "of": [math.nan] * len(values),
        }
        cells.add(Setting("base", ""), columns)
    vectors = {cell.operation: vector for cell, vector in cells.rows(Setting("base", ""))}
    assert str(vectors["a"]) == "[1.0, nan, 3.0]"
    assert str(vectors["b"]) == "[nan, 2.0, 4.0]"


def test_recovery_time_is_summarised_by_its_median() -> None:
    cells = gathered({"base": [10.0, math.inf, 20.0]}, "recovery_time", "after:outage")
    assert summary_rows(cells)[0].mean == 20.0


def test_comparisons_say_how_each_variant_fares_against_the_baseline() -> None:
    rows = comparison_rows(gathered(LEVELS), "steady")
    assert [(row.variant_a, row.variant_b, row.verdict) for row in rows] == [
        ("slow", "steady", "worse"),
        ("twin", "steady", "same"),
    ]
    assert rows[0].difference == pytest.approx(1.025)
    assert rows[0].p_value < 0.01


def test_p_values_are_corrected_for_the_number_of_variants() -> None:
    one = {"base": LEVELS["steady"], "slow": LEVELS["slow"]}
    three = one | {f"other{number}": [1.0, 1.0, 1.0, 1.0] for number in range(2)}
    alone = comparison_rows(gathered(one), "base")[0].p_value
    among_three = next(row for row in comparison_rows(gathered(three), "base") if row.variant_a == "slow").p_value
    assert among_three == pytest.approx(3 * alone)


def test_only_headline_metrics_and_those_of_objectives_are_tests() -> None:
    cells = gathered(LEVELS, "latency_p50")
    assert math.isnan(comparison_rows(cells, "steady")[0].p_value)
    assert comparison_rows(cells, "steady")[0].verdict == "worse"
    assert comparison_rows(cells, "steady", tested={"latency_p50"})[0].p_value < 0.01


def test_without_the_baseline_nothing_is_compared() -> None:
    assert comparison_rows(gathered(LEVELS), "absent") == []


def test_objectives_are_judged_for_every_variant() -> None:
    bound = Objective("shop", "all", "latency_p99", 1.5, at_most=True)
    rows = objective_rows(gathered(LEVELS), [bound])
    assert [(row.variant, row.verdict) for row in rows] == [("slow", "missed"), ("steady", "met"), ("twin", "met")]


def test_an_objective_without_figures_is_undecided() -> None:
    rows = objective_rows(gathered(LEVELS), [Objective("absent", "all", "latency_p99", 1.5, at_most=True)])
    assert {row.verdict for row in rows} == {"undecided"}


def test_recovered_counts_the_replications_that_were_fast_enough() -> None:
    cells = gathered({"base": [10.0] * 90 + [40.0] * 5 + [math.inf] * 5}, "recovery_time", "after:outage")
    row = objective_rows(cells, [Objective("shop", "after:outage", "recovered", 0.8, at_most=False, within=30.0)])[0]
    assert (row.mean, row.verdict) == (0.9, "met")


def test_csv_cells_read_back_to_the_same_numbers(tmp_path: Path) -> None:
    values = [0.1 + 0.2, 1e-300, 5e22, math.inf, math.nan]
    rows = [SummaryRow('od"d, name', "", "all", "shop", "throughput", "1/s", value, 0.0, 1.0, 3) for value in values]
    write_csv(tmp_path / "summary.csv", SummaryRow._fields, rows)
    text = (tmp_path / "summary.csv").read_bytes().decode()
    assert text.startswith("variant,point,phase,operation,metric,unit,mean,ci_low,ci_high,replications\n")
    assert '"od""d, name",,all,shop,throughput,1/s,0.30000000000000004,0.0,1.0,3\n' in text
    assert ",inf,0.0,1.0,3\n" in text
    assert ",1/s,,0.0,1.0,3\n" in text
    assert "\r" not in text


def record(folder: Path) -> Path:
    folder.mkdir()
    with Recorder(folder, requests=True) as recorder:
        for name in ("a", "b"):
            for replication in range(3):
                recorder.add(Setting(name, ""), replication, play(Subject(name, 1.0), replication))
    return folder


def test_files_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    first, second = record(tmp_path / "first"), record(tmp_path / "second")
    names = sorted(path.name for path in first.iterdir())
    assert names == [f"{name}.parquet" for name in sorted(SCHEMAS) if name != "pilots"]
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_requests_are_one_row_group_per_run_sorted_within(tmp_path: Path) -> None:
    groups = [rows.to_pydict() for rows in row_groups(record(tmp_path / "out") / "requests.parquet")]
    assert len(groups) == 6
    assert groups[0]["request"] == [0, 1]
    assert groups[0]["outcome"] == ["timeout", "ok"]
    assert groups[4]["variant"] == ["b", "b"]
    assert groups[4]["replication"] == [1, 1]


def test_series_are_averaged_over_replications(tmp_path: Path) -> None:
    folder = record(tmp_path / "out")
    timeline = average_timeline(folder / "timeline.parquet")
    assert list(timeline.columns) == ["variant", "point", "operation", "metric", "time", "mean", "ci_low", "ci_high"]
    assert timeline[timeline["time"] == 1.0]["mean"].tolist() == [10.0, 10.0]
    first = timeline[timeline["time"] == 0.0].iloc[0]
    values = [1.0 + 0.01 * math.sin(number) for number in range(3)]
    assert first["mean"] == pytest.approx(sum(values) / 3)
    assert first["ci_low"] < min(values) < max(values) < first["ci_high"]
    assert average_distributions(folder / "distributions.parquet")["survival"].tolist() == [0.5, 0.5]


def test_a_folder_appears_when_everything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with staged(target) as stage:
        (stage / "data").write_text("new")
        assert not target.exists()
    assert (target / "data").read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def earlier_results(target: Path) -> Path:
    target.mkdir()
    (target / "manifest.json").write_text(json.dumps({"versions": {"callsim": "0"}}))
    (target / "data").write_text("old")
    return target


def test_a_failed_write_leaves_the_old_results_and_no_trace(tmp_path: Path) -> None:
    target = earlier_results(tmp_path / "out")
    with pytest.raises(OSError, match="disk is full"), staged(target, overwrite=True) as stage:
        (stage / "data").write_text("half")
        raise OSError("disk is full")
    assert (target / "data").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_earlier_results_are_replaced_only_when_asked(tmp_path: Path) -> None:
    target = earlier_results(tmp_path / "out")
    with pytest.raises(FolderRefused, match="--overwrite"), staged(target):
        pytest.fail("lent a folder for a place that is taken")
    with staged(target, overwrite=True) as stage:
        (stage / "data").write_text("new")
    assert sorted(path.name for path in target.iterdir()) == ["data"]
    assert list(tmp_path.iterdir()) == [target]


def test_what_callsim_did_not_write_is_never_replaced(tmp_path: Path) -> None:
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter1.tex").write_text("years of work")
    with pytest.raises(FolderRefused, match="not written by callsim"), staged(target, overwrite=True):
        pytest.fail("lent a folder for a place that is taken")
    assert (target / "chapter1.tex").read_text() == "years of work"


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(FolderRefused, match="is a file"), staged(tmp_path / "out"):
        pytest.fail("lent a folder for a place that is taken")


def test_a_variant_called_na_is_not_a_missing_value(tmp_path: Path) -> None:
    rows = [SummaryRow("NA", "", "all", "null", "throughput", "1/s", math.nan, math.inf, 0.1, 1)]
    write_csv(earlier_results(tmp_path / "out") / "summary.csv", SummaryRow._fields, rows)
    frame = Results(tmp_path / "out").summary
    assert frame[["variant", "point", "operation"]].to_numpy().tolist() == [["NA", "", "null"]]
    assert str(frame[["mean", "ci_low", "ci_high"]].to_numpy().tolist()) == "[[nan, inf, 0.1]]"


def with_samples(levels: dict[str, float], size: int, replications: int = 10) -> Cells:
    """Replications whose latencies are the same random numbers, times a level."""
    cells = Cells()
    for variant, level in levels.items():
        generator = np.random.default_rng(6)
        for _ in range(replications):
            figure = percentile("latency_p99", np.sort(level * generator.exponential(size=size)), 0.99)
            samples = OrderStatistics()
            samples.add("all", "shop", figure)
            metrics = {"phase": ["all"], "operation": ["shop"], "metric": ["latency_p99"]}
            cells.add(Setting(variant, ""), metrics | {"value": [figure.value], "of": [figure.of]}, samples.columns())
    return cells


def test_a_percentile_is_that_of_all_requests_and_stays_when_a_setting_is_settled() -> None:
    """Whose true value is 4.61; ten replications of 100 have theirs near 4.2, and the mean of these is no estimate."""
    cells = with_samples({"base": 1.0}, size=100, replications=100)
    found = summary_rows(cells)[0]
    assert found.ci_low < 4.605 < found.ci_high
    cells.settle(Setting("base", ""))
    assert summary_rows(cells)[0] == found


def test_percentiles_differ_as_the_tables_say() -> None:
    cells = with_samples({"base": 1.0, "slow": 1.3}, size=1000)
    base, slow = (row.mean for row in summary_rows(cells))
    (row,) = comparison_rows(cells, "base")
    assert row.difference == pytest.approx(slow - base)
    assert row.ci_low < row.difference < row.ci_high
    assert row.verdict == "worse"


def test_percentiles_that_nothing_bounds_are_tested_without_an_interval() -> None:
    """Ten requests in each of ten replications: the percentiles are the largest of ten, and 1 request lies beyond."""
    cells = with_samples({"base": 1.0, "slow": 1.3}, size=10)
    assert math.isnan(summary_rows(cells)[0].ci_high)
    (row,) = comparison_rows(cells, "base")
    assert math.isnan(row.ci_low)
    assert row.verdict == "worse"
