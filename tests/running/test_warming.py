"""``warmup: auto``: pilots find one warm-up per point, the figures are those of a file that had it written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.api import run
from experiments.results.cells import Setting
from experiments.results.reading import Results
from experiments.running.pilots import PILOTS, Series
from experiments.running.warming import Observed, warmup_of
from simulator.spec.run import RunSpec

SMALL = ("run.duration=40s", "run.window=1s", "run.record=summary", "run.replications=2")
FILES = ("summary.csv", "runs.parquet", "timeline.parquet")


def played(out: Path, *overrides: str, **options: Any) -> Results:
    return run("catalog:mm1", overrides=[*SMALL, *overrides], out=out, **options)


def test_the_figures_are_those_of_the_warmup_that_was_found_written_out(tmp_path: Path) -> None:
    found = played(tmp_path / "one", "run.warmup=auto")
    seconds = found.manifest["warmup"]
    written = played(tmp_path / "written", f"run.warmup={seconds}s")
    for name in FILES:
        assert (found.folder / name).read_bytes() == (written.folder / name).read_bytes(), name
    for name in ("warmup.csv", "pilots.parquet"):
        assert (found.folder / name).exists()
        assert not (written.folder / name).exists()
    assert found.manifest["pilots"] == PILOTS
    assert found.manifest["experiment"]["base"][""]["run"]["warmup"] == seconds


def test_each_point_has_one_warmup_the_longest_of_its_variants_in_whole_windows(tmp_path: Path) -> None:
    sweep = "sweep={rate: {path: workload.answer.arrivals.rate, values: [20/s, 70/s]}}"
    variants = "variants={slow: {}, fast: {services.server.workers: 2}}"
    results = played(tmp_path / "out", "run.warmup=auto", sweep, variants)
    cuts = results.warmup.groupby("point")["cut"].max()
    assert set(results.warmup["variant"]) == {"slow", "fast"}
    for point, seconds in results.manifest["warmups"].items():
        settings = [results.manifest["experiment"][variant][point]["run"]["warmup"] for variant in ("slow", "fast")]
        assert settings == [seconds, seconds]
        assert seconds % 1.0 == 0.0
        assert cuts[point] <= seconds < cuts[point] + 1.0


def test_a_queue_that_grows_for_ever_leaves_half_of_the_run(tmp_path: Path) -> None:
    results = played(tmp_path / "out", "run.warmup=auto", "workload.answer.arrivals.rate=140/s")
    assert results.manifest["warmup"] == 20.0
    assert "no" in set(results.warmup["trusted"])


def test_what_the_pilots_saw_is_kept_for_a_picture(tmp_path: Path) -> None:
    pilots = played(tmp_path / "out", "run.warmup=auto").pilots
    assert sorted(set(pilots["replication"])) == list(range(PILOTS))
    assert set(pilots["measure"]) == {"answer_latency", "completion", "queue_length"}
    queue = pilots[(pilots["measure"] == "queue_length") & (pilots["replication"] == 0)]
    assert queue["time"].tolist() == [float(second) for second in range(40)]
    assert (pilots["value"] >= 0).all()


def observed(*lengths: list[float]) -> Observed:
    times = tuple(float(second) for second in range(len(lengths[0])))
    pilots = {number: Series("services", "queue_length", times, tuple(values)) for number, values in enumerate(lengths)}
    return Observed(Setting("base", ""), "services", "queue_length", pilots)


def test_the_longest_pilot_counts_rounded_up_to_a_window() -> None:
    steady = [1.0 + 0.01 * (second % 2) for second in range(60)]
    slow = [0.1 * min(second, 10) for second in range(11)] + steady[11:]
    spec = RunSpec(duration=60.0, window=4.0)
    assert warmup_of([observed(steady, steady)], spec) == 0.0
    assert warmup_of([observed(steady, steady), observed(steady, slow)], spec) == 12.0


def test_without_any_series_that_is_long_enough_half_is_left_out() -> None:
    assert warmup_of([], RunSpec(duration=60.0)) == 30.0


@pytest.mark.parametrize("window", [50.0, 60.0])
def test_a_long_window_never_takes_more_than_half(window: float) -> None:
    slow = [0.1 * min(second, 10) for second in range(60)]
    assert warmup_of([observed(slow, slow)], RunSpec(duration=60.0, window=window)) == 30.0
