from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from reports.chart_file import ChartFile
from reports.charts.bands import opened, spans
from reports.charts.canvas import file_name, house_style
from reports.charts.distributions import distributions
from reports.charts.draw import draw_charts
from reports.charts.heatmap import heatmaps
from reports.charts.latency import latencies
from reports.charts.outcomes import consistency, errors, rates
from reports.charts.phases import phases
from reports.charts.scene import Scene
from reports.charts.style import VERMILLION, looks
from reports.charts.timeline import timeline
from reports.charts.warm_up import warm_up
from reports.estimates import estimates_of
from reports.evidence import Evidence
from tests.reports import sample
from tests.reports.conftest import Drawn


def scene_of(evidence: Evidence, folder: Path) -> Scene:
    return Scene(evidence, estimates_of(evidence), looks(evidence.variants), folder, evidence.points[0])


def texts_of(chart: ChartFile | None) -> list[str]:
    """Return the texts on a chart: matplotlib writes each as a comment beside its letters."""
    assert chart is not None
    return re.findall(r"<!-- (.*?) -->", chart.svg.read_text("utf-8"), re.DOTALL)


def with_metric(evidence: Evidence, metric: str, value: float) -> Evidence:
    summary = evidence.summary.copy()
    rows = summary["metric"] == metric
    summary.loc[rows, ["mean", "ci_low", "ci_high"]] = value
    return replace(evidence, summary=summary)


def test_every_workload_has_its_charts_and_every_variant_its_timeline(compared: Drawn) -> None:
    names = [chart.name for chart in compared[1]]
    kinds = ("rates", "errors", "latency", "consistency", "phases", "distribution")
    wanted = [f"{kind}.{workload}" for workload in ("checkout", "add_to_cart") for kind in kinds]
    assert names == [*wanted, "timeline.sync", "timeline.queue"]


def test_every_chart_is_two_files_and_says_how_often_it_was_repeated(compared: Drawn) -> None:
    for chart in compared[1]:
        assert chart.png.read_bytes().startswith(b"\x89PNG")
        assert chart.svg.read_text("utf-8").rstrip().endswith("</svg>")
        assert "5 replications with 95 % interval" in chart.reading


def test_the_same_figures_give_the_same_bytes(compared: Drawn, tmp_path: Path) -> None:
    evidence, charts = compared
    scene = scene_of(evidence, tmp_path)
    with house_style():
        again = [errors(scene, "checkout"), phases(scene, "checkout"), timeline(scene, "queue")]
    drawn = {chart.name: chart for chart in charts}
    for chart in again:
        assert chart is not None
        assert chart.png.read_bytes() == drawn[chart.name].png.read_bytes(), chart.name
        assert chart.svg.read_bytes() == drawn[chart.name].svg.read_bytes(), chart.name


def test_files_hold_no_date(compared: Drawn) -> None:
    for chart in compared[1]:
        assert "<dc:date>" not in chart.svg.read_text("utf-8")


def test_a_metric_without_data_is_left_out_with_a_note(tmp_path: Path) -> None:
    evidence = with_metric(sample.checkout(("sync", "saga")), "false_ok", math.nan)
    with house_style():
        chart = consistency(scene_of(evidence, tmp_path), "checkout")
    assert chart is not None
    assert "Left out, no data: false ok." in chart.notes


def test_nothing_is_drawn_where_nothing_was_measured(tmp_path: Path) -> None:
    evidence = sample.checkout(("sync",))
    nothing = replace(evidence, summary=evidence.summary.assign(mean=math.nan))
    with house_style():
        assert rates(scene_of(nothing, tmp_path), "checkout") is None
    assert list(tmp_path.iterdir()) == []


def test_what_never_completes_is_the_measured_share_and_not_the_nearest_of_the_grid(tmp_path: Path) -> None:
    evidence = sample.checkout(("sync", "queue"))
    evidence = with_metric(with_metric(evidence, "orphaned", 0.1396), "unfinished", 0.02)
    chart = distributions(scene_of(evidence, tmp_path), "checkout")
    assert chart is not None
    assert "sync: 16.0 % of requests never complete." in chart.notes
    done = with_metric(with_metric(evidence, "orphaned", 0.0), "unfinished", 0.0)
    clean = distributions(scene_of(done, tmp_path), "checkout")
    assert clean is not None
    assert "never complete" not in clean.notes


