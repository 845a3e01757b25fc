"""Fan-out and hedged requests: how slow the slowest of many is, and what a second request buys."""

from __future__ import annotations

from collections.abc import Sequence

from tests.truth.cases import Check, Figure, Model, Section
from tests.truth.figures import Arrays, derived, metric, requests
from tests.truth.pooling import percentile

MILLISECONDS = 0.001

BRANCHES = """
x-branches:
  one: &one {call: leaf.get}
  slow: &slow {call: leaf.get slowly}
  ten: &ten {parallel: {steps: [*one, *one, *one, *one, *one, *one, *one, *one, *one, *one]}}
  hundred: &hundred {parallel: {steps: [*ten, *ten, *ten, *ten, *ten, *ten, *ten, *ten, *ten, *ten]}}
"""


def fan_out(branches: Sequence[str], leaf: str, slow_leaf: str, arrivals: str, run: str, more: str = "") -> str:
    """An experiment in which each request asks at once what ``branches`` (of `BRANCHES`) name."""
    listed = ", ".join(f"*{name}" for name in branches)
    return f"""{BRANCHES}
services:
  root: {{workers: unlimited, operations: {{ask: {{steps: [{{parallel: {{steps: [{listed}]}}}}]}}}}}}
  leaf: {{workers: unlimited, operations: {{get: {{work: {leaf}}}, get slowly: {{work: {slow_leaf}}}}}}}
workload: [{{call: root.ask, arrivals: {arrivals}}}]
run: {run}
{more}"""


SLOW_OR_FAST = "{{dist: mixture, parts: [{{weight: {fast}, law: 10ms}}, {{weight: 1, law: 1s}}]}}"
WITHIN = "objectives: {ask: {good: {within: 500ms, at_least: 1%}}}"
MET_A_SLOW_ONE = derived(lambda good: 1 - good, metric("ask", "good"))

ONE_SERVER = Model(
    name="tail_of_one",
    text=fan_out(
        ["one"],
        SLOW_OR_FAST.format(fast=99),
        "1s",
        "{process: poisson, rate: 500/s}",
        "{duration: 20s, drain: 5s, replications: 20, record: summary, window: 20s}",
        WITHIN,
    ),
    checks=(Check("tail_n1_p0.01", MET_A_SLOW_ONE, precision=0.2),),
)

MANY_SERVERS = Model(
    name="tail_of_2000",
    text=fan_out(
        ["hundred"] * 20,
        SLOW_OR_FAST.format(fast=9999),
        "1s",
        "{process: poisson, rate: 5/s}",
        "{duration: 10s, drain: 5s, replications: 60, record: summary, window: 10s}",
        WITHIN,
    ),
    checks=(Check("tail_n2000_p0.0001", MET_A_SLOW_ONE, precision=0.25),),
)

TOGETHER = "percentile of all replications together"


def _longest(columns: Arrays) -> float:
    return float((columns["answered"] - columns["arrived"]).max())


SLOWEST = requests("ask", _longest)
"""One value per replication; what is judged is the percentile of all of them together."""

EXPONENTIAL = "{{dist: exponential, mean: {mean}ms}}"


def _slowest(servers: int, branches: Sequence[str], rate: int, seconds: int, precision: float) -> Model:
    return Model(
        name=f"slowest_of_{servers}",
        text=fan_out(
            branches,
            EXPONENTIAL.format(mean=1),
            EXPONENTIAL.format(mean=10),
            f"{{process: poisson, rate: {rate}/s}}",
            f"{{duration: {seconds}s, replications: 40, record: requests, window: {seconds}s}}",
        ),
        checks=(
            Check(
                f"fanout_slow1pct_n{servers}_p99",
                SLOWEST,
                precision,
                scale=MILLISECONDS,
                note=TOGETHER,
                interval=percentile("ask", "latency_p99"),
            ),
        ),
    )


# 99 % N(10, 2), 1 % N(100, 10), in milliseconds
BIMODAL = (
    "{dist: mixture, parts: [{weight: 99, law: {dist: normal, mean: 10ms, sd: 2ms}}, "
    "{weight: 1, law: {dist: normal, mean: 100ms, sd: 10ms}}]}"
)


def _extra(variant: str) -> Figure:
    return derived(lambda calls: calls - 1, metric("read", "calls_per_request", variant=variant))


def _hedged(case: str, name: str, variant: str, precision: float) -> Check:
    return Check(case, metric("read", name, variant=variant), precision, scale=MILLISECONDS)


HEDGES = Model(
    name="hedged",
    text=f"""
services: {{store: {{workers: unlimited, operations: {{read: {{work: {{io: {{dist: exponential, mean: 1s}}}}}}}}}}}}
calls: {{"client -> store": {{cancel: always, hedge: {{delay: 1s}}}}}}
workload: [{{call: store.read, arrivals: {{process: poisson, rate: 1000/s}}}}]
run: {{duration: 40s, drain: 100s, replications: 20, record: summary, window: 40s}}
baseline: exponential
variants:
  exponential: {{}}
  lognormal:
    services.store.operations.read.work.io: {{dist: lognormal, median: 10ms, p99: 102.4047366ms}}
    calls."client -> store".hedge.delay: 51.799ms
  bimodal:
    services.store.operations.read.work.io: {BIMODAL}
    calls."client -> store".hedge.delay: 20ms
""",
    checks=(
        Check("hedge_exp_extra", _extra("exponential"), precision=0.01),
        Check("hedge_exp_p99.9", metric("read", "latency_p999", variant="exponential"), precision=0.03),
        _hedged("hedge_logn_mean", "latency_mean", "lognormal", precision=0.01),
        Check("hedge_logn_extra", _extra("lognormal"), precision=0.045),
        _hedged("hedge_logn_p50", "latency_p50", "lognormal", precision=0.01),
        _hedged("hedge_logn_p99", "latency_p99", "lognormal", precision=0.02),
        _hedged("hedge_logn_p99.9", "latency_p999", "lognormal", precision=0.045),
        _hedged("hedge_bimod_mean", "latency_mean", "bimodal", precision=0.004),
        Check("hedge_bimod_extra", _extra("bimodal"), precision=0.07),
        _hedged("hedge_bimod_p50", "latency_p50", "bimodal", precision=0.004),
        _hedged("hedge_bimod_p99.9", "latency_p999", "bimodal", precision=0.015),
    ),
)

HEDGED_LEAVES = Model(
    name="hedged_fan_out",
    text=fan_out(
        ["hundred"],
        f"{{io: {BIMODAL}}}",
        "1s",
        "{process: poisson, rate: 50/s}",
        "{duration: 5s, replications: 40, record: requests, window: 5s}",
        'calls: {"root -> leaf": {cancel: always, hedge: {delay: 20ms}}}',
    ),
    checks=(
        Check(
            "hedge_fanout100_p50",
            SLOWEST,
            precision=0.015,
            scale=MILLISECONDS,
            note=TOGETHER,
            interval=percentile("ask", "latency_p50"),
        ),
    ),
)

SECTION = Section(
    title="The tail at scale",
    models=(
        ONE_SERVER,
        MANY_SERVERS,
        _slowest(10, ["ten"], rate=500, seconds=5, precision=0.04),
        _slowest(100, [*["ten"] * 9, *["one"] * 9, "slow"], rate=100, seconds=5, precision=0.12),
        _slowest(1000, [*["hundred"] * 9, *["ten"] * 9, *["slow"] * 10], rate=10, seconds=8, precision=0.17),
        HEDGES,
        HEDGED_LEAVES,
    ),
)
