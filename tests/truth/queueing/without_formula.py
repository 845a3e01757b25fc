"""Networks for which no formula is known: callsim and Ciw, each from its own description of the same model."""

from __future__ import annotations

import math
from typing import Any

import ciw
import numpy as np

from tests.truth.cases import Ciw, Comparison, Model, Section
from tests.truth.figures import metric
from tests.truth.queueing.peers import of_stays, records, stays
from tests.truth.queueing.station import MEAN, P95

WARMUP, UNTIL, AFTERWARDS = 500.0, 15_000.0, 15_300.0
"""Ciw's requests arrive until `UNTIL`; those that came after `WARMUP` count, and have until `AFTERWARDS` to leave."""

RUN = "run: {duration: 40000s, warmup: 500s, drain: 1000s, record: summary, replications: 20}\n"


def _lognormal(mean: float, cv: float) -> Any:
    variance = math.log(1 + cv * cv)
    return ciw.dists.Lognormal(mean=math.log(mean) - variance / 2, sd=math.sqrt(variance))


# -- a row that some go through again --------------------------------------------------------------------------

AGAIN = """
services:
  front:
    workers: unlimited
    operations:
      work:
        steps:
          - {call: a.run}
          - {call: b.run}
          - choose: [{share: 25%, steps: [{call: front.work}]}, {share: 75%, steps: []}]
  a: {workers: 1, operations: {run: {work: {dist: lognormal, mean: 1s, cv: 1.5}}}}
  b: {workers: 1, operations: {run: {work: {dist: lognormal, mean: 800ms, cv: 0.5}}}}
workload: [{call: front.work, arrivals: {process: poisson, rate: 0.5/s}}]
"""


def _again(seed: int) -> dict[str, float]:
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=0.5), None],
        service_distributions=[_lognormal(1.0, 1.5), _lognormal(0.8, 0.5)],
        routing=[[0.0, 1.0], [0.25, 0.0]],
        number_of_servers=[1, 1],
    )
    return of_stays(stays(records(network, seed, AFTERWARDS), WARMUP, UNTIL))


# -- a queue with an end before another ------------------------------------------------------------------------

SHORT = 0.5 * (1 + math.sqrt(3 / 5))
"""Weight of the short gaps in arrivals whose squared coefficient of variation is 4 (balanced means)."""


def _bursts(rate: float) -> str:
    parts = ", ".join(
        f"{{weight: {weight!r}, law: {{dist: exponential, mean: {1 / (2 * weight * rate)!r}s}}}}"
        for weight in (SHORT, 1 - SHORT)
    )
    return f"{{process: renewal, law: {{dist: mixture, parts: [{parts}]}}}}"


def _bursts_in_ciw(rate: float) -> Any:
    return ciw.dists.HyperExponential(rates=[2 * SHORT * rate, 2 * (1 - SHORT) * rate], probs=[SHORT, 1 - SHORT])


LOSING = f"""
services:
  front: {{workers: unlimited, operations: {{work: {{steps: [{{call: desk.run}}, {{call: till.run}}]}}}}}}
  desk:
    workers: 3
    queue: {{capacity: 4}}
    operations: {{run: {{work: {{dist: lognormal, mean: 1s, cv: 1.5}}}}}}
  till: {{workers: 1, operations: {{run: {{work: {{dist: uniform, low: 100ms, high: 500ms}}}}}}}}
workload: [{{call: front.work, arrivals: {_bursts(3.0)}}}]
"""


def _losing(seed: int) -> dict[str, float]:
    network = ciw.create_network(
        arrival_distributions=[_bursts_in_ciw(3.0), None],
        service_distributions=[_lognormal(1.0, 1.5), ciw.dists.Uniform(0.1, 0.5)],
        routing=[[0.0, 1.0], [0.0, 0.0]],
        number_of_servers=[3, 1],
        queue_capacities=[4, float("inf")],
    )
    visits = records(network, seed, AFTERWARDS / 4)
    came = [one for one in visits if one.node == 1 and WARMUP <= one.arrival_date < UNTIL / 4]
    lost = sum(1 for one in came if one.record_type == "rejection")
    return {**of_stays(stays(visits, WARMUP, UNTIL / 4)), "lost": lost / len(came)}


# -- two classes at two stations -------------------------------------------------------------------------------

