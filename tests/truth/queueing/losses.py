"""Queues with an end: M/M/1/K, M/M/c/K and Erlang B, which does not ask for the law of a service."""

from __future__ import annotations

from tests.truth.cases import Check, Model, Section
from tests.truth.queueing.station import LOSS, MEAN, SERVED, STATION, length, rate, room, work, workers

EXPONENTIAL = "{dist: exponential, mean: 1s}"
LOGNORMAL = "{dist: lognormal, mean: 1s, cv: 1.5}"
TWO_LENGTHS = "{dist: mixture, parts: [{weight: 0.9, law: 500ms}, {weight: 0.1, law: 5500ms}]}"


def _erlang_b(servers: int, load: float, seconds: int, law: str, words: str, precision: float) -> Model:
    case = f"erlangB_c{servers}_a{load:g}"
    overrides = (workers(servers), rate(load), room(0), work(law), length(seconds, warmup=100))
    return Model(case, STATION, (Check(case, LOSS, precision, note=f"service {words}"),), overrides)


SECTION = Section(
    title="Finite queues",
    models=(
        Model(
            name="mm1k_r0.8_k5",
            text=STATION,
            overrides=(room(4), length(20_000, warmup=100)),
            quick=True,
            checks=(
                Check("mm1k_r0.8_k5_loss", LOSS, precision=0.07),
                Check("mm1k_r0.8_k5_tput", SERVED, precision=0.01),
                Check("mm1k_r0.8_k5_mean", MEAN, precision=0.03),
            ),
        ),
        Model(
            name="mm1k_r0.9_k20",
            text=STATION,
            overrides=(rate(0.9), room(19), length(150_000, warmup=1000)),
            checks=(
                Check("mm1k_r0.9_k20_loss", LOSS, precision=0.10),
                Check("mm1k_r0.9_k20_tput", SERVED, precision=0.01),
                Check("mm1k_r0.9_k20_mean", MEAN, precision=0.03),
            ),
        ),
        Model(
            name="mmck_c4_a3.6_k10",
            text=STATION,
            overrides=(workers(4), rate(3.6), room(6), length(20_000, warmup=100)),
            checks=(
                Check("mmck_c4_a3.6_k10_loss", LOSS, precision=0.04),
                Check("mmck_c4_a3.6_k10_mean", MEAN, precision=0.01),
            ),
        ),
        Model(
            name="mmck_c10_a12_k30",
            text=STATION,
            overrides=(workers(10), rate(12.0), room(20), length(8_000, warmup=100)),
            checks=(
                Check("mmck_c10_a12_k30_loss", LOSS, precision=0.04),
                Check("mmck_c10_a12_k30_mean", MEAN, precision=0.02),
            ),
        ),
        Model(
            name="mmck_c8_a6_k8",
            text=STATION,
            overrides=(workers(8), rate(6.0), room(0), length(8_000, warmup=100)),
            checks=(Check("mmck_c8_a6_k8_loss", LOSS, precision=0.03),),
        ),
        _erlang_b(1, 1.0, 30_000, TWO_LENGTHS, "of two lengths", precision=0.02),
        _erlang_b(5, 3.0, 20_000, LOGNORMAL, "lognormal, cv 1.5", precision=0.04),
        _erlang_b(10, 10.0, 8_000, "1s", "constant", precision=0.02),
        _erlang_b(20, 15.0, 8_000, LOGNORMAL, "lognormal, cv 1.5", precision=0.05),
        _erlang_b(100, 100.0, 4_000, EXPONENTIAL, "exponential", precision=0.04),
    ),
)
