"""Requests that fork: R. Nelson and A. Tantawi 1988 (fork and join), order statistics, M. Brooker 2021 (tails)."""

from __future__ import annotations

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import metric, requests, spread

MEAN = metric("ask", "latency_mean")
BIMODAL = (
    "{dist: mixture, parts: [{weight: 99, law: {dist: normal, mean: 10ms, sd: 2ms}},"
    " {weight: 1, law: {dist: normal, mean: 100ms, sd: 10ms}}]}"
)


def _queues(branches: int, load: float, seconds: int) -> str:
    """As many M/M/1 queues as branches, fed by one stream."""
    names = [f"s{number}" for number in range(1, branches + 1)]
    servers = "\n".join(
        f"  {name}: {{workers: 1, operations: {{run: {{work: {{dist: exponential, mean: 1s}}}}}}}}" for name in names
    )
    steps = ", ".join(f"{{call: {name}.run}}" for name in names)
    return f"""
services:
  front: {{workers: unlimited, operations: {{ask: {{steps: [{{parallel: {{steps: [{steps}]}}}}]}}}}}}
{servers}
workload: [{{call: front.ask, arrivals: {{process: poisson, rate: {load}/s}}}}]
run: {{duration: {seconds}s, warmup: 500s, drain: 500s, record: summary, replications: 20}}
"""


def _without_queues(steps: str, law: str, seconds: int, record: str = "summary") -> str:
    """A service that never queues, asked as the steps say."""
    return f"""
services:
  front: {{workers: unlimited, operations: {{ask: {{steps: [{steps}]}}}}}}
  leaf: {{workers: unlimited, operations: {{run: {{work: {law}}}}}}}
workload: [{{call: front.ask, arrivals: {{process: poisson, rate: 10/s}}}}]
run: {{duration: {seconds}s, drain: 100s, record: {record}, replications: 20}}
"""


def _all_of(number: int, until: str = "all") -> str:
    return f"{{parallel: {{steps: [{', '.join(['{call: leaf.run}'] * number)}], until: {until}}}}}"


SECTION = Section(
    title="Forks and joins",
    models=(
        Model("forkjoin2_rho0.5", _queues(2, 0.5, 40_000), (Check("forkjoin2_rho0.5", MEAN, precision=0.03),)),
        Model("forkjoin3_rho0.5", _queues(3, 0.5, 30_000), (Check("forkjoin3_rho0.5", MEAN, precision=0.03),)),
        Model(
            "forkjoin10_rho0.5",
            _queues(10, 0.5, 10_000),
            (Check("forkjoin10_rho0.5_NT", MEAN, precision=0.03, tolerance=0.05),),
        ),
        Model(
            "forkjoin20_rho0.8",
            _queues(20, 0.8, 8_000),
            (Check("forkjoin20_rho0.8_NT", MEAN, precision=0.08, tolerance=0.05),),
        ),
        Model(
            "quorum_3of5",
            _without_queues(_all_of(5, "3"), "{dist: exponential, mean: 1s}", 600),
            (Check("quorum_3of5_mean", MEAN, precision=0.02),),
        ),
        Model(
            "brooker_parallel_n10",
            _without_queues(_all_of(10), BIMODAL, 400),
            (Check("brooker_parallel_n10_mean", MEAN, precision=0.03, scale=0.001),),
        ),
        Model(
            "brooker_parallel_n100",
            _without_queues(_all_of(100), BIMODAL, 60),
            (Check("brooker_parallel_n100_mean", MEAN, precision=0.04, scale=0.001),),
        ),
        Model(
            "brooker_serial_n10",
            _without_queues("{call: leaf.run, times: 10}", BIMODAL, 500, record="requests"),
            (Check("brooker_serial_n10_sd", requests("ask", spread), precision=0.04, scale=0.001),),
        ),
    ),
)