CLASSES = """
services:
  front: {workers: unlimited, operations: {work: {steps: [{call: a.run}, {call: b.run}]}}}
  a:
    workers: 1
    queue: {discipline: priority}
    operations: {run: {work: {dist: lognormal, mean: 1s, cv: 1}}}
  b:
    workers: 2
    queue: {discipline: priority}
    operations: {run: {work: {dist: erlang, mean: 2s, k: 2}}}
workload:
  - {name: high, call: front.work, arrivals: {process: poisson, rate: 0.3/s}, priority: 1}
  - {name: low, call: front.work, arrivals: {process: poisson, rate: 0.4/s}, priority: -1}
"""


def _classes(seed: int) -> dict[str, float]:
    services = [_lognormal(1.0, 1.0), ciw.dists.Erlang(rate=1.0, num_phases=2)]
    network = ciw.create_network(
        arrival_distributions={
            "high": [ciw.dists.Exponential(rate=0.3), None],
            "low": [ciw.dists.Exponential(rate=0.4), None],
        },
        service_distributions={"high": services, "low": services},
        routing={"high": [[0.0, 1.0], [0.0, 0.0]], "low": [[0.0, 1.0], [0.0, 0.0]]},
        priority_classes={"high": 0, "low": 1},
        number_of_servers=[1, 2],
    )
    visits = records(network, seed, AFTERWARDS)
    means = {}
    for name in ("high", "low"):
        own = [visit for visit in visits if visit.customer_class == name]
        means[name] = float(np.mean(stays(own, WARMUP, UNTIL)))
    return means


# -- bursts before several servers -----------------------------------------------------------------------------

BURSTS = f"""
services: {{server: {{workers: 4, operations: {{work: {{work: 1s}}}}}}}}
workload: [{{call: server.work, arrivals: {_bursts(3.2)}}}]
"""


def _burst(seed: int) -> dict[str, float]:
    network = ciw.create_network(
        arrival_distributions=[_bursts_in_ciw(3.2)],
        service_distributions=[ciw.dists.Deterministic(1.0)],
        number_of_servers=[4],
    )
    return of_stays(stays(records(network, seed, AFTERWARDS / 2), WARMUP, UNTIL / 2))


SECTION = Section(
    title="Networks without a formula",
    text="Each is described twice, once as an experiment and once for Ciw. Verdicts are on the difference of the two,"
    " by Welch's interval.",
    models=(
        Model(
            name="ciw_again",
            title="two stations in a row, one server each, lognormal services of 1 s (cv 1.5) and 0.8 s (cv 0.5),"
            " 0.5 arrivals/s; one request in four goes through both again",
            text=AGAIN + RUN,
            ciw=Ciw(_again),
            comparisons=(
                Comparison("mean stay", MEAN, "mean", precision=0.15),
                Comparison("p95 of stays", P95, "p95", precision=0.15),
            ),
        ),
        Model(
            name="ciw_losing",
            title="three servers with four waiting places, lognormal services of 1 s (cv 1.5), then one server,"
            " uniform services of 0.1 to 0.5 s; 3 arrivals/s in bursts (hyperexponential gaps, squared cv 4)",
            text=LOSING + RUN,
            overrides=("run.duration=10000s",),
            ciw=Ciw(_losing),
            comparisons=(
                Comparison("share lost", metric("work", "error_rate"), "lost", precision=0.06, unit=""),
                Comparison("mean stay", MEAN, "mean", precision=0.05),
                Comparison("p95 of stays", P95, "p95", precision=0.05),
            ),
        ),
        Model(
            name="ciw_classes",
            title="two classes of priority (0.3/s and 0.4/s, not preemptive) at two stations in a row: one server,"
            " lognormal services of 1 s (cv 1); two servers, Erlang services of 2 s (k 2)",
            text=CLASSES + RUN,
            ciw=Ciw(_classes),
            comparisons=(
                Comparison("mean stay, first class", metric("high", "latency_mean"), "high", precision=0.05),
                Comparison("mean stay, second class", metric("low", "latency_mean"), "low", precision=0.12),
            ),
        ),
        Model(
            name="ciw_bursts",
            title="four servers, constant services of 1 s, 3.2 arrivals/s in bursts as above",
            text=BURSTS + RUN,
            overrides=("run.duration=20000s",),
            ciw=Ciw(_burst),
            comparisons=(
                Comparison("mean stay", MEAN, "mean", precision=0.12),
                Comparison("p95 of stays", P95, "p95", precision=0.18),
            ),
        ),
    ),
)
