"""M/M/1, first come first served: sojourn times are exponential with mean 1 / (mu - lambda)."""

from __future__ import annotations

import numpy as np

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import Arrays, requests
from tests.truth.queueing.peers import MM1
from tests.truth.queueing.station import LITTLE, MEAN, P50, P95, P99, P999, REQUESTS, STATION, WAIT, length, rate


def _wait_p95(columns: Arrays) -> float:
    """The 95th percentile of the waits before a single server that takes requests in order of arrival."""
    free = columns["answered"][:-1]
    return float(np.quantile(np.maximum(free - columns["arrived"][1:], 0.0), 0.95))


WAIT_P95 = requests("work", _wait_p95)
BEFORE = "until the previous request was answered, from requests.parquet"

SECTION = Section(
    title="One server",
    models=(
        Model(
            name="mm1_rho50",
            text=STATION,
            overrides=(rate(0.5), length(40_000)),
            quick=True,
            checks=(
                Check("mm1_rho50_mean", MEAN, precision=0.03),
                Check("mm1_rho50_p95", P95, precision=0.05),
            ),
        ),
        Model(
            name="mm1_rho80",
            text=STATION,
            overrides=(REQUESTS, length(300_000)),
            ciw=MM1,
            checks=(
                Check("mm1_rho80_mean", MEAN, precision=0.05, peer="mean"),
                Check("mm1_rho80_wq", WAIT, precision=0.06, note=LITTLE),
                Check("mm1_rho80_p50", P50, precision=0.05),
                Check("mm1_rho80_p95", P95, precision=0.06, peer="p95"),
                Check("mm1_rho80_p99", P99, precision=0.10),
                Check("mm1_rho80_p99.9", P999, precision=0.15),
                Check("mm1_rho80_wq_p95", WAIT_P95, precision=0.06, note=BEFORE),
            ),
        ),
        Model(
            name="mm1_rho90",
            text=STATION,
            overrides=(REQUESTS, rate(0.9), length(400_000, warmup=5000)),
            checks=(
                Check("mm1_rho90_mean", MEAN, precision=0.06),
                Check("mm1_rho90_wq", WAIT, precision=0.07, note=LITTLE),
                Check("mm1_rho90_p95", P95, precision=0.08),
                Check("mm1_rho90_p99", P99, precision=0.12),
                Check("mm1_rho90_p99.9", P999, precision=0.15),
                Check("mm1_rho90_wq_p95", WAIT_P95, precision=0.08, note=BEFORE),
            ),
        ),
    ),
)
