"""Who gives up: Erlang A (O. Garnett et al. 2002) and timeouts (D. Y. Barrer 1957) under the four modes of `cancel`."""

from __future__ import annotations

import numpy as np

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import Arrays, derived, metric, requests, waiting
from tests.truth.queueing.station import BUSY, SERVED, STATION, length, rate, work

TIMEOUTS = metric("work", "timeout_rate")
UNSERVED = derived(lambda served, asked: 1 - served / asked, SERVED, metric("call:client->server", "throughput"))
"""The share of calls that the server never worked on."""

PATIENT = """
services:
  server:
    workers: SERVERS
    operations: {work: {work: {dist: exponential, mean: 1s}}, probe: {work: 0s}}
calls:
  "client -> server.work": {timeout: {dist: exponential, mean: PATIENCE}, cancel: queued}
workload:
  - {call: server.work, arrivals: {process: poisson, rate: RATE/s}}
  - {call: server.probe, arrivals: {process: poisson, rate: RATE/s}}
run: {duration: DURATIONs, warmup: 100s, drain: 100s, record: requests, replications: 20}
"""
PROBED = "by probes without work, that wait for ever and hold up nobody"


def _erlang_a(case: str, servers: int, load: float, patience: str, seconds: int) -> Model:
    values = {"SERVERS": str(servers), "RATE": str(load), "PATIENCE": patience, "DURATION": str(seconds)}
    text = PATIENT
    for word, value in values.items():
        text = text.replace(word, value)
    return Model(case, text, (Check(f"{case}_pw", requests("probe", waiting), precision=0.04, note=PROBED),))


def _timeout(case: str, load: float, patience: str, cancel: str, check: Check) -> Model:
    edge = f"calls={{client -> server: {{timeout: {patience}, cancel: {cancel}}}}}"
    return Model(case, STATION, (check,), (edge, rate(load), length(30_000, warmup=500)))


def _first_late(columns: Arrays) -> float:
    """When the first request that timed out arrived."""
    return float(np.min(columns["arrived"][columns["timeouts"] > 0]))


def _first_idle(columns: Arrays) -> float:
    """How long after the outage of 5 s the server first had nothing to do."""
    free = columns["answered"]
    idle = np.flatnonzero(free[:-1] < columns["arrived"][1:])
    return float(free[idle[0]]) - 5.0


SECTION = Section(
    title="Impatience and backlogs",
    models=(
        Model(
            name="erlangA_c1_lam1.2_th0.5",
            text=STATION,
            overrides=(
                "calls={client -> server: {timeout: {dist: exponential, mean: 2s}, cancel: queued}}",
                rate(1.2),
                length(40_000, warmup=500),
            ),
            checks=(
                Check("erlangA_c1_lam1.2_th0.5_pw", BUSY, precision=0.02, note="share of time that it is busy"),
                Check(
                    "erlangA_c1_lam1.2_th0.5_wq",
                    derived(
                        lambda waiting, asked: waiting / asked,
                        metric("service:server", "queue_length"),
                        metric("call:client->server", "throughput"),
                    ),
                    precision=0.03,
                    note="mean number waiting over the rate of arrivals",
                ),
            ),
        ),
        _erlang_a("erlangA_c10_lam11_th0.5", 10, 11.0, "2s", 2_500),
        _erlang_a("erlangA_c5_lam4_th2", 5, 4.0, "500ms", 5_000),
        _timeout(
            "timeout_lam0.8_tau2_queue",
            0.8,
            "2s",
            "queued",
            Check("timeout_lam0.8_tau2_queue", UNSERVED, precision=0.05, note="cancel: queued; share never served"),
        ),
        _timeout(
            "timeout_lam1.2_tau3_abort",
            1.2,
            "3s",
            "always",
            Check("timeout_lam1.2_tau3_abort", TIMEOUTS, precision=0.04, note="cancel: always"),
        ),
        _timeout(
            "timeout_lam0.8_tau2_dequeuecheck",
            0.8,
            "2s",
            "at_dequeue",
            Check("timeout_lam0.8_tau2_dequeuecheck", TIMEOUTS, precision=0.03, note="cancel: at_dequeue"),
        ),
        _timeout(
            "timeout_lam1.2_tau3_dequeuecheck",
            1.2,
            "3s",
            "at_dequeue",
            Check("timeout_lam1.2_tau3_dequeuecheck", TIMEOUTS, precision=0.03, note="cancel: at_dequeue"),
        ),
        _timeout(
            "timeout_lam0.8_tau2_nocancel",
            0.8,
            "2s",
            "never",
            Check("timeout_lam0.8_tau2_nocancel", TIMEOUTS, precision=0.03, note="cancel: never"),
        ),
        Model(
            name="fifo_collapse",
            text=STATION,
            overrides=(
                "calls={client -> server: {timeout: 4s}}",
                work("{dist: exponential, mean: 250us}"),
                rate(6000.0),
                "run={duration: 10s, warmup: 0s, drain: 20s, record: requests}",
            ),
            checks=(
                Check(
                    "fifo_collapse_time",
                    requests("work", _first_late),
                    precision=0.03,
                    tolerance=0.03,
                    note="rates times 4000",
                ),
            ),
        ),
        Model(
            name="backlog_drain",
            text=STATION,
            overrides=(
                "faults=[{kind: pause, target: server, at: 0s, for: 5s}]",
                work("{dist: exponential, mean: 10ms}"),
                rate(70.0),
                "run={duration: 40s, warmup: 0s, drain: 20s, record: requests, replications: 300}",
            ),
            checks=(
                Check(
                    "backlog_drain",
                    requests("work", _first_idle),
                    precision=0.04,
                    note="until the server is idle first; exact in the mean",
                ),
            ),
        ),
    ),
)
