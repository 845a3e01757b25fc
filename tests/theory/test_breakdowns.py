"""Faults at random against renewal theory. Each check raises a false alarm on one seed in a thousand.

Sources: L. Kleinrock, Queueing Systems vol. 1, section 3.8 (machine repair, M/M/r//N); W. Feller, An Introduction to
Probability Theory vol. 2, section XI.4 (the inspection paradox); alternating renewal processes. A replica's share of
the time in which it is up is seen by a probe: requests by turns at all replicas, of which those at a dead one fail.
"""

from __future__ import annotations

from math import exp, sqrt
from pathlib import Path

import pytest

from tests.support import Played
from tests.theory.agreement import agree, each, figures, replications

PROBED = """
services: {store: {replicas: 5, workers: 1000, operations: {get: {work: 0ms}}}}
workload: [{call: store.get, arrivals: {process: constant, rate: 5/s}}]
faults: [{kind: crash, target: store, mtbf: 10s, mttr: 1s}]
run: {duration: 2400s, warmup: 20s, drain: 1s, record: summary, window: 400s, seed: 7}
"""


def up(played: Played) -> float:
    """Replicas that are up, on average."""
    return 5 * (1 - played.figure("get", "error_rate"))


@pytest.mark.parametrize(("crews", "expected"), [(1, 4.360478231445973), (5, 4.545454545454544)])
def test_machines_wait_for_a_crew(tmp_path: Path, crews: int, expected: float) -> None:
    """M/M/r//5 with MTBF = 10 MTTR: the mean number up, by the birth-death product form."""
    played = replications(tmp_path, PROBED, f"faults.crash.crews={crews}")
    assert agree(each(played, up), expected, precision=0.01)


@pytest.mark.parametrize(
    ("well", "repair"),
    [
        ("99s", "1s"),
        ("{dist: uniform, low: 66s, high: 132s}", "{dist: lognormal, mean: 1s, cv: 1}"),
    ],
)
def test_availability_depends_on_the_means_alone(tmp_path: Path, well: str, repair: str) -> None:
    """MTBF / (MTBF + MTTR) = 99 %, whatever the laws."""
    laws = (f"faults.crash.mtbf={well}", f"faults.crash.mttr={repair}")
    long = ("run.duration=4000s", "run.warmup=500s", "workload.get.arrivals.rate=3/s")
    played = replications(tmp_path, PROBED, *laws, *long)
    assert agree(each(played, lambda one: one.figure("get", "error_rate")), 0.01, precision=0.20)


@pytest.mark.stat
def test_retries_within_one_outage_fail_together(tmp_path: Path) -> None:
    """Attempts a second apart at a server that is up 990 s and down 10 s: U (U + A exp(-(1/990 + 1/10)))^3, a million
    times what independent failures would give."""
    down, together = 0.01, exp(-(1 / 990 + 1 / 10))
    theory = down * (down + (1 - down) * together) ** 3
    assert theory == pytest.approx(0.007409342701247775)
    outages = (
        "services.store.replicas=1",
        "faults.crash.mtbf=990s",
        "faults.crash.mttr=10s",
        'calls={"client -> store": {retry: {max_retries: 3, backoff: {kind: fixed, base: 1s}}}}',
        "workload.get.arrivals.rate=0.2/s",
        "run.duration=200000s",
        "run.window=100000s",
        "run.warmup=3000s",
    )
    played = replications(tmp_path, PROBED, *outages)
    assert agree(figures(played, "get", "error_rate"), theory, precision=0.15)


def test_who_lands_in_an_outage_meets_a_long_one(tmp_path: Path) -> None:
    """E[X^2] / (2 E[X]) of lognormal(0, 1) outages: 2.24 s are left on average, more than a whole outage (1.65 s)."""
    mean, cv = exp(0.5), sqrt(exp(1) - 1)
    paused = (
        "services.store.replicas=1",
        f"faults=[{{kind: pause, target: store, mtbf: 8s, mttr: {{dist: lognormal, mean: {mean}s, cv: {cv}}}}}]",
        "workload.get.arrivals={process: poisson, rate: 1/s}",
        "services.store.workers=100000",
        "run={duration: 8000s, warmup: 0s, drain: 200s, record: requests}",
    )
    played = replications(tmp_path, PROBED, *paused)

    def remaining(one: Played) -> float:
        waits = [row.latency for row in one.rows() if row.latency > 0]
        return sum(waits) / len(waits)

    assert agree(each(played, remaining), 2.2408445351690323, precision=0.15)


CHAIN = """
services:
  front: {workers: 1000, operations: {ask: {steps: [PARTS]}}}
  s1: {workers: 1000, operations: {run: {work: 0ms}}}
  s2: {workers: 1000, operations: {run: {work: 0ms}}}
  s3: {workers: 1000, operations: {run: {work: 0ms}}}
workload: [{call: front.ask, arrivals: {process: poisson, rate: 2/s}}]
faults:
  - {name: f1, kind: crash, target: s1, mtbf: 9s, mttr: 1s}
  - {name: f2, kind: crash, target: s2, mtbf: 9s, mttr: 1s}
  - {name: f3, kind: crash, target: s3, mtbf: 9s, mttr: 1s}
run: {duration: 1600s, warmup: 20s, drain: 1s, record: summary, window: 400s, seed: 7}
"""
ALL_THREE = "{call: s1.run}, {call: s2.run}, {call: s3.run}"


@pytest.mark.parametrize(
    ("steps", "available", "precision"),
    [
        (ALL_THREE, 0.9**3, 0.02),
        (f"{{parallel: {{steps: [{ALL_THREE}], until: any}}}}", 1 - 0.1**3, 0.002),
        (f"{{parallel: {{steps: [{ALL_THREE}], until: 2}}}}", 0.9**3 + 3 * 0.9**2 * 0.1, 0.01),
    ],
    ids=["in series", "in parallel", "two of three"],
)
def test_availability_of_parts_that_fail_by_themselves(
    tmp_path: Path, steps: str, available: float, precision: float
) -> None:
    """Parts that are up 90 % of the time: products, and the binomial law."""
    played = replications(tmp_path, CHAIN.replace("PARTS", steps))
    assert agree(figures(played, "ask", "availability"), available, precision=precision)