def test_infinite_and_missing_percentiles_are_words_on_the_chart(tmp_path: Path) -> None:
    evidence = with_metric(sample.checkout(("sync", "saga")), "completion_p99", math.inf)
    summary = evidence.summary
    silent = (summary["variant"] == "saga") & summary["metric"].str.startswith("latency")
    summary.loc[silent, ["mean", "ci_low", "ci_high"]] = math.nan
    with house_style():
        chart = latencies(scene_of(evidence, tmp_path), "checkout")
    texts = texts_of(chart)
    assert texts.count("no data") == 1
    assert texts.count("never ▸") == 4  # p99 and p99.9 of both


def test_times_of_zero_have_their_mark_and_figure_on_a_logarithmic_axis(tmp_path: Path) -> None:
    evidence = with_metric(sample.checkout(("sync", "saga")), "completion_p50", 0.0)
    with house_style():
        chart = latencies(scene_of(evidence, tmp_path), "checkout")
    assert chart is not None
    assert "log scale" in chart.reading
    assert texts_of(chart).count("0 s") == 2


def test_a_variant_without_data_in_a_phase_leaves_the_others_their_room(tmp_path: Path) -> None:
    evidence = sample.checkout(("sync", "saga"))
    silent = (evidence.summary["variant"] == "saga") & (evidence.summary["metric"] == "latency_p99")
    summary = evidence.summary.copy()
    summary.loc[silent, ["mean", "ci_low", "ci_high"]] = math.nan
    with house_style():  # warnings are errors: matplotlib's, where panels leave no room for each other, too
        assert phases(scene_of(replace(evidence, summary=summary), tmp_path), "checkout") is not None


def test_the_region_where_all_objectives_hold_is_outlined(swept: Drawn) -> None:
    texts = texts_of(swept[1][0])
    assert texts.count("3 of 3") == 11
    panels = 6  # objectives, goodput, errors, latency, completion, duplicates, orphaned: the first has the verdicts
    assert texts.count("?") == 1 + panels
    # Round 11 cells in rows of 4, 4 and 3: 7 sides from row to row on the way out and back, 4 and 4 across.
    outline = re.findall(rf"stroke: {VERMILLION}; stroke-width: 2.6", swept[1][0].svg.read_text("utf-8"))
    assert len(outline) == 14 * (1 + panels)


def test_a_point_that_the_sweep_left_out_is_drawn_as_not_run(tmp_path: Path) -> None:
    evidence = sample.sweep({"failures": ("2", "3"), "open_for": ("1s", "5s")})
    fewer = replace(evidence, points=evidence.points[:-1])
    with house_style():
        chart = heatmaps(scene_of(fewer, tmp_path), "checkout", "base", "open_for", "failures", {})
    assert texts_of(chart).count("not run") == 7


def test_one_axis_is_drawn_as_lines_and_two_as_a_heatmap(swept: Drawn, tmp_path: Path) -> None:
    assert swept[1][0].name == "sweep.checkout.base.open_for.failures"
    line = draw_charts(sample.sweep({"retries": ("0", "1", "3")}), tmp_path)
    assert line[0].name == "sweep.checkout.retries"
    assert line[0].section == "Sweep"


def test_the_settings_of_a_third_axis_have_a_chart_each(tmp_path: Path) -> None:
    evidence = sample.sweep({"load": ("1", "2"), "failures": ("2", "3"), "open_for": ("1s", "5s")})
    evidence = replace(evidence, summary=evidence.summary[evidence.summary["metric"] == "goodput"])
    names = [chart.name for chart in draw_charts(evidence, tmp_path) if chart.section == "Sweep"]
    assert [name.split(".")[-1][0] for name in names] == ["1", "2"]


def test_names_of_any_kind_are_drawn(tmp_path: Path) -> None:
    names = ("A/b $x$", "_hidden", "x" * 200)
    scene = scene_of(sample.checkout(names, replications=3), tmp_path)
    with house_style():
        charts = [rates(scene, "checkout"), phases(scene, "checkout"), timeline(scene, "A/b $x$")]
    assert "_hidden" in [text.strip() for text in texts_of(charts[1])]
    assert all(chart is not None and len(chart.png.name) < 100 for chart in charts)


