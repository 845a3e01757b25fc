"""The terminal's table and the summary for a pull request."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from reports.evidence import Evidence
from reports.markdown import render_markdown
from reports.points import places, values_of
from reports.terminal import terminal_table
from reports.words import listed, metric_words, shortened, wrapped
from simulator.metrics.names import METRICS
from tests.reports import sample

EVERY = [
    sample.checkout(),
    sample.many_variants(),
    sample.one_variant(),
    sample.two_axes(),
    sample.checkout(("a" * 200, "b c")),
]


def printed(evidence: Evidence, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    for part in terminal_table(evidence):
        console.print(part)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("evidence", EVERY, ids=["five", "ten", "one", "sweep", "long"])
def test_the_terminal_table_fits_80_columns(evidence: Evidence) -> None:
    text = printed(evidence)
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert printed(evidence, width=80) == text


def test_the_terminal_table_has_every_variant_with_figures_and_intervals() -> None:
    lines = printed(sample.checkout()).splitlines()
    row = next(line for line in lines if line.startswith("queue "))
    assert row.split() == [
        "queue",
        "29.8",
        "29.6",
        "<.01%",
        "6.00ms",
        "24.0ms",
        "13.0s",
        "98.6%",
        "1.00%",
        ".36%",
        ".063",
    ]
    assert lines[lines.index(row) + 1].split()[0].startswith("±")
    assert next(line for line in lines if line.startswith("sync ")).split()[6] == "never"


def test_the_terminal_table_says_how_often_and_how_sure() -> None:
    assert "Figures of 20 replications, ± half the 95 % interval" in printed(sample.checkout())
    single = replace(sample.checkout(), replications=1)
    assert "1 replication, no intervals" in printed(single)


def test_the_terminal_tells_which_objectives_do_not_hold() -> None:
    text = printed(sample.checkout())
    assert "queue: objectives 4 met, 1 missed" in text
    assert "missed    checkout: duplicates ≤ 0.0001 per request: 0.063 per request" in text
    assert "undecided checkout: error rate ≤ 8 %" in printed(sample.two_axes())


def test_a_figure_without_an_interval_among_others_that_have_one_says_so() -> None:
    evidence = sample.checkout(("sync", "saga"))
    summary = evidence.summary.copy()
    summary.loc[summary["metric"] == "latency_p99", ["ci_low", "ci_high"]] = math.nan
    text = printed(replace(evidence, summary=summary))
    assert text.count("±?") == 2 * 2 + 1
    assert "(±?: no interval)" in " ".join(text.split())
    assert "±?" not in printed(replace(evidence, summary=summary, replications=1))


def test_every_cell_of_the_terminal_is_separated_from_the_next() -> None:
    """Shares near all or nothing, and large rates, have the longest halves."""
    evidence = sample.checkout(("sync", "saga"))
    summary = evidence.summary.copy()
    rows = (summary["operation"] == "checkout") & (summary["phase"] == "all")
    columns = ["throughput", "goodput", "error_rate", "latency_p50", "latency_p99", "completion_p99"]
    columns += ["done", "undone", "orphaned", "duplicates"]
    for metric in columns:
        unit = METRICS[metric].unit
        figures = {"share": (0.0, 0.0, 0.0000099), "1/s": (43210.0, 20000.0, 66420.0), "s": (0.1234, 0.1011, math.nan)}
        figure = (1.0, 0.99946, 1.0) if metric == "done" else figures.get(unit, (0.0, 0.0, 0.00099))
        summary.loc[rows & (summary["metric"] == metric), ["mean", "ci_low", "ci_high"]] = figure
    lines = printed(replace(evidence, summary=summary)).splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("sync "))
    assert len(lines[at].split()) == 1 + len(columns)
    assert lines[at + 1].split() == "±23210 ±23210 ≤.01% ≥101ms ≥101ms ≥101ms ≥99.9 ≤.01% ≤.01% ≤.001".split()
    assert max(map(len, lines)) <= 80


def test_a_sweep_shows_its_best_settings_and_counts_the_rest() -> None:
    text = printed(sample.two_axes())
    assert "13 more settings are in summary.csv." in " ".join(text.split())
    assert text.index("failures=5") < text.index("failures=2")


def test_missing_figures_are_a_dash() -> None:
    evidence = sample.checkout(("sync",))
    summary = evidence.summary.copy()
    summary.loc[summary["metric"] == "latency_p99", ["mean", "ci_low", "ci_high"]] = math.nan
    assert " – " in printed(replace(evidence, summary=summary))


def test_the_summary_is_ten_lines_with_a_table() -> None:
    lines = render_markdown(sample.checkout()).splitlines()
    assert lines[0] == "## checkout"
    assert len(lines) <= 14
    rows = [line for line in lines if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert rows[2].startswith("| sync | 27.2 ±0.6 /s | 9.3 ±0.5 % | 7.22 ±0.29 s | never |")
    assert lines[-1].endswith("again with `callsim run checkout.yaml --replications 20 --seed 42`")


def test_the_summary_of_a_sweep_lists_points_best_first() -> None:
    rows = [line for line in render_markdown(sample.two_axes()).splitlines() if line.startswith("|")]
    assert rows[2].startswith("| failures = 5, open_for = 5s |")
    assert rows[-1].startswith("| 15 more in summary.csv")


def test_names_do_not_break_the_markdown_table() -> None:
    text = render_markdown(sample.checkout(("a|b", "*c*")))
    assert "| a\\|b |" in text
    assert "| \\*c\\* |" in text


def test_reading_results_does_not_load_matplotlib() -> None:
    program = "import sys, reports.terminal, reports.markdown, reports.page; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_values_on_an_axis_are_placed_to_scale_where_they_are_numbers() -> None:
    assert places(["1s", "500ms", "1m30s"]) == pytest.approx([math.log10(1), math.log10(0.5), math.log10(90)])
    assert places(["0", "1", "3"]) == [0.0, 1.0, 3.0]
    assert places(["10%", "0.5%"]) == pytest.approx([math.log10(0.1), math.log10(0.005)])
    assert places(["strict", "2", "none"]) == [0.0, 1.0, 2.0]


def test_a_point_is_taken_apart_by_the_names_of_the_axes() -> None:
    axes = {"a": ("1",), "b": ("x=1;y",), "c": ("2",)}
    assert values_of("a=1;b=x=1;y;c=2", axes) == {"a": "1", "b": "x=1;y", "c": "2"}


def test_words() -> None:
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert metric_words("completion_p999") == "completion time p99.9"
    assert shortened("abcdefghij", 6) == "abc…ij"
    assert wrapped("failing_provider", 10) == "failing_\nprovider"
