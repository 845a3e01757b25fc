"""Every chart and every table says of how many replications its figures are, and how sure that makes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from reports import tables
from reports.branches import branch_table
from reports.charts.canvas import house_style
from reports.charts.heatmap import heatmaps
from reports.charts.outcomes import rates
from reports.charts.phases import phases
from reports.charts.sweep_lines import sweep_lines
from reports.charts.timeline import timeline
from reports.consistency_tables import consistency_table, loss_table
from reports.estimates import estimates_of
from reports.evidence import RECOVERY_COLUMNS, Evidence
from reports.page import render_page
from reports.tables import Table
from tests.reports import sample
from tests.reports.conftest import Drawn
from tests.reports.test_cautions import EVIDENCE
from tests.reports.test_charts import scene_of

FIGURE = r"-?\+?[\d.,]+ ?(%|s|ms|µs|/s|per request|points)?"
SURE = (
    rf"{FIGURE} \[-?[\d.,]+, (-?[\d.,]+|∞)\](, n = \d+)?",
    rf"{FIGURE} \((no interval|[≥≤] {FIGURE})\)",
    r"\d+ of \d+ near .*, \d+ near .*",
    "never|unbounded|no data|",
)
"""A figure with its interval, or with the word for why it has none."""

WORDS = ("better", "worse", "differs", "same", "inconclusive", "met", "missed", "undecided")


def every_table(evidence: Evidence) -> Iterator[Table]:
    """All tables that the page can have."""
    estimates, point = estimates_of(evidence), evidence.points[0]
    found = [tables.recovery_table(evidence, estimates, point), tables.component_table(evidence, estimates, point)]
    found += [tables.objective_table(evidence), branch_table(evidence, point), loss_table(evidence, point)]
    for name in evidence.workload_names:
        found += [
            tables.workload_table(evidence, estimates, name),
            tables.phase_table(evidence, estimates, name, point),
            tables.comparison_table(evidence, estimates, name, point),
            consistency_table(evidence, estimates, name, point),
        ]
    yield from (table for table in found if table is not None)


def full() -> Evidence:
    """Results with something in every table."""
    evidence = sample.cautioned(sample.checkout(("sync", "queue"), replications=10))
    times = [("sync", "", number, "after:slow_provider", "checkout", 10.0 + number) for number in range(10)]
    service = evidence.summary[evidence.summary["metric"] == "goodput"].head(2)
    service = service.assign(operation="service:cart", metric="utilization", unit="share", mean=0.5, ci_low=0.4)
    recovered = service.assign(operation="checkout", metric="recovered", phase="after:slow_provider", ci_high=0.6)
    branches = evidence.comparisons[evidence.comparisons["metric"] == "error_rate"].head(2)
    branches = branches.assign(variant="sync", route="cards", branch_a="new", branch_b="old", phase="all")
    losses = {"variant": ["sync"], "point": [""], "operation": ["topic:paid"], "reason": ["poison"], "messages": [3]}
    losses |= {"of": [900], "mean": [0.0033], "ci_low": [0.0007], "ci_high": [0.0097], "replications": [10]}
    return replace(
        evidence,
        summary=pd.concat([evidence.summary, service.assign(ci_high=0.6), recovered]),
        recoveries=pd.DataFrame(times, columns=list(RECOVERY_COLUMNS)),
        branches=branches,
        losses=pd.DataFrame(losses),
    )


def test_every_table_says_of_how_many_replications_it_is() -> None:
    found = list(every_table(full()))
    assert len(found) == 13
    for table in found:
        assert re.search(r"of 10 replications with 95 % intervals in brackets", table.note), table.title


def test_every_figure_of_every_table_has_an_interval_or_says_that_there_is_none() -> None:
    bare = {"never", "fastest", "slowest", "messages", "objectives met", "verdict"}
    for table in every_table(full()):
        for row in table.rows:
            for column, cell in zip(table.columns[table.labels :], row[table.labels :], strict=True):
                if column not in bare and column != "objective":
                    figure = cell.partition(": ")[2] if column == "recovered" else cell
                    figure = re.sub(rf" ({'|'.join(WORDS)})$", "", figure.replace("†", ""))
                    assert any(re.fullmatch(form, figure) for form in SURE), (table.title, column, cell)


def test_a_single_replication_has_no_intervals_anywhere_and_every_table_says_so() -> None:
    evidence = sample.checkout(("sync", "queue"), replications=1)
    frames = {name: getattr(evidence, name).assign(ci_low=math.nan, ci_high=math.nan) for name in ("summary",)}
    for table in every_table(replace(evidence, **frames)):
        assert table.note.startswith("1 replication: no intervals."), table.title


def test_every_chart_says_of_how_many_replications_it_is(compared: Drawn, swept: Drawn) -> None:
    for evidence, charts in (compared, swept):
        for chart in charts:
            wanted = rf"Figures of {evidence.replications} replications with 95 % interval"
            assert re.search(wanted, chart.reading), chart.name


@pytest.fixture(scope="module")
def cautioned(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Two variants of which one has figures in two groups, and their charts."""
    evidence = sample.cautioned(sample.only("checkout", sample.checkout(("sync", "queue"))))
    scene = scene_of(evidence, tmp_path_factory.mktemp("cautioned"))
    with house_style():
        drawn = [rates(scene, "checkout"), phases(scene, "checkout"), timeline(scene, "queue")]
    return evidence, [chart for chart in drawn if chart is not None]


