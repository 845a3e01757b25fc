"""Circuit breakers before services that fail always or often, and the window that a breaker judges by."""

from __future__ import annotations

from tests.truth.cases import Check, Figure, Model, Section
from tests.truth.figures import derived, metric


def _through(variant: str) -> Figure:
    """Calls that reach the service, of all calls."""
    return derived(
        lambda through, asked: through / asked,
        metric("service:server", "throughput", variant=variant),
        metric("ask", "throughput", variant=variant),
    )


PROBING = Model(
    name="breaker_and_its_probes",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 100%}}}}
calls: {"client -> server": {breaker: {preset: strict, max_failures: 5, open_for: 10s}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 2/s}}]
run: {duration: 8400s, warmup: 100s, drain: 100s, replications: 20, record: summary, window: 1000s}
baseline: dead
variants:
  dead: {}
  slow to fail: {services.server.operations.ask.work: 500ms}
  partial:
    services.server.operations.ask.server_errors: 70%
    calls."client -> server".breaker: {max_failures: 3, open_for: 5s}
    workload.ask.arrivals.rate: 10/s
""",
    checks=(
        Check("breaker_dead_N5_T10_lam2", _through("dead"), precision=0.012),
        Check("breaker_dead_probe_latency", _through("slow to fail"), precision=0.012),
        Check("breaker_partial_N3_f0.7", _through("partial"), precision=0.045),
    ),
)

STEADY = Model(
    name="breaker_and_regular_calls",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 100%}}}}
calls: {"client -> server": {breaker: {preset: strict, max_failures: 5, open_for: 10.2s}}}
workload: [{call: server.ask, arrivals: {process: constant, rate: 2/s}}]
run: {duration: 1149.75s, warmup: 99.75s, replications: 2, record: summary, window: 1000s}
""",
    quick=True,
    checks=(Check("breaker_dead_deterministic", _through("base"), precision=1e-9, note="100 cycles of 21 calls"),),
)


def _opened(variant: str) -> Figure:
    """Breakers that opened, of 1,000."""
    opens = metric("call:client->server", "breaker_opens", variant=variant)
    return derived(lambda number: number / 1000, opens)


EACH_A_WINDOW = "1,000 callers with a breaker each, who make as many calls as the window is long"

WINDOWS = Model(
    name="breaker_windows",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 40%}}}}
calls:
  "client -> server":
    breaker:
      preset: resilience4j
      window: {type: count, size: 100}
      minimum_calls: 100
      failure_rate: 50%
      open_for: 1h
workload: [{call: server.ask, callers: 1000, arrivals: {process: constant, rate: 10000/s}}]
run: {duration: 10.00005s, replications: 24, record: summary, window: 10s}
baseline: W 100
variants:
  W 100: {}
  W 10:
    services.server.operations.ask.server_errors: 50%
    calls."client -> server".breaker: {window: {size: 10}, minimum_calls: 10}
    run.duration: 1.00005s
""",
    checks=(
        Check("breaker_window_W100_f0.4", _opened("W 100"), precision=0.22, note=EACH_A_WINDOW),
        Check("breaker_window_W10_f0.5", _opened("W 10"), precision=0.035, note=EACH_A_WINDOW),
    ),
)

SECTION = Section(title="Breakers", models=(PROBING, STEADY, WINDOWS))
