"""Retries of independent failures, layers of them, outages that outlast them, their waits and their budgets."""

from __future__ import annotations

from itertools import pairwise

from tests.truth.cases import Check, Figure, Model, Section
from tests.truth.figures import derived, metric
from tests.truth.pooling import counted

FAILING = """
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 50%}}}}
calls: {"client -> server": {retry: {max_retries: 3}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 1000/s}}]
run: {duration: 20s, replications: 20, record: summary, window: 20s}
baseline: 10%, 2 retries
variants:
"""


def _variant(failing: int, retries: int) -> str:
    settings = f'server_errors: {failing}%, calls."client -> server".retry.max_retries: {retries}'
    return f'  "{failing}%, {retries} retries": {{services.server.operations.ask.{settings}}}\n'


SHARES = ((10, 2), (20, 3), (50, 3), (30, 5), (10, 3), (30, 3), (75, 3))


def _attempts(failing: int, retries: int) -> Figure:
    return metric("ask", "calls_per_request", variant=f"{failing}%, {retries} retries")


def _succeeding(case: str, failing: int, retries: int, precision: float) -> Check:
    variant = f"{failing}%, {retries} retries"
    figure = metric("ask", "availability", variant=variant)
    return Check(case, figure, precision, interval=counted("ask", "availability", variant=variant))


INDEPENDENT = Model(
    name="retries",
    text=FAILING + "".join(_variant(*shares) for shares in SHARES),
    checks=(
        Check("retry_p0.1_k2_attempts", _attempts(10, 2), precision=0.005),
        Check("retry_p0.2_k3_attempts", _attempts(20, 3), precision=0.007),
        Check("retry_p0.5_k3_attempts", _attempts(50, 3), precision=0.009),
        Check("retry_p0.3_k5_attempts", _attempts(30, 5), precision=0.008),
        _succeeding("retry_p0.3_k5_success", 30, 5, precision=0.0003),
        _succeeding("brooker_retry3_success_f0.1", 10, 3, precision=0.00015),
        _succeeding("brooker_retry3_success_f0.3", 30, 3, precision=0.001),
        _succeeding("brooker_retry3_success_f0.5", 50, 3, precision=0.004),
        _succeeding("brooker_retry3_success_f0.75", 75, 3, precision=0.01),
        Check("brooker_retry3_load_f0.5", _attempts(50, 3), precision=0.009),
        Check("brooker_retry3_load_f0.75", _attempts(75, 3), precision=0.007),
    ),
)

LAST = "service:last"
PER_REQUEST = derived(lambda last, first: last / first, metric(LAST, "throughput"), metric("ask", "throughput"))
"""Attempts at the last service per request."""


def layers(number: int, attempts: int, errors: str, arrivals: str, run: str) -> str:
    """An experiment of so many services in a row, each of which tries so often to call the next."""
    names = [*(f"s{place}" for place in range(number)), "last"]
    callers = pairwise(names)
    services = [
        f"  {name}: {{workers: unlimited, operations: {{ask: {{steps: [{{call: {called}.ask}}]}}}}}}"
        for name, called in callers
    ]
    failing = f"  last: {{workers: unlimited, operations: {{ask: {{work: 0ms, server_errors: {errors}}}}}}}"
    rest = f"""
calls: {{default: {{retry: {{attempts: {attempts}}}}}}}
workload: [{{call: s0.ask, arrivals: {arrivals}}}]
run: {run}
"""
    return "services:\n" + "\n".join([*services, failing]) + rest


STEADY = "{process: constant, rate: 1/s}", "{duration: 10.5s, replications: 2}"

THREE_LAYERS = Model(
    name="layers_3",
    text=layers(3, 4, "100%", *STEADY),
    quick=True,
    checks=(Check("layers_sre", PER_REQUEST, precision=1e-9),),
)

FIVE_LAYERS = Model(
    name="layers_5",
    text=layers(5, 3, "100%", *STEADY),
    quick=True,
    checks=(Check("layers_5x3", PER_REQUEST, precision=1e-9),),
)

LUCKY_LAYERS = Model(
    name="layers_half",
    text=layers(
        3,
        3,
        "50%",
        "{process: poisson, rate: 500/s}",
        "{duration: 20s, replications: 20, record: summary, window: 20s}",
    ),
    checks=(Check("layers_amp_p0.5_k2_L3", PER_REQUEST, precision=0.012),),
)

OUTAGE = Model(
    name="retries_in_outages",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms}}}}
