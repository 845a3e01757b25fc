"""M/M/c and M/D/c: Erlang C, and the numerically exact waits of G. J. Franx (2001)."""

from __future__ import annotations

from tests.truth.cases import Check, Ciw, Model, Section
from tests.truth.figures import derived, finding, requests
from tests.truth.queueing.peers import MM4
from tests.truth.queueing.station import LITTLE, MEAN, P95, P99, STATION, WAIT, length, rate, work, workers

FOUND = "share of requests that found all servers busy, from requests.parquet"


def _wait_p99(seconds: float) -> float:
    return seconds - 1.0  # a service always takes one second


def _model(
    servers: int,
    load: float,
    seconds: int,
    *checks: Check,
    record: str = "summary",
    quick: bool = False,
    peer: Ciw | None = None,
) -> Model:
    overrides = (workers(servers), rate(load), length(seconds, warmup=300), f"run.record={record}")
    return Model(f"mmc_c{servers}_a{load:g}", STATION, checks, overrides, quick=quick, ciw=peer)


SECTION = Section(
    title="Several servers",
    models=(
        _model(
            2,
            1.6,
            60_000,
            Check("mmc_c2_a1.6_pwait", requests("work", finding(2)), precision=0.02, note=FOUND),
            Check("mmc_c2_a1.6_mean", MEAN, precision=0.05),
            Check("mmc_c2_a1.6_p99", P99, precision=0.12),
            record="requests",
        ),
        _model(
            4,
            3.2,
            40_000,
            Check("mmc_c4_a3.2_wq", WAIT, precision=0.06, note=LITTLE, peer="wait"),
            Check("mmc_c4_a3.2_mean", MEAN, precision=0.03, peer="mean"),
            Check("mmc_c4_a3.2_p95", P95, precision=0.05),
            peer=MM4,
        ),
        _model(
            5,
            2.5,
            7_000,
            Check("mmc_c5_a2.5_pwait", requests("work", finding(5)), precision=0.10, note=FOUND),
            Check("mmc_c5_a2.5_mean", MEAN, precision=0.02),
            Check("mmc_c5_a2.5_p95", P95, precision=0.03),
            record="requests",
            quick=True,
        ),
        _model(10, 5.0, 10_000, Check("mmc_c10_a5_p95", P95, precision=0.02)),
        _model(
            10,
            9.0,
            16_000,
            Check("mmc_c10_a9_pwait", requests("work", finding(10)), precision=0.04, note=FOUND),
            Check("mmc_c10_a9_p95", P95, precision=0.10),
            record="requests",
        ),
        _model(20, 16.0, 2_500, Check("mmc_c20_a16_p99", P99, precision=0.03)),
        _model(
            100,
            95.0,
            4_000,
            Check("mmc_c100_a95_pwait", requests("work", finding(100)), precision=0.15, note=FOUND),
            Check("mmc_c100_a95_wq", WAIT, precision=0.30, note=LITTLE),
            Check("mmc_c100_a95_mean", MEAN, precision=0.03),
            record="requests",
        ),
        Model(
            name="mdc_c4_a3.2",
            text=STATION,
            overrides=(workers(4), rate(3.2), work("1s"), length(30_000, warmup=300)),
            checks=(
                Check("mdc_c4_a3.2_wq", WAIT, precision=0.05, note=LITTLE),
                Check("mdc_c4_a3.2_wq_p99", derived(_wait_p99, P99), precision=0.06, note="p99 of latency less 1 s"),
            ),
        ),
        Model(
            name="mdc_c10_a9",
            text=STATION,
            overrides=(workers(10), rate(9.0), work("1s"), length(30_000, warmup=300)),
            checks=(
                Check("mdc_c10_a9_wq_p99", derived(_wait_p99, P99), precision=0.10, note="p99 of latency less 1 s"),
            ),
        ),
    ),
)
