"""What common random numbers are worth: how much they shrink the noise of a comparison of two styles."""

from __future__ import annotations

from math import inf
from statistics import stdev

import pytest

from experiments.language import load
from simulator.run import run_once
from tests.determinism.checkout import SHORT
from tests.support import Played

REPLICATIONS = 12
NO_FAULTS = ("faults=none", "run={duration: 15s, warmup: 1s, drain: 30s}")


def mean_latencies(variant: str, overrides: tuple[str, ...]) -> list[float]:
    """Of all answers of the workload `checkout`, by replication, seconds."""
    (scenario,) = load("catalog:checkout", overrides).scenarios([variant])
    runs = (Played(scenario, run_once(scenario, number)) for number in range(REPLICATIONS))
    return [played.figure("checkout", "answer_latency_mean") for played in runs]


def gain(baseline: list[float], other: list[float], names: str) -> float:
    """How many times less the paired difference scatters on common random numbers than on independent ones.

    Replications are independent of each other: one of the baseline and the next one of the other share no draw.
    """
    common = stdev(b - a for a, b in zip(baseline, other, strict=True))
    independent = stdev(b - a for a, b in zip(baseline, [*other[1:], other[0]], strict=True))
    factor = independent / common if common > 0 else inf
    print(
        f"\n{names}: the difference in mean latency scatters by {1e6 * common:.1f} us on common random numbers, ",
        end="",
    )
    print(f"by {1e6 * independent:.1f} us on independent seeds: gain {factor:.1f}")
    return factor


def test_variants_meet_the_same_luck() -> None:
    """Without faults a saga has next to nothing to undo, so its difference to sync is next to none; the hybrid style's
    answers do differ. A ratio of two standard deviations of 12 values is within a factor of 2.2 of the true one in 99 %
    of tries; the true gains are well above 7."""
    sync = mean_latencies("sync", NO_FAULTS)
    assert gain(sync, mean_latencies("saga", NO_FAULTS), "sync and saga without faults") >= 3
    assert gain(sync, mean_latencies("hybrid", NO_FAULTS), "sync and hybrid without faults") >= 3


@pytest.mark.stat
def test_with_faults_the_same_luck_helps_too() -> None:
    sync = mean_latencies("sync", SHORT)
    for style in ("saga", "queue", "choreography", "hybrid"):
        assert gain(sync, mean_latencies(style, SHORT), f"sync and {style} with faults") > 1