calls: {"client -> server": {retry: {max_retries: 3, backoff: {kind: fixed, base: 1s}}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 0.2/s}}]
faults: [{name: outage, kind: crash, target: server, mtbf: 990s, mttr: 10s}]
run: {duration: 301000s, warmup: 1000s, drain: 10s, replications: 20, record: summary, window: 100000s}
""",
    checks=(Check("retry_outage", metric("ask", "error_rate"), precision=0.15),),
)


def _waited(retries: int) -> Figure:
    return metric("ask", "answer_latency_mean", variant=f"{retries}")


def _last_wait(retries: int) -> Figure:
    if retries == 1:
        return _waited(1)
    return derived(lambda all_waits, those_before: all_waits - those_before, _waited(retries), _waited(retries - 1))


DIFFERENCE = "mean time to fail with n retries, less that with n - 1 (the same luck)"
WAITS = Model(
    name="decorrelated_waits",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 100%}}}}
calls: {"client -> server": {retry: {max_retries: 1, backoff: {kind: decorrelated, base: 100ms}}}}
workload: [{call: server.ask, arrivals: {process: poisson, rate: 250/s}}]
run: {duration: 20s, drain: 300s, replications: 20, record: summary, window: 20s}
baseline: "1"
variants:
"""
    + "".join(f'  "{n}": {{calls."client -> server".retry.max_retries: {n}}}\n' for n in range(1, 7)),
    checks=tuple(
        Check(f"decorr_uncapped_n{n}", _last_wait(n), precision, note=DIFFERENCE if n > 1 else "")
        for n, precision in ((1, 0.006), (2, 0.012), (3, 0.018), (5, 0.03), (6, 0.04))
    ),
)

GRPC = Model(
    name="grpc_budget",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 100%}}}}
calls: {"client -> server": {retry: {attempts: 4, budget: {kind: grpc, max_tokens: 10, token_ratio: 0.1}}}}
workload: [{call: server.ask, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 50.5s, replications: 2}
""",
    quick=True,
    checks=(
        Check(
            "grpc_throttle_allfail",
            derived(lambda rate: 50.5 * rate, metric("service:server", "throughput")),
            precision=1e-9,
            note="rate times the 50.5 s that 50 calls take",
        ),
    ),
)

BUCKET = (
    "the source's bucket said with callsim's finagle budget: a tenth of a retry for each call, kept for the whole run, "
    "and a reserve of 4 (five tokens, of which more than one must be left)"
)
ADAPTIVE = Model(
    name="bucket_of_retries",
    text="""
services: {server: {workers: unlimited, operations: {ask: {work: 0ms, server_errors: 50%}}}}
network: {"client -> server": {latency: {dist: exponential, mean: 10ms}}}
calls:
  "client -> server":
    retry: {max_retries: 3, budget: {kind: finagle, share: 10%, ttl: 1h, reserve: 0.00111112/s}}
workload: [{call: server.ask, callers: 25, arrivals: {process: poisson, rate: 250/s}}]
run: {duration: 199.41s, replications: 12, record: summary, window: 100s}
baseline: half fail
variants:
  half fail: {}
  most fail: {services.server.operations.ask.server_errors: 75%, run.duration: 199.958s}
  all fail:
    services.server.operations.ask.server_errors: 100%
    calls."client -> server".retry.budget.reserve: 0/s
""",
    checks=(
        Check(
            "brooker_adaptive_high_f", metric("ask", "calls_per_request", variant="all fail"), 0.003, note="no reserve"
        ),
        Check(
            "brooker_adaptive_load_f0.5",
            metric("ask", "calls_per_request", variant="half fail"),
            precision=0.002,
            tolerance=0.001,
            note=BUCKET,
        ),
        Check(
            "brooker_adaptive_load_f0.75",
            metric("ask", "calls_per_request", variant="most fail"),
            precision=0.002,
            tolerance=0.001,
            note="the same",
        ),
        Check(
            "brooker_adaptive_success_f0.5",
            metric("ask", "availability", variant="half fail"),
            precision=0.015,
            tolerance=0.001,
            note="the same",
        ),
    ),
)

CONTENTION = """
services:
  database:
    workers: 1000
    state: {row: {}}
    operations:
      update: {steps: [{read: row}, {pause: &leg {dist: normal, mean: 10ms, sd: 2ms}}, {pause: *leg}, {write: row}]}
network: {"client -> database": {latency: *leg}}
calls: {"client -> database": {retry: {max_retries: 1000000, retry_on: [client_error]}}}
"""

ONE_WRITER = Model(
    name="row_of_one",
    text=CONTENTION
    + """
workload: [{call: database.update, arrivals: {process: closed, users: 1, think: 60ms}}]
run: {duration: 100s, replications: 20, record: summary, window: 100s}
""",
    checks=(
        Check(
            "backoff_occ_N1_time",
            metric("update", "latency_mean"),
            precision=0.006,
            scale=0.001,
            note="one client that updates again and again",
        ),
    ),
)


def _writes(clients: int, variant: str) -> Figure:
    return derived(lambda each: clients * each, metric("update", "calls_per_request", variant=variant))


SOME_WRITERS = Model(
    name="row_of_some",
    text=CONTENTION
    + """
workload: [{call: database.update, arrivals: {process: closed, users: 2, think: 1000s}}]
run: {duration: 1001s, drain: 1000s, replications: 100, record: summary, window: 1001s}
baseline: two
variants: {two: {}, three: {workload.update.arrivals.users: 3}}
""",
    quick=True,
    checks=(
        Check("backoff_occ_N2_calls", _writes(2, "two"), precision=0.01),
        Check("backoff_occ_N3_calls", _writes(3, "three"), precision=0.01),
    ),
)

SECTION = Section(
    title="Retries",
    models=(
        INDEPENDENT,
        THREE_LAYERS,
        FIVE_LAYERS,
        LUCKY_LAYERS,
        OUTAGE,
        WAITS,
        GRPC,
        ADAPTIVE,
        ONE_WRITER,
        SOME_WRITERS,
    ),
)
