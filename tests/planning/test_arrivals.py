"""The rates of every arrival process over the measured window: mean and peak."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.planning.arrivals import Rate, rate_of
from tests.support import scenario

FILE = """\
services:
  desk: {{workers: 1, operations: {{serve: {{work: 1ms}}}}}}
workload:
  - {{call: desk.serve, arrivals: {arrivals}}}
run: {{duration: 100s, warmup: 20s, load: {load}}}
"""


def rate(folder: Path, arrivals: str, load: float = 1) -> Rate:
    found = scenario(folder, FILE.format(arrivals=arrivals, load=load)).experiment
    return rate_of(found.workload[0], found.run)


@pytest.mark.parametrize(
    ("arrivals", "mean", "peak"),
    [
        ("{process: poisson, rate: 5/s}", 5.0, 5.0),
        ("{process: renewal, law: {dist: exponential, mean: 200ms}}", 5.0, 5.0),
        ("{process: renewal, law: {dist: pareto, minimum: 1s, alpha: 0.9}}", 0.0, 0.0),
        ("{process: stages, stages: [{rate: 10/s, for: 60s}, {ramp_to: 30/s, for: 20s}]}", 10.0, 30.0),
        ("{process: spike, rate: 4/s, peak: 20/s, at: 10s, for: 20s}", 6.0, 20.0),
        ("{process: spike, rate: 4/s, peak: 20/s, at: 0s, for: 10s, every: 40s}", 8.0, 20.0),
        ("{process: spike, rate: 4/s, peak: 20/s, at: 0s, for: 10s}", 4.0, 4.0),
        ("{process: diurnal, low: 10/s, high: 30/s, period: 80s, peak_at: 50s}", 20.0, 30.0),
        ("{process: mmpp, states: [{rate: 10/s, for: 3s}, {rate: 50/s, for: 1s}]}", 20.0, 50.0),
    ],
)
def test_mean_and_peak_of_each_process(tmp_path: Path, arrivals: str, mean: float, peak: float) -> None:
    assert rate(tmp_path, arrivals) == pytest.approx(Rate(mean, peak))
    assert rate(tmp_path, arrivals, load=2.5) == pytest.approx(Rate(2.5 * mean, 2.5 * peak))


def test_a_day_that_falls_all_along_is_highest_at_its_beginning(tmp_path: Path) -> None:
    found = rate(tmp_path, "{process: diurnal, low: 10/s, high: 30/s, period: 400s}")
    assert 10.0 < found.mean < found.peak < 30.0


def test_a_trace_is_counted_and_its_fullest_window_is_the_peak(tmp_path: Path) -> None:
    times = [*range(80), *[50.5] * 10]
    (tmp_path / "trace.csv").write_text("time\n" + "\n".join(str(time) for time in sorted(times)), encoding="utf-8")
    found = rate(tmp_path, "{process: trace, file: trace.csv}")
    assert found == pytest.approx(Rate(70 / 80, 11.0))


def test_batches_bring_several_requests(tmp_path: Path) -> None:
    arrivals = "{process: poisson, rate: 5/s}, batch: {dist: geometric, mean: 3}"
    assert rate(tmp_path, arrivals) == Rate(15.0, 15.0)
