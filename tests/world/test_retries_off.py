"""Retries switched off in the middle of an incident: the way out is the backlog by what is left of capacity."""

from __future__ import annotations

import pytest

from tests.support import Played, play_catalog
from tests.theory.agreement import agree

LOAD, CAPACITY = 160.0, 300.0
OUTAGE = LOAD * (10 + 9 + 8)
"""Queries that wait when the outage of 10 s is over: first attempts, and those 1 s and 2 s later."""


def waiting_at(switch: float) -> float:
    """Queries that wait when retries are switched off (seconds), with those of requests under way that still come."""
    return OUTAGE + (3 * LOAD - CAPACITY) * (switch - 70) + LOAD * (2 + 1)


def error_free_from(played: Played) -> float:
    """When the last window with more than 1 % of errors was over, in seconds; they are 5 s long."""
    return max(time for time, share in played.timeline("page", "error_rate").items() if share > 0.01) + 5


def short(variant: str, replication: int = 0) -> Played:
    return play_catalog(
        "incident-retries-off",
        "run.duration=220s",
        "phases={}",
        "objectives={}",
        variant=variant,
        replication=replication,
    )


def test_nothing_ends_it_by_itself() -> None:
    played = short("nothing is done")
    assert played.timeline("page", "error_rate")[215.0] == 1
    grown = played.timeline("service:database", "queue_length")
    assert grown[210.0] - grown[110.0] == pytest.approx(180 * 100, rel=0.05)


def test_without_retries_it_is_over_when_the_backlog_is_served() -> None:
    fluid = 100 + (waiting_at(100) - CAPACITY) / (CAPACITY - LOAD)
    assert error_free_from(short("retries off")) == pytest.approx(fluid, abs=10)


def test_one_retry_less_is_not_enough() -> None:
    assert short("one retry instead of two").timeline("page", "error_rate")[215.0] == 1


def test_a_breaker_lets_the_whole_capacity_serve_the_backlog() -> None:
    assert error_free_from(short("a breaker")) == pytest.approx(100 + waiting_at(100) / CAPACITY, abs=10)


@pytest.mark.stat
@pytest.mark.parametrize(("variant", "switch"), [("retries off", 100.0), ("retries off a minute later", 160.0)])
def test_the_way_out_is_as_long_as_the_fluid_says(variant: str, switch: float) -> None:
    runs = [play_catalog("incident-retries-off", variant=variant, replication=number) for number in range(10)]
    fluid = (waiting_at(switch) - CAPACITY) / (CAPACITY - LOAD)
    # Windows of 5 s: on average the last bad one ends 2.5 s after the last failure.
    assert agree([error_free_from(played) - 2.5 - switch for played in runs], fluid, precision=0.08)
