"""Experiments whose true figures are known, small enough to be played hundreds of times."""

from __future__ import annotations

import math
from typing import NamedTuple

MOST = 20
"""Replications that are played of an experiment; its first 5 and 10 are experiments, too."""

QUEUE = """
services:
  till: {workers: 1, operations: {serve: {work: {dist: exponential, mean: 100ms}}}}
workload: [{call: till.serve, arrivals: {process: poisson, rate: 5/s}}]
run: {duration: 220s, warmup: 20s, drain: 60s, record: summary}
baseline: quick
variants:
  quick: {}
  slow: {services.till.operations.serve.work.mean: 110ms}
"""
"""M/M/1 with load 0.5 and, in the variant `slow`, 0.55. The warm-up is 17 times the longest relaxation time,
1 / (μ (1 - √ρ)²) (L. Kleinrock, Queueing Systems vol. 1, section 2.12)."""

MISTAKES = """
services:
  some: {workers: unlimited, operations: {some: {work: 1ms, server_errors: 2%}}}
  few: {workers: unlimited, operations: {few: {work: 1ms, server_errors: 0.02%}}}
  bursts: {workers: unlimited, operations: {bursts: {work: 1ms}}}
workload:
  - {call: some.some, arrivals: {process: poisson, rate: 5/s}}
  - {call: few.few, arrivals: {process: poisson, rate: 5/s}}
  - {call: bursts.bursts, arrivals: {process: poisson, rate: 5/s}}
faults: [{kind: errors, target: bursts, share: 100%, mtbf: 199s, mttr: 1s}]
run: {duration: 105s, warmup: 5s, drain: 5s, record: summary}
"""
"""Errors of 2 % (10 a replication), of 0.02 % (one in ten replications) and of 0.5 % in bursts of five on average, one
in two replications."""

LONG = """
services:
  till: {workers: 1, operations: {serve: {work: {dist: exponential, mean: 100ms}, server_errors: 2%}}}
workload: [{call: till.serve, arrivals: {process: poisson, rate: 5/s}}]
run: {duration: 2020s, warmup: 20s, drain: 60s, record: summary, replications: 1}
"""
"""The same queue in one run of 10,000 requests, of which 2 % fail at the end."""

RATE, SERVICE, SLOWER = 5.0, 10.0, 1 / 0.11
"""Per second: arrivals, and what the two tills can serve."""


TOO_FEW = {("error rate of 0.5 %, in bursts", 5)}
"""Figures and numbers of replications that cannot hold what an interval promises: 2.5 bursts are expected, and in 8 %
of experiments there is none."""


class Figure(NamedTuple):
    """A figure of the tables and its true value.

    Attributes:
        shown: what it is, for the page.
        operation, metric: its row in `summary.csv`.
        truth: its value, in the table's unit.
        variant: whose row; of a difference, the variant that is compared with the baseline.
        compared: whether it is a row of `comparisons.csv`.
    """

    shown: str
    operation: str
    metric: str
    truth: float
    variant: str = "base"
    compared: bool = False


class Known(NamedTuple):
    """An experiment and what is known of it.

    Attributes:
        replications: of how many an experiment consists; several: it is played with the most, and the first ones count.
    """

    name: str
    text: str
    figures: tuple[Figure, ...]
    replications: tuple[int, ...] = (5, 10, MOST)


_STAY = 1 / (SERVICE - RATE)
_LONGER = 1 / (SLOWER - RATE)
_LOAD = RATE / SERVICE

EVERY = (
    Known(
        "queue",
        QUEUE,
        (
            Figure("mean latency of M/M/1", "serve", "latency_mean", _STAY, "quick"),
            Figure("its p99", "serve", "latency_p99", _STAY * math.log(100), "quick"),
            Figure("its p99.9", "serve", "latency_p999", _STAY * math.log(1000), "quick"),
            Figure("its utilization", "service:till", "utilization", _LOAD, "quick"),
            Figure("its queue length", "service:till", "queue_length", _LOAD**2 / (1 - _LOAD), "quick"),
            Figure("difference of two means", "serve", "latency_mean", _LONGER - _STAY, "slow", compared=True),
            Figure(
                "difference of two p99",
                "serve",
                "latency_p99",
                (_LONGER - _STAY) * math.log(100),
                "slow",
                compared=True,
            ),
        ),
    ),
    Known(
        "mistakes",
        MISTAKES,
        (
            Figure("error rate of 2 %", "some", "error_rate", 0.02),
            Figure("error rate of 0.02 %", "few", "error_rate", 0.0002),
            Figure("error rate of 0.5 %, in bursts", "bursts", "error_rate", 0.005),
        ),
    ),
    Known(
        "long",
        LONG,
        (
            Figure("mean latency, one run", "serve", "latency_mean", _STAY),
            Figure("p99, one run", "serve", "latency_p99", _STAY * math.log(100)),
            Figure("queue length, one run", "service:till", "queue_length", _LOAD**2 / (1 - _LOAD)),
            Figure("error rate of 2 %, one run", "serve", "error_rate", 0.02),
        ),
        replications=(1,),
    ),
)
"""The sojourn time of M/M/1 is exponential with mean 1 / (μ - λ) (Kleinrock, section 3.2, and theory.json)."""