def test_every_chart_with_a_cautioned_figure_says_so(cautioned: Drawn) -> None:
    notes = {chart.name: chart.notes for chart in cautioned[1]}
    assert "†: see the cautions above" in notes["rates.checkout"]
    assert "Hollow marks: figures that a caution concerns" in notes["phases.checkout"]
    assert "†" not in notes["timeline.queue"]


def test_replications_in_two_groups_are_drawn_one_by_one_over_time(cautioned: Drawn) -> None:
    chart = next(chart for chart in cautioned[1] if chart.name == "timeline.queue")
    assert chart.reading.startswith("20 replications, a line each: no intervals")
    assert "Its replications fall into two groups" in chart.notes
    thin = chart.svg.read_text("utf-8").count("stroke-opacity: 0.65")
    assert thin == 2 * 20  # goodput and throughput; the other panels have no such series


def test_groups_are_drawn_as_groups_along_phases_and_sweeps(tmp_path: Path) -> None:
    evidence = sample.sweep({"retries": ("0", "1", "3")})
    groups = [("base", "retries=1", "all", "checkout", "goodput", "1/s", 4, 2.0, 6, 28.0)]
    cautions = [("base", "retries=1", "all", "checkout", "goodput", "bimodal", "4 of 10 collapse.")]
    with house_style():
        line = scene_of(sample.cautioned(evidence, cautions, groups), tmp_path)
        chart = sweep_lines(line, "checkout", "retries", {})
    assert chart is not None
    assert "Two marks joined by dots" in chart.notes
    grid = sample.sweep({"retries": ("0", "1"), "failures": ("2", "3")})
    points = [point for point in grid.points if "retries=1" in point]
    groups = [("base", points[0], "all", "checkout", "goodput", "1/s", 4, 2.0, 6, 28.0)]
    with house_style():
        scene = scene_of(sample.cautioned(grid, cautions, groups), tmp_path)
        heat = heatmaps(scene, "checkout", "base", "failures", "retries", {})
    assert heat is not None
    assert "6/10: 28.0" in heat.svg.read_text("utf-8")


def test_the_page_says_it_once_for_all_and_with_every_table() -> None:
    page = render_page(EVIDENCE, [])
    assert "Figures of 20 replications with 95 % intervals in square brackets. Measured from" in page
    assert "Figures of 20 replications with 95 % intervals, ± half of each or in brackets." in page


def test_where_settings_were_replicated_differently_often_both_numbers_are_said() -> None:
    evidence = sample.checkout(("sync", "queue"))
    summary = evidence.summary.copy()
    summary.loc[summary["variant"] == "queue", "replications"] = 8
    note = next(every_table(replace(evidence, summary=summary))).note
    assert note.startswith("Figures of 8 to 20 replications")
