"""Open networks: tandems and feedback (J. R. Jackson 1957, E. Reich 1957), choices among replicas, delay stations."""

from __future__ import annotations

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import derived, finding, metric, requests
from tests.truth.queueing.peers import TANDEM
from tests.truth.queueing.station import BUSY, MEAN, P50, P95, P99, REQUESTS, STATION, length, rate, work, workers

ROW = """
services:
  front: {workers: unlimited, operations: {work: {steps: [{call: a.run}, {call: b.run}, {call: c.run}]}}}
  a: {workers: 1, operations: {run: {work: {dist: exponential, mean: 100ms}}}}
  b: {workers: 1, operations: {run: {work: {dist: exponential, mean: 125ms}}}}
  c: {workers: 1, operations: {run: {work: {dist: exponential, mean: 142.857142857ms}}}}
workload: [{call: front.work, arrivals: {process: poisson, rate: 5/s}}]
run: {duration: 6000s, warmup: 100s, drain: 100s, record: summary, replications: 20}
"""
BRANCHES = """
services:
  front:
    workers: unlimited
    operations:
      work:
        steps:
          - {call: gateway.run}
          - choose:
              - {share: 60%, steps: [{call: a.run}]}
              - {share: 40%, steps: [{call: b.run}]}
          - choose:
              - {share: 10%, steps: [{call: front.work}]}
              - {share: 90%, steps: []}
  gateway: {workers: 1, operations: {run: {work: {dist: exponential, mean: 50ms}}}}
  a: {workers: 1, operations: {run: {work: {dist: exponential, mean: 125ms}}}}
  b: {workers: 1, operations: {run: {work: {dist: exponential, mean: 166.666666667ms}}}}
workload: [{call: front.work, arrivals: {process: poisson, rate: 6/s}}]
run: {duration: 5000s, warmup: 100s, drain: 100s, record: summary, replications: 20}
"""
ALL_ANSWERS = metric("work", "answer_latency_mean")


def _retrying(failing: str, retries: int) -> tuple[str, ...]:
    return (
        rate(0.5),
        f"services.server.operations.work.server_errors={failing}",
        f"calls={{client -> server: {{retry: {{max_retries: {retries}}}}}}}",
    )


def _two_choices(load: float, seconds: int, precision: float, tolerance: float) -> Model:
    case = f"jsq2_lam{load:g}"
    overrides = (
        "services.server.replicas=200",
        "services.server.balancing=power_of_two",
        rate(200 * load),
        length(seconds, warmup=100),
    )
    return Model(case, STATION, (Check(case, MEAN, precision, tolerance=tolerance, note="200 replicas"),), overrides)


SECTION = Section(
    title="Open networks",
    models=(
        Model(
            name="tandem3",
            text=ROW,
            ciw=TANDEM,
            checks=(
                Check("tandem3_mean", MEAN, precision=0.04, peer="mean"),
                Check("tandem3_p50", P50, precision=0.03),
                Check("tandem3_p95", P95, precision=0.06, peer="p95"),
                Check("tandem3_p99", P99, precision=0.08),
            ),
        ),
        Model("jackson_branch", BRANCHES, (Check("jackson_branch_mean", MEAN, precision=0.04),)),
        Model(
            name="retry_feedback_p0.2",
            text=STATION,
            overrides=(*_retrying("20%", 1000), length(80_000)),
            checks=(Check("retry_feedback_mm1_p0.2_kNone", ALL_ANSWERS, precision=0.04, note="at most 1000 retries"),),
        ),
        Model(
            name="retry_feedback_p0.3",
            text=STATION,
            overrides=(*_retrying("30%", 3), length(120_000)),
            checks=(Check("retry_feedback_mm1_p0.3_k3", ALL_ANSWERS, precision=0.05),),
        ),
        _two_choices(0.5, 400, precision=0.02, tolerance=0.02),
        _two_choices(0.9, 400, precision=0.04, tolerance=0.04),
        Model(
            name="mminf",
            text=STATION,
            overrides=(
                "services.server.workers=unlimited",
                work("{dist: lognormal, mean: 2s, cv: 1}"),
                rate(10.0),
                length(6_000, warmup=100),
                REQUESTS,
            ),
            checks=(
                Check(
                    "mminf_pN",
                    requests("work", finding(31)),
                    precision=0.20,
                    note="share of requests that found more than 30, from requests.parquet; service lognormal",
                ),
            ),
        ),
        Model(
            name="littles_threads",
            text=STATION,
            overrides=(
                workers(1000),
                work("{dist: lognormal, mean: 100ms, cv: 1}"),
                rate(1000.0),
                length(35, warmup=5),
            ),
            checks=(
                Check(
                    "littles_threads",
                    derived(lambda busy: 1000 * busy, BUSY),
                    precision=0.02,
                    note="utilization of 1000 workers",
                ),
            ),
        ),
    ),
)
