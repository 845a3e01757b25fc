"""Whether an interval that says 95 % is right in 95 % of cases: the acceptance test of the whole chain.

A file, two hundred seeds that were fixed beforehand, and the interval that the results folder would print.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from experiments.language import load
from experiments.statistics.intervals import mean_interval
from simulator.run import run_once
from tests.support import Played

SEEDS = range(1001, 1201)
TRUE_MEAN = 0.050
FEWEST, MOST = 181, 197
"""What 200 intervals of 95 % hit; a true 95 % misses this in about 0.5 % of tries."""


def covers(seed: int) -> bool:
    """Whether the interval of one seed holds the truth."""
    (scenario,) = load("catalog:mm1", [f"run.seed={seed}", "run.record=summary"]).scenarios()
    numbers = range(scenario.experiment.run.first_round)
    means = [Played(scenario, run_once(scenario, number)).figure("answer", "latency_mean") for number in numbers]
    interval = mean_interval(means)
    return interval.low <= TRUE_MEAN <= interval.high


@pytest.mark.stat
def test_intervals_of_the_smallest_experiment_cover_the_truth() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        hits = sum(pool.map(covers, SEEDS, chunksize=5))
    print(f"\n{hits} of {len(SEEDS)} intervals hold the true mean of 50 ms")
    assert FEWEST <= hits <= MOST
