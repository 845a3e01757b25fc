"""Versions behind a route, compared within the same runs."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from experiments.api import Results, run
from experiments.results.branches import branch_rows, splits_of
from experiments.results.cells import Cells, Setting
from experiments.statistics.holm import holm
from experiments.statistics.paired_ratios import Sized, ratio_difference
from tests.support import scenario

THREE = """
services:
  gateway: {workers: 64, operations: {ping: {work: 1ms}}}
  old: {workers: 64, operations: {run: {work: {dist: exponential, mean: 10ms}}}}
  new: {extends: old, operations: {run: {work: {mean: 30ms}}}}
  same: {extends: old}
routes:
  orders:
    on: gateway
    prefix: /orders
    split: {a: {to: new.run, share: 20%}, b: {to: old.run, share: 60%}, c: {to: same.run, share: 20%}}
  whole: {on: gateway, prefix: /, to: old.run}
workload: [{name: orders, path: /orders, arrivals: {process: poisson, rate: 50/s}}]
objectives: {"route:orders/a": {latency_mean: 1s}}
run: {duration: 20s, replications: 4}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("branches")
    (folder / "three.yaml").write_text(dedent(THREE), encoding="utf-8")
    return run(folder / "three.yaml", out=folder / "out", page=True)


def compared(results: Results, branch: str, metric: str) -> list[Any]:
    """The rows of one version and metric."""
    rows = results.branches
    return list(rows[(rows["branch_a"] == branch) & (rows["metric"] == metric)].itertuples(index=False))


def test_every_version_is_compared_with_the_one_with_the_largest_share(results: Results) -> None:
    rows = results.branches
    assert sorted(set(zip(rows["route"], rows["branch_a"], rows["branch_b"], strict=True))) == [
        ("orders", "a", "b"),
        ("orders", "c", "b"),
    ]
    assert "throughput" not in set(rows["metric"])


def test_the_difference_is_that_of_the_branches_figures_run_by_run(results: Results) -> None:
    runs = results.runs
    spread = runs[(runs["metric"] == "latency_sd") & (runs["phase"] == "all")].pivot(
        index="replication", columns="operation", values="value"
    )
    paired = spread["route:orders/a"] - spread["route:orders/b"]
    (row,) = compared(results, "a", "latency_sd")
    assert row.difference == pytest.approx(paired.mean())
    assert row.ci_high - row.difference == pytest.approx(3.182446 * paired.std() / 2)
    assert row.verdict == "differs"


def test_percentiles_are_those_of_all_runs_together(results: Results) -> None:
    table = results.summary[results.summary["metric"] == "latency_p90"].set_index("operation")["mean"]
    (row,) = compared(results, "a", "latency_p90")
    assert row.difference == pytest.approx(table["route:orders/a"] - table["route:orders/b"])
    assert row.verdict == "worse"


def test_only_tests_have_p_values_and_they_are_corrected(results: Results) -> None:
    p_values = [compared(results, branch, "latency_mean")[0].p_value for branch in "ac"]  # an objective names it
    assert not any(map(math.isnan, p_values))
    assert all(math.isnan(compared(results, branch, "latency_p95")[0].p_value) for branch in "ac")
    runs = results.runs[(results.runs["metric"] == "latency_mean") & (results.runs["phase"] == "all")]
    of_branch = {name: Sized(list(rows["value"]), list(rows["of"])) for name, rows in runs.groupby("operation")}
    raw = [
        ratio_difference(of_branch[f"route:orders/{branch}"], of_branch["route:orders/b"], None).p_value
        for branch in "ac"
    ]
    assert p_values == holm(raw)


def test_rows_are_in_order_and_people_are_told(results: Results) -> None:
    rows = list(results.branches[["phase", "route", "branch_a", "branch_b", "metric"]].itertuples(index=False))
    assert all(before < after for before, after in pairwise(rows))
    assert "- orders: a against b: error rate" in (results.folder / "summary.md").read_text(encoding="utf-8")
    assert "Versions behind a route" in (results.folder / "report.html").read_text(encoding="utf-8")


def test_no_route_that_splits_no_file(tmp_path: Path) -> None:
    results = run("catalog:mm1", replications=1, overrides=["run.duration=5s", "run.warmup=0"], out=tmp_path / "out")
    assert not (tmp_path / "out" / "branches.csv").exists()
    assert results.branches.empty
    assert "verdict" in results.branches.columns


def test_of_equal_shares_the_first_by_name_is_the_reference(tmp_path: Path) -> None:
    text = THREE.replace("60%", "40%").replace("to: new.run, share: 20%", "to: new.run, share: 40%")
    (splits,) = splits_of([scenario(tmp_path, text)]).values()
    assert splits == {"orders": ("a", ("b", "c"))}


def test_a_version_that_nobody_met_has_no_difference() -> None:
    cells = Cells()
    setting = Setting("base", "")
    for old, new in ((1.0, float("nan")), (2.0, 5.0), (3.0, 7.0)):
        cells.add(
            setting,
            {
                "phase": ["all"] * 2,
                "operation": ["route:r/new", "route:r/old"],
                "metric": ["latency_p99"] * 2,
                "value": [new, old],
                "of": [float("nan")] * 2,
            },
        )
    (row,) = branch_rows(cells, {setting: {"r": ("old", ("new",))}})
    assert (row.branch_a, row.difference, row.metric) == ("new", 3.5, "latency_p99")
