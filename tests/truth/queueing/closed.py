"""Closed networks of users who think: M. Reiser and S. Lavenberg 1980 (mean value analysis); M. Brooker 2023."""

from __future__ import annotations

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import metric
from tests.truth.queueing.station import MEAN, STATION, length, users, work, workers

ANSWERS = metric("work", "throughput")
THINKING = "{dist: exponential, mean: 1s}"

ROW = """
services:
  front: {workers: unlimited, operations: {work: {steps: [{call: a.run}, {call: b.run}, {call: c.run}]}}}
  a: {workers: 1, operations: {run: {work: {dist: exponential, mean: 80ms}}}}
  b: {workers: 1, operations: {run: {work: {dist: exponential, mean: 50ms}}}}
  c: {workers: 1, operations: {run: {work: {dist: exponential, mean: 30ms}}}}
workload: [{call: front.work, arrivals: {process: closed, users: 10, think: {dist: exponential, mean: 2s}}}]
run: {duration: 3050s, warmup: 50s, drain: 50s, record: summary, replications: 20}
"""


def _station(name: str, number: int, servers: int, seconds: int, work_mean: str, *checks: Check) -> Model:
    law = work(f"{{dist: exponential, mean: {work_mean}}}")
    overrides = (*users(number, THINKING), workers(servers), law, length(seconds, warmup=50))
    return Model(name, STATION, checks, overrides, quick=number == 5)


SECTION = Section(
    title="Closed networks",
    models=(
        _station(
            "closed1_N1",
            1,
            1,
            12_000,
            "50ms",
            Check("closed1_N1_X", ANSWERS, precision=0.02),
            Check("closed1_N1_R", MEAN, precision=0.02),
        ),
        _station(
            "closed1_N5",
            5,
            1,
            3_000,
            "50ms",
            Check("closed1_N5_X", ANSWERS, precision=0.01),
            Check("closed1_N5_R", MEAN, precision=0.02),
        ),
        _station("closed1_N10", 10, 1, 3_000, "50ms", Check("closed1_N10_X", ANSWERS, precision=0.01)),
        _station(
            "closed1_N20",
            20,
            1,
            2_500,
            "50ms",
            Check("closed1_N20_X", ANSWERS, precision=0.01),
            Check("closed1_N20_R", MEAN, precision=0.03),
        ),
        _station("closed1_N40", 40, 1, 2_000, "50ms", Check("closed1_N40_R", MEAN, precision=0.02)),
        Model("closed3_N10", ROW, (Check("closed3_N10_R", MEAN, precision=0.02),)),
        _station("closed_c3_N20", 20, 3, 2_000, "200ms", Check("closed_c3_N20_X", ANSWERS, precision=0.01)),
        _station("closed_c8_N50", 50, 8, 1_000, "200ms", Check("closed_c8_N50_R", MEAN, precision=0.03)),
        Model(
            name="brooker_closed10",
            text=STATION,
            overrides=(
                *users(10, "{dist: exponential, mean: 1145ms}"),
                work("{dist: exponential, mean: 100ms}"),
                length(4_000, warmup=50),
            ),
            checks=(Check("brooker_closed10_R", MEAN, precision=0.03, note="played in seconds for milliseconds"),),
        ),
    ),
)
