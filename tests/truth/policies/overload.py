"""Throttling by clients, retries against a backend that turns away what is too much, and deadlines handed down."""

from __future__ import annotations

from tests.truth.cases import Check, Figure, Model, Section
from tests.truth.figures import derived, metric

ATTEMPTS = "call:client->server"

CAPACITY = Model(
    name="throttle_at_capacity",
    text="""
services: {server: {workers: 1, queue: {capacity: 20}, operations: {ask: {work: 10ms}}}}
calls: {"client -> server": {throttle: {preset: google_sre}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 1000/s}}]
run: {duration: 500s, warmup: 300s, replications: 12, record: summary, window: 100s}
""",
    checks=(Check("sre_throttle_cap", metric(ATTEMPTS, "throughput"), precision=0.04, tolerance=0.01),),
)


def _sent(variant: str) -> Figure:
    return derived(lambda refused: 1 - refused, metric("ask", "rejected_rate", variant=variant))


FAILING = Model(
    name="throttle_and_failures",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 30%}}}}
calls: {"client -> server": {throttle: {preset: google_sre, failures: [server_error]}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 200/s}}]
run: {duration: 1500s, warmup: 1200s, replications: 4, record: summary, window: 100s}
baseline: some fail
variants: {some fail: {}, most fail: {services.server.operations.ask.server_errors: 70%}}
""",
    checks=(
        Check("sre_throttle_f0.3", _sent("some fail"), precision=0.01, tolerance=0.01),
        Check(
            "sre_throttle_f0.7",
            _sent("most fail"),
            precision=0.01,
            tolerance=0.02,
            note="after 20 minutes, in which the share fell by 0.6 with each window of two",
        ),
    ),
)

SECONDS = (1, 2, 3, 6)
GROWTH = Model(
    name="retries_grow",
    text="""
services: {server: {workers: 1, queue: {capacity: 1}, operations: {ask: {work: 100us}}}}
calls: {"client -> server": {retry: {attempts: 10, retry_on: [rejected], backoff: {kind: fixed, base: 1s}}}}
workload: [{call: server.ask, arrivals: {process: constant, rate: 10100/s}}]
run: {duration: 7s, drain: 20s, replications: 2, record: summary, window: 1s}
phases:
"""
    + "".join(f"  second {second}: {{from: {second}s, to: {second + 1}s}}\n" for second in SECONDS),
    quick=True,
    checks=tuple(
        Check(
            f"sre_retry_growth_t{second}",
            derived(lambda rate: rate - 10100, metric(ATTEMPTS, "throughput", phase=f"during:second {second}")),
            precision=0.01,
            tolerance=0.015,
            note="one less: the first of all found the server idle" if second == 1 else "the same",
        )
        for second in SECONDS
    ),
)

STEADY = Model(
    name="retries_in_balance",
    text="""
services: {server: {workers: 1, queue: {capacity: 10}, operations: {ask: {work: 5ms}}}}
network: {"client -> server": {latency: {dist: uniform, low: 0s, high: 500ms}}}
calls: {"client -> server": {retry: {attempts: 10, retry_on: [rejected], backoff: {kind: fixed, base: 500ms}}}}
workload: [{call: server.ask, arrivals: {process: constant, rate: 202/s}}]
run: {duration: 550s, warmup: 400s, drain: 20s, replications: 10, record: summary, window: 10s}
""",
    checks=(
        Check(
            "sre_retry_growth_inf",
            metric(ATTEMPTS, "throughput"),
            precision=0.03,
            scale=0.02,
            note=(
                "a fiftieth of the size. The map supposes that who is turned away is chance: so half of the second "
                "between two tries is the network's, at random. A regular stream of first tries fares better than "
                "retries do, and the total is then a sixth lower"
            ),
        ),
    ),
)

DEADLINE = Model(
    name="deadline_handed_down",
    text="""
services:
  a: {workers: unlimited, operations: {run: {steps: [{work: 7s}, {call: b.run}]}}}
  b: {workers: unlimited, operations: {run: {steps: [{work: 4s}, {call: c.run}]}}}
  c: {workers: unlimited, operations: {run: {work: 1000s}}}
calls: {"client -> a": {deadline: {total: 30s, propagate: true}}}
workload: [{call: a.run, arrivals: {process: constant, rate: 0.01/s}}]
run: {duration: 1050s, replications: 2}
""",
    quick=True,
    checks=(
        Check(
            "sre_deadline_prop",
            metric("call:b->c", "answer_latency_mean"),
            precision=1e-9,
            note="C takes longer: B gives up when nothing is left",
        ),
    ),
)

SECTION = Section(title="Overload", models=(CAPACITY, FAILING, GROWTH, STEADY, DEADLINE))