def test_different_names_never_share_a_file() -> None:
    names = ("A/b $x$", "a/B $x$", "_hidden", "hidden_", "-", "--", "x" * 200, "x" * 201, "a.b", "a-b")
    assert len({file_name("timeline", name).lower() for name in names}) == len(names)


def test_plain_names_keep_their_files_readable() -> None:
    assert file_name("rates", "add_to_cart") == "rates.add_to_cart"
    assert file_name("rates", "Überweisung") != file_name("rates", "überweisung")


def test_breaker_bands_show_replication_0_from_closed_to_the_end() -> None:
    evidence = sample.checkout(("sync",))
    found = opened(evidence.breaker_states, "sync", "")
    assert list(found) == [sample.BREAKER]
    assert spans(found[sample.BREAKER], 600.0)[:3] == [
        ("closed", 0.0, 185.0),
        ("open", 185.0, 215.0),
        ("half_open", 215.0, 218.0),
    ]
    assert spans(found[sample.BREAKER], 600.0)[-1] == ("closed", 429.0, 600.0)


def piloted(evidence: Evidence) -> Evidence:
    """The same with a warm-up that three pilots found."""
    place = {"variant": "sync", "point": "", "operation": "checkout", "measure": "answer_latency"}
    times = [10.0 * window for window in range(60)]
    levels = [0.1 * min(1.0, 0.2 + time / 75) for time in times]
    averages = [
        {**place, "time": time, "mean": level, "ci_low": 0.8 * level, "ci_high": 1.2 * level}
        for time, level in zip(times, levels, strict=True)
    ]
    curves = [
        {**place, "replication": number, "time": time, "statistic": (1e-4 * (1 + abs(time - 60.0) / 50)) ** 2}
        for number in range(3)
        for time in times[:-5]
    ]
    cuts = [{**place, "replication": number, "cut": 60.0 - number, "trusted": "yes"} for number in range(3)]
    frames = [pd.DataFrame(rows) for rows in (averages, curves, cuts)]
    return replace(evidence, pilots=frames[0], pilot_curves=frames[1], warmup_cuts=frames[2], warmups={"": 60.0})


def test_the_chart_of_a_warmup_says_how_many_pilots_and_what_was_chosen(tmp_path: Path) -> None:
    scene = scene_of(piloted(sample.checkout(("sync",))), tmp_path)
    with house_style():
        texts = texts_of(warm_up(scene))
    assert "Mean of 3 pilot runs with 95 % interval as a band; warm-up chosen: 60 s (grey)" in texts
    assert {"pilot 0", "pilot 1", "pilot 2", "warm-up chosen", "half of the run"} <= {text.strip() for text in texts}


def test_a_warmup_that_was_written_has_no_chart(tmp_path: Path) -> None:
    assert warm_up(scene_of(sample.checkout(("sync",)), tmp_path)) is None


def test_ten_variants_have_ten_different_looks() -> None:
    found = looks([str(number) for number in range(10)])
    assert len({(look.colour, look.marker) for look in found.values()}) == 10
    assert len({(look.colour, look.hatch) for look in found.values()}) == 10


def test_a_single_replication_is_drawn_without_intervals_and_says_so(tmp_path: Path) -> None:
    evidence = sample.checkout(("sync", "saga"), replications=1)
    frames = {
        name: getattr(evidence, name).assign(ci_low=math.nan, ci_high=math.nan)
        for name in ("summary", "timeline", "distributions")
    }
    scene = scene_of(replace(evidence, **frames), tmp_path)
    with house_style():
        charts = [draw(scene, "checkout") for draw in (rates, errors, latencies, phases, distributions)]
        charts.append(timeline(scene, "sync"))
    for chart in charts:
        assert chart is not None
        assert "1 replication: no intervals" in chart.reading


def test_frames_without_rows_draw_nothing(tmp_path: Path) -> None:
    evidence = sample.only("checkout", sample.checkout(("sync",)))
    none = pd.DataFrame()
    empty = replace(evidence, timeline=none, distributions=none, breaker_states=none, comparisons=none, objectives=none)
    assert {chart.section for chart in draw_charts(empty, tmp_path)} == {"checkout"}
