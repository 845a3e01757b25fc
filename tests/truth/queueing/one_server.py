"""M/M/1, first come first served: sojourn times are exponential with mean 1 / (mu - lambda).

Times are theory's: a service takes a second on average.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import Arrays, derived, metric, requests

STATION = """
services:
  server:
    workers: 1
    operations: {work: {work: {dist: exponential, mean: 1s}}}
workload: [{call: server.work, arrivals: {process: poisson, rate: 0.8/s}}]
run: {duration: 150000s, warmup: 2000s, drain: 2000s, record: summary, replications: 20}
"""
RATE = "workload.work.arrivals.rate"
LENGTH = "run.duration"
REQUESTS = "run.record=requests"

MEAN = metric("work", "latency_mean")
P50, P95 = metric("work", "latency_p50"), metric("work", "latency_p95")
P99, P999 = metric("work", "latency_p99"), metric("work", "latency_p999")
WAIT = derived(
    lambda waiting, served: waiting / served,
    metric("service:server", "queue_length"),
    metric("service:server", "throughput"),
)
"""Mean wait before service, by Little's law."""
LITTLE = "mean number waiting over throughput"


def waits(of: Callable[[np.ndarray], float]) -> Callable[[Arrays], float]:
    """Return ``of`` the waits before a single server that takes requests in order of arrival."""

    def read(columns: Arrays) -> float:
        free = columns["answered"][:-1]
        return of(np.maximum(free - columns["arrived"][1:], 0.0))

    return read


WAIT_P95 = requests("work", waits(lambda values: float(np.quantile(values, 0.95))))
BEFORE = "from requests.parquet: until the previous request was answered"

SECTION = Section(
    title="One server",
    models=(
        Model(
            name="mm1_rho50",
            text=STATION,
            overrides=(f"{RATE}=0.5/s", f"{LENGTH}=62000s"),
            quick=True,
            checks=(
                Check("mm1_rho50_mean", MEAN, precision=0.03),
                Check("mm1_rho50_p95", P95, precision=0.05),
            ),
        ),
        Model(
            name="mm1_rho80",
            text=STATION,
            overrides=(REQUESTS,),
            checks=(
                Check("mm1_rho80_mean", MEAN, precision=0.04),
                Check("mm1_rho80_wq", WAIT, precision=0.05, note=LITTLE),
                Check("mm1_rho80_p50", P50, precision=0.04),
                Check("mm1_rho80_p95", P95, precision=0.05),
                Check("mm1_rho80_p99", P99, precision=0.08),
                Check("mm1_rho80_p99.9", P999, precision=0.15),
                Check("mm1_rho80_wq_p95", WAIT_P95, precision=0.06, note=BEFORE),
            ),
        ),
        Model(
            name="mm1_rho90",
            text=STATION,
            overrides=(REQUESTS, f"{RATE}=0.9/s", f"{LENGTH}=400000s", "run.warmup=5000s"),
            checks=(
                Check("mm1_rho90_mean", MEAN, precision=0.06),
                Check("mm1_rho90_wq", WAIT, precision=0.07, note=LITTLE),
                Check("mm1_rho90_p95", P95, precision=0.08),
                Check("mm1_rho90_p99", P99, precision=0.12),
                Check("mm1_rho90_p99.9", P999, precision=0.15),
                Check("mm1_rho90_wq_p95", WAIT_P95, precision=0.08, note=BEFORE),
            ),
        ),
    ),
)
