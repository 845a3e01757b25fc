"""Overload that feeds itself: N. Bronson et al., HotOS 2021; M. Brooker's collapse; the SRE book, chapter 22.

What holds only in the fluid limit is compared with room; the largest rate that recovers is looked for among a few.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.results.reading import Results
from tests.truth.cases import Check, Figure, Model, Section
from tests.truth.figures import Arrays, derived, metric, requests
from tests.truth.queueing.station import BUSY, STATION, length, rate, room, work, workers

SPIKE = """
services:
  server:
    replicas: 2
    workers: 5
    queue: {capacity: 10000}
    operations: {work: {work: {dist: exponential, mean: 100ms}}}
calls: {"client -> server": {timeout: 1s, retry: {max_retries: 3}}}
workload: [{call: server.work, arrivals: {process: poisson, rate: 20/s}}]
faults: [{kind: slowdown, target: server, factor: 20, at: 5s, for: 60s}]
"""
OUTAGE = """
services:
  database:
    workers: 15
    operations: {query: {work: {dist: exponential, mean: 50ms}}}
calls: {"client -> database": {timeout: 1s, retry: {max_retries: 1}}}
workload: [{name: page, call: database.query, arrivals: {process: poisson, rate: 280/s}}]
faults: [{name: outage, kind: pause, target: database, at: 30s, for: 10s}]
"""
HANGING = "{dist: mixture, parts: [{weight: 95, law: 100ms}, {weight: 5, law: {dist: exponential, mean: 100s}}]}"


def _largest_that_recovers(operation: str, axis: str, rates: Sequence[int]) -> Figure:
    """Return the largest rate of a sweep at which fewer than half of the late requests fail, in each replication."""

    def read(results: Results) -> Sequence[float]:
        late = [
            metric(operation, "error_rate", point=f"{axis}={each}/s", phase="during:late")(results) for each in rates
        ]
        return [
            max(each for each, failing in zip(rates, shares, strict=True) if failing < 0.5)
            for shares in zip(*late, strict=True)
        ]

    return read


def _last_timeout(columns: Arrays) -> float:
    """When the last request that had an attempt time out was answered."""
    return float(np.max(columns["answered"][columns["timeouts"] > 0]))


def _swept(rates: Sequence[int], workload: str) -> str:
    values = ", ".join(f"{each}/s" for each in rates)
    return f"sweep: {{rate: {{path: workload.{workload}.arrivals.rate, values: [{values}]}}}}\n"


AFTER_SPIKE = (20, 22, 23, 26, 28)
AFTER_OUTAGE = (140, 145, 155, 160)

SECTION = Section(
    title="Overload that feeds itself",
    models=(
        Model(
            name="metastable_boundary_k3",
            text=SPIKE
            + _swept(AFTER_SPIKE, "work")
            + "phases: {late: {from: 950s, to: 1000s}}\n"
            + "run: {duration: 1000s, drain: 10s, record: summary, replications: 4}\n",
            checks=(
                Check(
                    "metastable_boundary_k3",
                    _largest_that_recovers("work", "rate", AFTER_SPIKE),
                    precision=0.12,
                    tolerance=0.124,
                    note=f"largest of {', '.join(map(str, AFTER_SPIKE))}/s",
                ),
            ),
        ),
        Model(
            name="metastable_recover_lam20",
            text=SPIKE + "run: {duration: 600s, drain: 10s, record: requests, replications: 60}\n",
            checks=(
                Check(
                    "metastable_recover_lam20",
                    requests("work", _last_timeout),
                    precision=0.25,
                    tolerance=0.25,
                ),
            ),
        ),
        Model(
            name="hotos_db_stable_limit",
            text=OUTAGE
            + _swept(AFTER_OUTAGE, "page")
            + "phases: {late: {from: 450s, to: 500s}}\n"
            + "run: {duration: 500s, drain: 10s, record: summary, replications: 4}\n",
            checks=(
                Check(
                    "hotos_db_stable_limit",
                    _largest_that_recovers("page", "rate", AFTER_OUTAGE),
                    precision=0.04,
                    tolerance=0.034,
                    note=f"largest of {', '.join(map(str, AFTER_OUTAGE))}/s; the limit is one of rates without chance",
                ),
            ),
        ),
        Model(
            name="hotos_db_bad_load",
            text=OUTAGE
            + "phases: {late: {from: 100s, to: 150s}}\n"
            + "run: {duration: 150s, drain: 10s, record: summary, replications: 12}\n",
            checks=(
                Check(
                    "hotos_db_bad_load",
                    metric("call:client->database", "throughput", phase="during:late"),
                    precision=0.02,
                    note="attempts that ended, per second, from 60 s after the outage",
                ),
            ),
        ),
        Model(
            name="brooker_collapse_c40",
            text=STATION,
            overrides=(
                workers(100_000),
                "services.server.contention=10ms",
                work("1s"),
                rate(40.0),
                length(3_000, warmup=50),
            ),
            checks=(
                Check(
                    "brooker_collapse_c40",
                    derived(lambda busy: 100_000 * busy, BUSY),
                    precision=0.01,
                    note="utilization of 100,000 workers",
                ),
            ),
        ),
        Model(
            name="sre_bimodal",
            text=STATION,
            overrides=(
                workers(1000),
                room(0),
                work(HANGING),
                rate(1000.0),
                length(230, warmup=30),
            ),
            checks=(
                Check(
                    "sre_bimodal_handled",
                    derived(lambda lost: 1 - lost, metric("work", "rejected_rate")),
                    precision=0.05,
                    note="exponential hanging times of the same mean, which is all that Erlang B asks for: with"
                    " constant ones the threads would hang in step for hours",
                ),
            ),
        ),
    ),
)
