"""Replications until a figure is precise enough: it stops by itself, and no file tells that there were rounds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from experiments.api import run
from experiments.results.reading import Results

SMALL = ("run.duration=20s", "run.warmup=2s", "run.window=1s")
RULE = "run.replications={{until: {{metric: latency_mean, half_width: {width}}}, max: {most}}}"
FILES = ("summary.csv", "runs.parquet", "timeline.parquet", "distributions.parquet", "requests.parquet", "effects.csv")


def played(out: Path, *overrides: str, **options: Any) -> Results:
    return run("catalog:mm1", overrides=[*SMALL, *overrides], out=out, **options)


def half_width(results: Results, metric: str = "latency_mean") -> float:
    frame = results.summary
    row = frame[(frame["operation"] == "answer") & (frame["metric"] == metric)].iloc[0]
    return float(row["ci_high"] - row["ci_low"]) / 2


def test_a_precision_is_met_and_the_run_stops_by_itself(tmp_path: Path) -> None:
    results = played(tmp_path / "out", RULE.format(width="9ms", most=200))
    number = results.manifest["replications"]
    assert 10 < number < 100
    assert results.manifest["replications_at"] == {"": number}
    assert half_width(results) <= 0.009
    assert results.cautions["kind"].tolist().count("target_missed") == 0


def test_a_percentile_without_an_upper_end_is_played_on_until_it_has_one_and_is_met(tmp_path: Path) -> None:
    """The first ten runs hold 10 requests beyond the p99: too few to bound it."""
    short = ("run.duration=3s", "run.warmup=1s", "run.record=summary", "workload.answer.arrivals.rate=50/s")
    rule = "run.replications={until: {metric: latency_p99, half_width: 10%}, max: 400}"
    unbounded = played(tmp_path / "ten", *short, replications=10)
    assert math.isnan(half_width(unbounded, "latency_p99"))
    results = played(tmp_path / "out", *short, rule)
    frame = results.summary
    row = frame[(frame["operation"] == "answer") & (frame["metric"] == "latency_p99")].iloc[0]
    assert half_width(results, "latency_p99") <= 0.1 * row["mean"]
    assert 10 < results.manifest["replications"] < 400
    assert "target_missed" not in set(results.cautions["kind"])


def test_the_same_bytes_come_of_rounds_on_any_number_of_processes_and_of_a_fixed_number(tmp_path: Path) -> None:
    variants = "variants={calm: {services.server.workers: 2}, busy: {}}"
    rule = RULE.format(width="8ms", most=14)
    one = played(tmp_path / "one", variants, rule, "run.warmup=auto")
    two = played(tmp_path / "two", variants, rule, "run.warmup=auto", jobs=2)
    number, warmup = one.manifest["replications"], one.manifest["warmup"]
    assert number > 10
    plain = played(tmp_path / "plain", variants, f"run.warmup={warmup}s", replications=number)
    for name in FILES:
        assert (one.folder / name).read_bytes() == (plain.folder / name).read_bytes(), name
    for name in (*FILES, "warmup.csv", "pilots.parquet", "cautions.csv"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes(), name
    assert not list(one.folder.glob(".*"))


def test_every_point_has_its_own_number_and_all_its_variants_the_same(tmp_path: Path) -> None:
    sweep = "sweep={rate: {path: workload.answer.arrivals.rate, values: [20/s, 85/s]}}"
    variants = "variants={slow: {}, fast: {services.server.workers: 2}}"
    results = played(tmp_path / "out", sweep, variants, RULE.format(width="8ms", most=20))
    counts = results.runs.groupby(["point", "variant"], observed=True)["replication"].nunique().to_dict()
    assert counts["rate=20/s", "slow"] == counts["rate=20/s", "fast"] == 10
    assert counts["rate=85/s", "slow"] == counts["rate=85/s", "fast"] > 10
    assert results.manifest["replications_at"] == {"rate=20/s": 10, "rate=85/s": counts["rate=85/s", "slow"]}


@pytest.mark.parametrize("first", [0, 3])
def test_a_part_of_a_longer_run_has_its_rows(tmp_path: Path, first: int) -> None:
    whole = played(tmp_path / "whole", replications=6).runs
    part = run("catalog:mm1", overrides=SMALL, replications=2, first_replication=first, out=tmp_path / "part")
    wanted = whole[whole["replication"].isin([first, first + 1])].reset_index(drop=True)
    assert part.runs.equals(wanted)
    assert part.manifest["first_replication"] == first
