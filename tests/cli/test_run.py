"""``callsim run`` from the command line to the files: statuses, messages, and the same bytes every time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SHOP, Callsim

DATA = (
    "summary.csv",
    "comparisons.csv",
    "objectives.csv",
    "effects.csv",
    "losses.csv",
    "cautions.csv",
    "runs.parquet",
    "timeline.parquet",
    "distributions.parquet",
    "breaker_states.parquet",
    "requests.parquet",
)
QUICK = ("--no-page", "--jobs", "1")


def data_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in DATA}


def test_a_run_leaves_data_summary_and_manifest(shop: Path, callsim: Callsim) -> None:
    result = callsim("run", "shop.yaml", *QUICK)
    assert result.exit_code == 0, result.output
    folder = Path("results/shop")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*DATA, "manifest.json", "summary.md"])
    assert "results: results/shop" in result.output
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["experiment_text"] == SHOP
    assert manifest["command"] == "callsim run shop.yaml"
    assert manifest["variants"] == ["one", "two"]
    assert manifest["phases"] == [["lunch", 10.0, 15.0]]


def test_the_page_and_its_charts_are_there(shop: Path, callsim: Callsim) -> None:
    result = callsim("run", "shop.yaml", "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert "page:    results/shop/report.html" in result.output
    assert Path("results/shop/report.html").stat().st_size > 10_000
    assert list(Path("results/shop/charts").glob("*.png"))
    assert list(Path("results/shop/charts").glob("*.svg"))


def test_data_files_are_the_same_whatever_the_processes_and_the_order_of_keys(shop: Path, callsim: Callsim) -> None:
    one, rest = SHOP.split("variants:\n")
    parts = one.split("services:\n")
    reordered = "variants:\n  two: {}\n  one: {services.desk.workers: 1}\nservices:\n" + parts[1] + parts[0]
    Path("reordered.yaml").write_text(reordered, encoding="utf-8")
    assert rest
    assert callsim("run", "shop.yaml", "--out", "a", *QUICK).exit_code == 0
    assert callsim("run", "shop.yaml", "--out", "b", "--no-page", "--jobs", "2").exit_code == 0
    assert callsim("run", "reordered.yaml", "--out", "c", *QUICK).exit_code == 0
    assert data_of(Path("a")) == data_of(Path("b")) == data_of(Path("c"))


def test_options_change_what_is_played(shop: Path, callsim: Callsim) -> None:
    words = ["--variant", "two", "--replications", "2", "--seed", "9", "--set", "services.desk.workers=3"]
    result = callsim("run", "shop.yaml", *words, *QUICK)
    assert result.exit_code == 0, result.output
    manifest = json.loads(Path("results/shop/manifest.json").read_text())
    assert (manifest["variants"], manifest["replications"], manifest["seed"]) == (["two"], 2, 9)
    assert manifest["experiment"]["two"][""]["services"]["desk"]["workers"] == 3
    assert manifest["command"] == (
        "callsim run shop.yaml --variant two --set services.desk.workers=3 --replications 2 --seed 9"
    )


def test_earlier_results_are_refused_before_anything_is_played(shop: Path, callsim: Callsim) -> None:
    assert callsim("run", "shop.yaml", *QUICK).exit_code == 0
    result = callsim("run", "shop.yaml", *QUICK)
    assert result.exit_code == 2
    assert "--overwrite" in result.output
    assert callsim("run", "shop.yaml", "--overwrite", *QUICK).exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["run", "absent.yaml"],
        ["run", "catalog:absent"],
        ["run", "shop.yaml", "--variant", "three"],
        ["run", "shop.yaml", "--set", "services.desk.workers=0"],
        ["run", "shop.yaml", "--set", "nonsense"],
        ["run", "shop.yaml", "--replications", "0"],
        ["run", "shop.yaml", "--jobs", "many"],
        ["run", "shop.yaml", "--colour"],
        ["run"],
        ["rum"],
    ],
)
def test_what_is_wrong_on_the_command_line_is_status_2(shop: Path, callsim: Callsim, words: list[str]) -> None:
    result = callsim(*words)
    assert result.exit_code == 2
    assert result.output.strip()
    assert "Traceback" not in result.output
    assert not Path("results").exists()


def test_a_met_check_is_status_0(shop: Path, callsim: Callsim) -> None:
    assert callsim("run", "shop.yaml", "--check", *QUICK).exit_code == 0


def test_a_missed_objective_is_status_3_and_the_results_are_there(shop: Path, callsim: Callsim) -> None:
    result = callsim("run", "shop.yaml", "--check", "--set", "objectives.visit.latency_p99=1ms", *QUICK)
    assert result.exit_code == 3
    assert "missed: one, all: visit latency_p99" in result.output
    assert Path("results/shop/summary.csv").exists()


def test_an_undecided_objective_fails_only_where_the_check_says_so(shop: Path, callsim: Callsim) -> None:
    single = ["run", "shop.yaml", "--check", "--replications", "1", "--overwrite", *QUICK]
    assert callsim(*single).exit_code == 0
    assert callsim(*single, "--set", "check.undecided=fail").exit_code == 3


def test_only_the_variants_that_the_check_names_are_asked(shop: Path, callsim: Callsim) -> None:
    missed = ["run", "shop.yaml", "--check", "--set", "objectives.visit.latency_p99=150ms", "--overwrite", *QUICK]
    assert callsim(*missed).exit_code == 3
    text = SHOP + "check: {variants: [two]}\n"
    Path("shop.yaml").write_text(text.replace("latency_p99: 10s", "latency_p99: 900ms"), encoding="utf-8")
    rows = callsim("run", "shop.yaml", "--check", "--overwrite", *QUICK)
    assert rows.exit_code == 0, rows.output


SWEEP = """\
sweep:
  slowness: {path: faults.lunch.factor, values: [10, 2]}
  hands: {path: services.desk.workers, values: [3, 1]}
"""


def test_a_sweep_plays_every_point_and_keeps_the_order_of_the_file_for_pictures(shop: Path, callsim: Callsim) -> None:
    text = SHOP[: SHOP.index("variants:")] + SWEEP
    Path("shop.yaml").write_text(text.replace("replications: 3", "replications: 2"), encoding="utf-8")
    result = callsim("run", "shop.yaml", *QUICK)
    assert result.exit_code == 0, result.output
    manifest = json.loads(Path("results/shop/manifest.json").read_text())
    points = [f"slowness={factor};hands={workers}" for factor in (10, 2) for workers in (3, 1)]
    assert manifest["points"] == points
    assert manifest["variants"] == ["base"]
    rows = Path("results/shop/summary.csv").read_text().splitlines()[1:]
    assert list(dict.fromkeys(row.split(",")[1] for row in rows)) == sorted(points)


def test_a_file_in_the_way_is_status_2(shop: Path, callsim: Callsim) -> None:
    result = callsim("run", "shop.yaml", "--out", "shop.yaml/below/out", *QUICK)
    assert result.exit_code == 2
    assert "shop.yaml: is a file" in result.output


def test_a_precision_that_needs_more_than_max_is_said_and_the_results_are_there(shop: Path, callsim: Callsim) -> None:
    """Ten short runs do not even bound the p99."""
    rule = "run.replications={until: {metric: latency_p99, half_width: 1%}, max: 10}"
    result = callsim("run", str(shop), "--set", rule, "--set", "run.duration=16s", "--out", "out", *QUICK)
    assert result.exit_code == 0, result.output
    assert "The precision that was asked for was not reached" in result.output
    assert (shop.parent / "out" / "summary.csv").exists()
