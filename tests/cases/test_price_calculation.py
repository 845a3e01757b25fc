"""Price calculation: ten calls are ten latencies and ten chances to fail."""

from __future__ import annotations

import pytest

from tests.cases.played import as_written, mean, short, stale_share, steady
from tests.theory.agreement import agree

NAME, TOTAL = "price-calculation", "total"
ONE_BY_ONE, AT_ONCE, ONE, KEPT, LATER = (
    "one after the other",
    "all at once",
    "one for all",
    "prices kept for 30 s",
    "later",
)


def test_ten_latencies_add_up_and_ten_at_once_are_the_slowest() -> None:
    median = {name: short(NAME, name).figure(TOTAL, "latency_p50", "healthy") for name in (ONE_BY_ONE, AT_ONCE, ONE)}
    assert 2 * median[AT_ONCE] < median[ONE_BY_ONE]
    assert median[ONE] < 0.5 * median[ONE_BY_ONE]


def test_ten_calls_meet_ten_times_the_failures_of_one() -> None:
    """A share p of failures costs p / (1 - p) retries a call: 0.53 for ten calls, 0.053 for one."""
    many, one = (short(NAME, name).figure(TOTAL, "retries", "during:failing") for name in (ONE_BY_ONE, ONE))
    assert 0.35 < many < 0.75
    assert one < 0.2


def test_a_retry_after_a_second_is_what_one_waits_for() -> None:
    assert short(NAME, ONE_BY_ONE).figure(TOTAL, "latency_p90", "during:failing") > 1
    assert short(NAME, ONE).figure(TOTAL, "latency_p90", "during:failing") < 0.2


def test_kept_prices_survive_some_of_an_outage() -> None:
    share = {name: short(NAME, name).figure(TOTAL, "error_rate", "during:down") for name in (ONE_BY_ONE, ONE, KEPT)}
    assert share[ONE_BY_ONE] == share[ONE] == 1
    assert share[KEPT] < 0.95


def test_later_answers_at_once_and_has_the_price_when_the_service_is_back() -> None:
    played = short(NAME, LATER)
    assert played.figure(TOTAL, "error_rate") == 0
    assert played.figure(TOTAL, "latency_p99") < 0.02
    assert played.figure(TOTAL, "completion_p50", "during:down") > 5


def test_only_kept_prices_are_ever_wrong() -> None:
    assert 0 < short(NAME, KEPT).figure(TOTAL, "stale_reads") < 0.1
    for variant in (ONE_BY_ONE, ONE, LATER):
        assert short(NAME, variant).figure(TOTAL, "stale_reads") == 0


@pytest.mark.stat
def test_kept_prices_are_wrong_as_often_as_renewal_theory_has_it() -> None:
    runs = steady(NAME, KEPT, 12)
    theory = stale_share(rate=25, changes=0.2, keys=1000, skew=0.8, ttl=30)
    assert agree([run.figure(TOTAL, "stale_reads") for run in runs], theory, precision=0.4)


@pytest.mark.stat
def test_as_written() -> None:
    retries = mean(as_written(NAME, ONE_BY_ONE, 8), TOTAL, "retries", "during:failing")
    assert retries == pytest.approx(10 * 0.05 / 0.95, rel=0.15)
