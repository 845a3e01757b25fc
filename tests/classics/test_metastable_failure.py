"""Metastable failures: the database, the retry storm and the collapse, against the figures of their sources.

Sources: N. Bronson, A. Aghayev, A. Charapko, T. Zhu, Metastable Failures in Distributed Systems, HotOS 2021;
M. Brooker's Stability Sim (example "Metastable Failure (Retry Storm)") and simulator_example (simple_collapse_sim).
"""

from __future__ import annotations

import pytest

from experiments.language import load
from tests.classics.catalog import replications
from tests.support import Played

RECOVERING = {"at 140", "at 100", "cut to 50", "grpc budget", "breaker", "shed", "lifo"}
STUCK = {"at 280", "at 160", "cut to 160", "finagle budget", "drop what nobody awaits"}


def stuck(played: Played, operation: str) -> bool:
    """Whether most requests fail long after the trigger. In between lies nothing: the share is near 0 or near 1."""
    share = played.figure(operation, "error_rate", "during:late")
    assert share < 0.1 or share > 0.9, f"neither stuck nor recovered: {share}"
    return share > 0.5


# -- the database ----------------------------------------------------------------------------------------------

SHORT = (
    "faults[0]={kind: pause, name: outage, target: database, at: 10s, for: 3s}",
    "phases.late={from: 55s, to: 65s}",
    "run={duration: 70s, drain: 1s, seed: 2021, record: summary}",
)
"""An outage of 3 s is enough to show it, and the queue that it leaves is gone sooner."""


@pytest.mark.parametrize("variant", ["at 140", "grpc budget", "breaker", "shed", "lifo"])
def test_a_database_comes_back_below_half_its_capacity_or_with_help(variant: str) -> None:
    (played,) = replications("metastable-failure", *SHORT, variant=variant)
    assert not stuck(played, "page")


@pytest.mark.parametrize(
    ("variant", "attempts"), [("at 280", 560), ("at 160", 320), ("finagle budget", 280 * 1.2 + 10)]
)
def test_a_database_stays_down_where_retries_exceed_its_capacity(variant: str, attempts: float) -> None:
    (played,) = replications("metastable-failure", *SHORT, variant=variant)
    assert stuck(played, "page")
    assert played.figure("page", "goodput", "during:late") == 0
    # Poisson arrivals in 10 s, doubled by the retries: 4 % is three standard deviations of 1,600 requests and more
    assert played.figure("call:webapp->database", "throughput", "during:late") == pytest.approx(attempts, rel=0.08)


def test_every_variant_of_the_database_is_expected_to_recover_or_not() -> None:
    assert set(load("catalog:metastable-failure").variants) == RECOVERING | STUCK


@pytest.mark.stat
@pytest.mark.parametrize("variant", sorted(RECOVERING | STUCK))
def test_the_database_as_written(variant: str) -> None:
    for played in replications("metastable-failure", variant=variant, number=3):
        assert stuck(played, "page") == (variant in STUCK)
        healthy = played.figure("page", "latency_mean", "healthy")
        assert healthy < 0.150, "before the outage the database is fast"


@pytest.mark.stat
def test_a_stuck_database_gets_560_queries_a_second() -> None:
    rates = [
        played.figure("call:webapp->database", "throughput", "during:late")
        for played in replications("metastable-failure", variant="at 280", number=3)
    ]
    assert sum(rates) / 3 == pytest.approx(560, rel=0.02)


# -- the retry storm -------------------------------------------------------------------------------------------

RATE = "workload.answer.arrivals.stages"


def storm(rate: int, *, seconds: int) -> list[str]:
    """Overrides: the storm lasts 20 s, then load falls to `rate`, for `seconds`."""
    return [
        f"{RATE}=[{{rate: 70/s, for: 20s}}, {{rate: {rate}/s, for: {seconds}s}}]",
        f"phases={{storm: {{from: 12s, to: 20s}}, late: {{from: {seconds - 30}s, to: {seconds - 10}s}}}}",
        f"run={{duration: {seconds}s, drain: 1s, seed: 42, record: summary}}",
        "sweep=none",
    ]


@pytest.mark.parametrize(("rate", "lasts"), [(22, False), (24, True), (28, True)])
def test_a_storm_ends_in_time_below_a_quarter_of_the_capacity(rate: int, lasts: bool) -> None:
    (played,) = replications("metastable-storm", *storm(rate, seconds=300))
    assert stuck(played, "answer") == lasts


def test_in_a_storm_every_request_is_tried_four_times_in_vain() -> None:
    short = (
        "phases={storm: {from: 25s, to: 50s}, late: {from: 51s, to: 53s}}",
        "run={duration: 55s, drain: 1s, seed: 42, record: summary}",
        "sweep=none",
    )
    for played in replications("metastable-storm", *short, number=3):
        assert played.figure("answer", "goodput", "during:storm") == 0
        assert played.figure("answer", "timeouts", "during:storm") == 4
        assert played.figure("answer", "retries", "during:storm") == 3


@pytest.mark.stat
@pytest.mark.parametrize(("rate", "lasts"), [(18, False), (20, False), (22, False), (24, True), (26, True), (28, True)])
def test_the_storm_as_written(rate: int, lasts: bool) -> None:
    timeouts = []
    for played in replications("metastable-storm", "sweep=none", f"{RATE}[1].rate={rate}/s", number=6):
        assert stuck(played, "answer") == lasts
        assert played.figure("answer", "goodput", "during:storm") == 0
        edge = "call:client->server"
        attempts = played.figure(edge, "throughput", "during:storm")
        timeouts.append(attempts * played.figure(edge, "timeout_rate", "during:storm"))
    assert sum(timeouts) / 6 == pytest.approx(280, rel=0.04)


# -- the collapse ----------------------------------------------------------------------------------------------


def collapsed(variant: str, number: int) -> int:
    """How many runs of so many stay collapsed."""
    played = replications("metastable-collapse", variant=variant, number=number)
    return sum(stuck(one, "answer") for one in played)


def test_a_peak_throws_most_runs_over_and_none_with_backoff_and_jitter() -> None:
    """87 of 120 at the source: of 24 runs between 10 and 23 in 999 of a thousand seeds."""
    assert 10 <= collapsed("at once", 24) <= 23
    assert collapsed("backoff and jitter", 8) == 0


@pytest.mark.stat
def test_the_share_of_runs_that_collapse() -> None:
    """Two counts of 120 with a chance of 0.725 differ by more than 23 in one of a thousand pairs."""
    assert abs(collapsed("at once", 120) - 87) <= 23
    assert collapsed("backoff and jitter", 120) == 0
