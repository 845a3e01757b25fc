"""One long run has intervals, from consecutive batches of it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.api import run
from experiments.results.batches import Batches
from experiments.results.paired_figures import difference_of
from experiments.results.reading import Results
from experiments.statistics.batch_means import BATCHES
from experiments.statistics.paired_ratios import Sized
from simulator.metrics.batches import batches_of
from simulator.spec.run import RunSpec
from tests.running.fakes import batch_columns

SHOP = """
name: shop
services: {desk: {workers: 1, operations: {serve: {work: {dist: exponential, mean: 10ms}}}}}
workload: [{name: visit, call: desk.serve, arrivals: {process: poisson, rate: 50/s}}]
objectives: {visit: {latency_p99: 1s}}
run: {duration: 160s, replications: 1}
variants: {base: {}, fast: {services.desk.workers: 2}}
"""


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Results:
    file = tmp_path_factory.mktemp("batches") / "shop.yaml"
    file.write_text(SHOP, encoding="utf-8")
    return run(file)


def by_name(table: pd.DataFrame) -> dict[tuple[str, str], Any]:
    """A table's rows by operation and metric."""
    return {(str(row.operation), str(row.metric)): row for row in table.itertuples()}


def test_a_single_run_has_the_intervals_of_its_batches(single: Results) -> None:
    """M/M/1 at load 0.5: mean response time 20 ms, p99 92 ms, utilization a half."""
    figures = by_name(single.summary[single.summary["variant"] == "base"])
    for operation, metric, true in (
        ("visit", "latency_mean", 0.020),
        ("visit", "latency_p99", 0.0921),
        ("service:desk", "utilization", 0.5),
        ("visit", "throughput", 50.0),
    ):
        row = figures[operation, metric]
        assert row.ci_low < true < row.ci_high, metric
        assert row.replications == 1
    assert math.isnan(figures["service:desk", "queue_length_max"].ci_low)


def test_the_estimate_is_that_of_the_whole_run(single: Results) -> None:
    keys = ["variant", "phase", "operation", "metric"]
    table = single.summary.set_index(keys)["mean"]
    runs = single.runs.astype(dict.fromkeys(keys, str)).set_index(keys)["value"]
    assert ((table == runs[table.index]) | table.isna()).all()


def test_single_runs_are_compared_batch_by_batch(single: Results) -> None:
    rows = by_name(single.comparisons)
    p99 = rows["visit", "latency_p99"]
    assert p99.verdict == "better"
    assert p99.p_value < 0.001
    assert p99.ci_low < p99.difference < p99.ci_high < 0
    assert rows["visit", "goodput"].verdict == "inconclusive"
    assert single.objectives["verdict"].tolist() == ["met", "met"]
    assert single.cautions.empty


def test_the_folder_says_so(single: Results) -> None:
    assert single.manifest["batches"] == BATCHES
    assert "1 replication in batches" in (single.folder / "summary.md").read_text(encoding="utf-8")


def test_what_happens_at_a_set_time_is_in_no_batches(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP + "phases: {rush: {from: 2s, to: 4s}}\n", encoding="utf-8")
    results = run(file, overrides=["run.duration=10s"], variants=["base"])
    measured = results.summary[results.summary["metric"] != "recovered"]  # one of one, and exact
    assert measured["ci_low"].isna().all()
    assert results.manifest["batches"] == 0


def test_batches_that_depend_on_each_other_are_said_to(tmp_path: Path) -> None:
    """Load 1.2: every batch waits longer than the one before."""
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP, encoding="utf-8")
    results = run(file, overrides=["run.duration=30s", "workload.visit.arrivals.rate=120/s"], variants=["base"])
    (row,) = results.cautions[results.cautions["kind"] == "correlated_batches"].itertuples()
    assert row.operation == "visit"
    assert "even 8 batches of the run depend on each other" in row.detail


def test_batches_cover_the_window_without_a_gap() -> None:
    batches = batches_of(RunSpec(duration=100.0, warmup=20.0), 32)
    ends = [piece for batch in batches for piece in batch.pieces]
    assert (ends[0][0], ends[-1][1]) == (20.0, 100.0)
    assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert batches_of(RunSpec(duration=100.0), 0) == []


def test_figures_are_joined_by_what_they_were_taken_over() -> None:
    """Batches of 1 and 3 requests by turns, with 1 and 0 errors: a share of a quarter everywhere."""
    rows = [("buy", "error_rate", float(place % 2 == 0), 1.0 + 2.0 * (place % 2)) for place in range(BATCHES)]
    cuts = list(Batches(*batch_columns(rows)).cuts("buy", "error_rate"))
    assert [len(cut.values) for cut in cuts] == [32, 16, 8]
    assert cuts[1].values == [0.25] * 16
    assert cuts[2].sizes == [8.0] * 8
    assert list(Batches(*batch_columns(rows)).cuts("buy", "queue_length_max")) == []


def test_what_differs_by_rounding_is_the_same_in_batches_too() -> None:
    """Eight batches of answers that take 10 ms each, added up from other times."""
    exact, added = Sized([0.01] * 8, [40.0] * 8), Sized([0.1 + 0.2 - 0.29] * 8, [40.0] * 8)
    assert exact.values != added.values
    assert difference_of("latency_mean", added, exact).identical
    assert difference_of("latency_mean", added, exact, paired=False).identical
