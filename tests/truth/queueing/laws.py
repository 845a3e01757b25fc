"""One server, other laws: M/D/1 (Erlang, Crommelin), M/G/1 (Pollaczek and Khinchine), M/E_k/1, D/M/1, batches."""

from __future__ import annotations

from tests.truth.cases import Check, Model, Section
from tests.truth.queueing.station import (
    LITTLE,
    MEAN,
    P50,
    P95,
    P99,
    STATION,
    WAIT,
    arrivals,
    length,
    rate,
    users,
    work,
)

EDGE = "half of the requests do not wait: the median lies at the edge of an atom, where samples' medians lie above it"
BROOKER = (
    "{dist: mixture, parts: [{weight: 999, law: {dist: exponential, mean: 100ms}},"
    " {weight: 1, law: {dist: exponential, mean: 10s}}]}"
)
MILLISECONDS = "played in seconds for milliseconds"
SLOW = f"{MILLISECONDS}; converges slowly: ten million requests leave an interval this wide"


def _constant_arrivals(load: float, seconds: int, precision: float) -> Model:
    case = f"dm1_rho{100 * load:.0f}_mean"
    overrides = (*arrivals(f"{{process: constant, rate: {load}/s}}"), length(seconds))
    return Model(case, STATION, (Check(case, MEAN, precision),), overrides)


SECTION = Section(
    title="Other laws of work and arrivals",
    models=(
        Model(
            name="md1_rho50",
            text=STATION,
            overrides=(work("1s"), rate(0.5), length(60_000)),
            checks=(
                Check("md1_rho50_p50", P50, precision=0.015, tolerance=0.01, note=EDGE),
                Check("md1_rho50_p95", P95, precision=0.03),
                Check("md1_rho50_p99", P99, precision=0.04),
            ),
        ),
        Model(
            name="md1_rho80",
            text=STATION,
            overrides=(work("1s"), length(100_000)),
            checks=(
                Check("md1_rho80_p50", P50, precision=0.03),
                Check("md1_rho80_p95", P95, precision=0.05),
            ),
        ),
        Model(
            name="md1_rho90",
            text=STATION,
            overrides=(work("1s"), rate(0.9), length(250_000)),
            checks=(
                Check("md1_rho90_wq", WAIT, precision=0.06, note=LITTLE),
                Check("md1_rho90_p50", P50, precision=0.04),
                Check("md1_rho90_p95", P95, precision=0.08),
                Check("md1_rho90_p99", P99, precision=0.12),
            ),
        ),
        Model(
            name="mg1_logn_scv1",
            text=STATION,
            overrides=(work("{dist: lognormal, mean: 1s, cv: 1}"), rate(0.7), length(150_000)),
            checks=(
                Check(
                    "mg1_logn_scv1_p95",
                    P95,
                    precision=0.05,
                    tolerance=0.001,
                    note="the inversion itself is good to 0.1 %",
                ),
            ),
        ),
        Model(
            name="mg1_twopoint",
            text=STATION,
            overrides=(
                work("{dist: mixture, parts: [{weight: 0.9, law: 500ms}, {weight: 0.1, law: 5500ms}]}"),
                rate(0.6),
                length(150_000),
            ),
            checks=(Check("mg1_twopoint_mean", MEAN, precision=0.04),),
        ),
        Model(
            name="mek1_k2",
            text=STATION,
            overrides=(work("{dist: erlang, mean: 1s, k: 2}"), length(100_000)),
            checks=(Check("mek1_k2_mean", MEAN, precision=0.05),),
        ),
        _constant_arrivals(0.5, 60_000, 0.02),
        _constant_arrivals(0.8, 100_000, 0.03),
        _constant_arrivals(0.9, 250_000, 0.05),
        Model(
            name="mh21_brooker",
            text=STATION,
            overrides=(work(BROOKER), rate(7.279344858962694), length(72_000)),
            checks=(
                Check("mh21_brooker_mean", MEAN, precision=0.20, note=SLOW),
                Check("mh21_brooker_p95", P95, precision=0.25, note=SLOW),
                Check("mh21_brooker_p99", P99, precision=0.25, note=SLOW),
            ),
        ),
        Model(
            name="h2_brooker_closed1",
            text=STATION,
            overrides=(work(BROOKER), *users(1, "100ms"), length(20_000, warmup=0)),
            checks=(Check("h2_brooker_closed1_p99", P99, precision=0.02, note=MILLISECONDS),),
        ),
        Model(
            name="mxm1_batch8",
            text=STATION,
            overrides=("workload.work.batch=8", rate(0.08), length(250_000)),
            checks=(Check("mxm1_batch8", MEAN, precision=0.06),),
        ),
    ),
)
