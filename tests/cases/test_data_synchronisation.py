"""Profiles and their copies: who reads the old one, and which copies stay wrong, in each way of keeping them."""

from __future__ import annotations

from functools import cache
from math import exp

import pytest

from experiments.language import load
from tests.classics.catalog import replications
from tests.support import Played
from tests.theory.agreement import agree, figures

FORGETFUL = ("sync", "best effort", "hybrid", "publish-subscribe")
VARIANTS = (*FORGETFUL, "durable queue", "outbox", "overwriting queue")
SHORT = (
    "faults.down={at: 15s, for: 10s}",
    "faults.outage=none",
    "faults.slow={at: 40s, for: 2s}",
    "run={duration: 45s, warmup: 5s, drain: 60s, window: 1s, seed: 5}",
)


@cache
def short(variant: str) -> Played:
    """Recommendation is down from 15 s to 25 s of 45 s."""
    (played,) = replications("data-synchronisation", *SHORT, variant=variant)
    return played


def left_behind(down: float, after: float) -> float:
    """How many of the 2,000 profiles are written while the copy cannot be, and not in the time after that (seconds)."""
    weights = [rank**-0.8 for rank in range(1, 2001)]
    rates = [20 * weight / sum(weights) for weight in weights]
    return sum((1 - exp(-rate * down)) * exp(-rate * after) for rate in rates)


def test_it_compares_seven_ways_without_a_warning() -> None:
    document = load("catalog:data-synchronisation")
    assert set(document.variants) == set(VARIANTS)
    assert [str(warning) for warning in document.warnings] == []


@pytest.mark.parametrize("variant", FORGETFUL)
def test_what_is_not_kept_for_who_is_down_stays_wrong_until_the_user_comes_again(variant: str) -> None:
    """The number of such profiles is a sum of independent coin tosses: within four standard deviations."""
    expected = left_behind(10, 20)
    behind = short(variant).figure("service:recommendation", "diverged")
    assert abs(behind - expected) < 4 * expected**0.5


def test_a_durable_queue_catches_up() -> None:
    played = short("durable queue")
    assert played.figure("service:recommendation", "behind_end", "during:down") > 100
    for service in ("recommendation", "analytics"):
        assert played.figure(f"service:{service}", "diverged") == 0
    assert played.figure("update", "error_rate") == 0
    assert played.figure("update", "done") == 1
    assert played.figure("recommend", "stale_reads") < 0.3 * short("sync").figure("recommend", "stale_reads")


def test_an_update_and_its_event_come_apart_where_no_outbox_holds_them_together() -> None:
    """The broker is down for five of twenty seconds: the profile has changed, the event is refused."""
    outage = ("faults=[{name: out, kind: broker_down, target: 'broker:bus', at: 10s, for: 5s}]", SHORT[-1])
    apart, together = (
        replications("data-synchronisation", *outage, variant=variant)[0] for variant in ("durable queue", "outbox")
    )
    assert apart.figure("update", "error_rate", "during:out") == 1
    assert apart.figure("service:recommendation", "diverged") > 20
    assert together.figure("update", "error_rate") == 0
    assert together.figure("service:recommendation", "diverged") == 0


@pytest.mark.parametrize("variant", ["sync", "hybrid"])
def test_one_copy_that_cannot_be_written_in_the_request_leaves_the_others_wrong_too(variant: str) -> None:
    played = short(variant)
    assert played.figure("update", "error_rate", "during:down") > 0.9
    assert played.figure("service:analytics", "diverged") > 50
    assert short("best effort").figure("service:analytics", "diverged") == 0


def test_publish_and_subscribe_says_ok_to_what_it_loses() -> None:
    played = short("publish-subscribe")
    assert played.figure("update", "error_rate") == 0
    assert played.figure("update", "false_ok", "during:down") > 0.9


def test_the_less_is_done_in_the_request_the_sooner_it_is_answered() -> None:
    p50 = [short(variant).figure("update", "latency_p50", "healthy") for variant in ("durable queue", "hybrid", "sync")]
    assert p50[0] < 0.5 * p50[1] < 0.25 * p50[2]


@pytest.mark.stat
def test_as_written_the_profiles_left_behind_are_as_many_as_theory_says() -> None:
    runs = replications("data-synchronisation", "faults.outage=none", variant="publish-subscribe", number=10)
    expected = left_behind(30, 150)
    assert agree(figures(runs, "service:recommendation", "diverged"), expected, precision=0.22)


@pytest.mark.stat
def test_as_written_an_old_event_that_overwrites_leaves_a_few_behind() -> None:
    runs = replications("data-synchronisation", "faults.outage=none", variant="overwriting queue", number=5)
    diverged = [
        sum(run.figure(f"service:{service}", "diverged") for service in ("recommendation", "analytics")) for run in runs
    ]
    assert 0 < sum(diverged) < 50
    newest = replications("data-synchronisation", "faults.outage=none", variant="durable queue", number=5)
    assert sum(figures(newest, "service:recommendation", "diverged")) == 0
