"""How often the caution about a short warm-up cries wolf, and how often it sees a real one: whole experiments of an
M/M/1 with ten replications, by seeds that were fixed beforehand."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from experiments.api import run


def is_warned(seed: int, *, rate: int, warmup: int, measured: int) -> bool:
    """Whether an experiment's first cautions name a warm-up that is too short."""
    overrides = [
        f"workload.answer.arrivals.rate={rate}/s",
        f"run.warmup={warmup}s",
        f"run.duration={warmup + measured}s",
        "run.record=summary",
    ]
    found = run("catalog:mm1", overrides=overrides, replications=10, seed=seed).cautions
    return "warmup_too_short" in set(found["kind"])


def warned(experiments: int, *, rate: int, warmup: int, measured: int) -> int:
    play = partial(is_warned, rate=rate, warmup=warmup, measured=measured)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        count = sum(pool.map(play, range(5001, 5001 + experiments), chunksize=5))
    print(f"\nload {rate} %: {count} of {experiments} experiments are warned")
    return count


@pytest.mark.stat
@pytest.mark.parametrize(("rate", "warmup", "measured"), [(50, 5, 60), (70, 10, 60), (90, 50, 60)])
def test_a_steady_queue_is_seldom_called_unsteady(rate: int, warmup: int, measured: int) -> None:
    """Less than 5 % is promised: at that rate 100 experiments would pass this bound in 3 % of tries."""
    assert warned(100, rate=rate, warmup=warmup, measured=measured) <= 9


@pytest.mark.stat
def test_a_queue_that_began_empty_at_a_load_of_95_per_cent_is_mostly_seen() -> None:
    assert warned(40, rate=95, warmup=0, measured=60) >= 20


@pytest.mark.stat
def test_a_queue_that_fills_is_always_seen() -> None:
    assert warned(20, rate=110, warmup=0, measured=60) == 20
