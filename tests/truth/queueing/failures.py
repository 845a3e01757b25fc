"""What breaks at random: alternating renewal, machine repair (M/M/r//N), the inspection paradox (W. Feller, vol. 2)."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import ROUNDING, Arrays, derived, metric, requests

PROBED = """
services: {store: {replicas: 5, workers: 1000, operations: {get: {work: 0ms}}}}
workload: [{call: store.get, arrivals: {process: constant, rate: 0.5/s}}]
faults: [{kind: crash, target: store, mtbf: 100s, mttr: 10s}]
run: {duration: 60000s, warmup: 500s, drain: 1s, record: summary, replications: 20}
"""
UP = derived(lambda failing: 5 * (1 - failing), metric("get", "error_rate"))
BY_TURNS = "requests go to all replicas by turns; those to a dead one fail"
OUTAGE = f"{{dist: lognormal, mean: {exp(0.5)}s, cv: {sqrt(exp(1) - 1)}}}"


def _remaining(columns: Arrays) -> float:
    """Mean wait of those who arrived during an outage."""
    waits = columns["answered"] - columns["arrived"]
    return float(np.mean(waits[waits > ROUNDING]))


SECTION = Section(
    title="Failures at random",
    models=(
        Model(
            name="mtbf",
            text=PROBED,
            overrides=(
                "services.store.replicas=10",
                "faults.crash.mtbf=990s",
                "workload.get.arrivals.rate=0.5/s",
                "run={duration: 60000s, warmup: 4000s}",
            ),
            checks=(Check("mtbf", metric("get", "availability"), precision=0.001, note=BY_TURNS),),
        ),
        Model(
            name="repair_N5_r1",
            text=PROBED,
            overrides=("faults.crash.crews=1",),
            checks=(Check("repair_N5_r1", UP, precision=0.01, note=BY_TURNS),),
        ),
        Model(
            name="repair_N5_r5",
            text=PROBED,
            overrides=("faults.crash.crews=5",),
            checks=(Check("repair_N5_r5", UP, precision=0.01, note=BY_TURNS),),
        ),
        Model(
            name="inspection",
            text=PROBED,
            overrides=(
                "services.store.replicas=1",
                "services.store.workers=100000",
                f"faults=[{{kind: pause, target: store, mtbf: 8s, mttr: {OUTAGE}}}]",
                "workload.get.arrivals={process: poisson, rate: 1/s}",
                "run={duration: 40000s, warmup: 0s, drain: 200s, record: requests}",
            ),
            checks=(
                Check(
                    "inspection",
                    requests("get", _remaining),
                    precision=0.15,
                    note="mean wait of requests that arrive while the store stands still",
                ),
            ),
        ),
    ),
)
