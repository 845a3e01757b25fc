"""Not first come first served: processor sharing, last come first served, preemptive priorities.

M. Sakata, S. Noguchi, J. Oizumi 1969 (means under sharing); E. Coffman, R. Muntz, H. Trotter 1970 (its variance).
"""

from __future__ import annotations

import math

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import derived, metric, requests, spread
from tests.truth.queueing.station import MEAN, P95, P99, REQUESTS, STATION, length, rate, work

SHARED = "services.server.queue.discipline=ps"
SPREAD = requests("work", spread)

TAGGED = """
services:
  server:
    workers: 1
    queue: {discipline: ps}
    operations: {work: {work: {dist: lognormal, mean: 1s, cv: 1}}, tagged: {work: 3s}}
workload:
  - {call: server.work, arrivals: {process: poisson, rate: 0.6/s}}
  - {call: server.tagged, arrivals: {process: poisson, rate: 0.05/s}}
run: {duration: 150000s, warmup: 2000s, drain: 2000s, record: summary, replications: 20}
"""
CLASSES = """
services:
  server:
    workers: 1
    queue: {discipline: priority, preemptive: true}
    operations: {work: {work: {dist: exponential, mean: 1s}}}
workload:
  - {name: high, call: server.work, arrivals: {process: poisson, rate: 0.3/s}, priority: 1}
  - {name: low, call: server.work, arrivals: {process: poisson, rate: 0.4/s}, priority: -1}
run: {duration: 80000s, warmup: 2000s, drain: 2000s, record: summary, replications: 20}
"""


def _of_waits(seconds: float) -> float:
    return math.sqrt(seconds * seconds - 1.0)  # the wait and the service after it, of variance 1, are independent


SECTION = Section(
    title="Disciplines",
    models=(
        Model(
            name="mm1ps_rho50",
            text=STATION,
            overrides=(SHARED, work("{dist: lognormal, mean: 1s, cv: 2}"), rate(0.5), length(60_000)),
            checks=(Check("mm1ps_rho50_mean", MEAN, precision=0.05, note="service lognormal, cv 2"),),
        ),
        Model(
            name="mm1ps_rho80",
            text=STATION,
            overrides=(SHARED, REQUESTS, length(150_000)),
            checks=(
                Check("mm1ps_rho80_sd", SPREAD, precision=0.08),
                Check("mm1ps_rho80_p99", P99, precision=0.08),
            ),
        ),
        Model(
            name="mm1ps_rho90",
            text=STATION,
            overrides=(SHARED, REQUESTS, rate(0.9), length(250_000)),
            checks=(
                Check("mm1ps_rho90_sd", SPREAD, precision=0.15),
                Check("mm1ps_rho90_p95", P95, precision=0.10),
            ),
        ),
        Model(
            name="mg1ps",
            text=TAGGED,
            checks=(
                Check(
                    "mg1ps_slowdown",
                    metric("tagged", "latency_mean"),
                    precision=0.05,
                    note="tagged requests of 3 s among lognormal ones",
                ),
            ),
        ),
        Model(
            name="mm1_lifo_rho80",
            text=STATION,
            overrides=("services.server.queue.discipline=lifo", REQUESTS, length(250_000)),
            checks=(
                Check(
                    "mm1_lifo_rho80_wq_sd",
                    derived(_of_waits, SPREAD),
                    precision=0.15,
                    note="from the spread of the whole stay",
                ),
            ),
        ),
        Model(
            name="prio_pr",
            text=CLASSES,
            checks=(
                Check("prio_pr_high", metric("high", "latency_mean"), precision=0.02),
                Check("prio_pr_low", metric("low", "latency_mean"), precision=0.05),
            ),
        ),
    ),
)
