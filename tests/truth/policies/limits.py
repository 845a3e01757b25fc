"""Rate limits and bulkheads."""

from __future__ import annotations

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import derived, metric

SERVED = metric("service:server", "throughput")

BUCKETS = Model(
    name="token_buckets",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms}}}}
calls: {"client -> server": {rate_limit: {kind: token_bucket, limit: 1, period: 1s, burst: 1}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 2/s}}]
run: {duration: 10100s, warmup: 100s, replications: 20, record: summary, window: 1000s}
baseline: one token
variants:
  one token: {}
  ten tokens:
    calls."client -> server".rate_limit.burst: 10
    workload.ask.arrivals.rate: 0.8/s
    run.duration: 50100s
""",
    checks=(
        Check("tokenbucket_lam2_b1", metric("ask", "availability", variant="one token"), precision=0.01),
        Check(
            "tokenbucket_b1_closed",
            metric("ask", "availability", variant="one token"),
            precision=0.01,
            note="the same run",
        ),
        Check("tokenbucket_lam0.8_b10", metric("ask", "availability", variant="ten tokens"), precision=0.001),
    ),
)

BURST = Model(
    name="token_bucket_at_once",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms}}}}
calls: {"client -> server": {rate_limit: {kind: token_bucket, limit: 10, period: 1s, burst: 50}}}
workload: [{call: server.ask, arrivals: {process: constant, rate: 100/s}}]
run: {duration: 20.05s, replications: 2}
""",
    quick=True,
    checks=(
        Check(
            "tokenbucket_burst",
            derived(lambda rate: 20.05 * rate, SERVED),
            precision=1e-9,
            note="in 20.05 s, so that whoever comes at 20 s is among them; the next token is there at 20.1 s",
        ),
    ),
)

CYCLES = Model(
    name="fixed_windows",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms}}}}
calls: {"client -> server": {rate_limit: {kind: cycles, limit: 10, period: 1s}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 12/s}}]
run: {duration: 2000s, replications: 20, record: summary, window: 1000s}
""",
    checks=(Check("fixedwindow", SERVED, precision=0.005, note="windows of a second"),),
)

SLOTS = Model(
    name="shared_bulkhead",
    text="""
services:
  store:
    workers: unlimited
    operations: {a: {work: {dist: exponential, mean: 1s}}, b: {work: {dist: exponential, mean: 1s}}}
calls: {"client -> store": {bulkhead: {limit: 15}}}
workload:
  - {call: store.a, arrivals: {process: poisson, rate: 12/s}}
  - {call: store.b, arrivals: {process: poisson, rate: 3/s}}
run: {duration: 8050s, warmup: 50s, replications: 20, record: summary, window: 1000s}
""",
    checks=(Check("bulkhead_shared", metric("b", "rejected_rate"), precision=0.04),),
)

SECTION = Section(title="Rate limits and bulkheads", models=(BUCKETS, BURST, CYCLES, SLOTS))
