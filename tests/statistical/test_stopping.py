"""Whether intervals that were narrowed until they were narrow enough still hold the truth: they are looked at again and
again, and stopping when they happen to be narrow makes them a little too narrow. docs/statistics/stopping.md states
what is found here."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from experiments.language import load
from experiments.results.cells import Cells, Setting
from experiments.results.precision import precision_of
from experiments.running.executor import crew
from experiments.running.plan import plan_runs
from experiments.running.rounds import play_rounds
from experiments.statistics.stopping import is_met
from simulator.results import RunResult
from simulator.run import run_once
from simulator.spec.scenario import Scenario

SEEDS = range(9001, 9301)
TRUE_MEAN = 0.020
FEWEST = 270
"""A true coverage of 93 % gives fewer than these 270 of 300 in 2.5 % of tries."""

SETTINGS = (
    "workload.answer.arrivals.rate=50/s",
    "run.duration=12s",
    "run.warmup=2s",
    "run.window=1s",
    "run.record=summary",
    "run.replications={until: {metric: latency_mean, half_width: 5%}}",
)


def stopped(seed: int) -> tuple[bool, bool, int]:
    """Whether the target was met, whether the interval holds the truth, and after how many replications."""
    (scenario,) = load("catalog:mm1", [*SETTINGS, f"run.seed={seed}"]).scenarios()
    cells = Cells()
    with TemporaryDirectory() as folder:
        for result in _played(scenario, Path(folder)):
            cells.add(Setting(scenario.variant, scenario.point), result.metrics)
    found = precision_of(cells, scenario)
    assert found is not None
    interval = found.interval
    return is_met(interval, found.target), interval.low <= TRUE_MEAN <= interval.high, interval.count


def _played(scenario: Scenario, folder: Path) -> Iterator[RunResult]:
    plan = plan_runs([scenario])
    with crew(plan.scenarios, run_once, jobs=1) as players:
        for _, result in play_rounds(plan, players, folder, lambda _more: None):
            yield result


@pytest.mark.stat
def test_intervals_that_were_stopped_by_their_width_still_cover() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(stopped, SEEDS, chunksize=5))
    hits, counts = sum(covers for _, covers, _ in found), [count for _, _, count in found]
    print(f"\n{hits} of {len(found)} intervals hold the true mean of 20 ms; median {statistics.median(counts)} runs")
    assert all(met for met, _, _ in found)
    assert hits >= FEWEST
