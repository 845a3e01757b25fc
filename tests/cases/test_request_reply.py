"""The same call, direct and over a queue: who gets through a crash and a burst, and what it costs."""

from __future__ import annotations

from functools import cache

import pytest

from tests.support import Played, play_catalog

NAME, ORDER, PRICING = "request-reply", "place", "service:pricing"


@cache
def played(variant: str) -> Played:
    """One replication as it is written: with less load there is no burst."""
    return play_catalog(NAME, variant=variant)


@pytest.mark.parametrize("variant", ["direct", "direct, expiring", "over a queue"])
def test_nobody_gets_through_the_crash(variant: str) -> None:
    assert played(variant).figure(ORDER, "error_rate", "during:crash") > 0.99


def test_over_a_queue_whose_requests_expire_the_last_two_seconds_get_through() -> None:
    errors = played("over a queue, expiring").figure(ORDER, "error_rate", "during:crash")
    assert errors == pytest.approx((300 + 100 * 0.05 / 0.375) / 500, abs=0.06)


def test_work_for_callers_that_have_gone_is_what_makes_a_queue_slow_to_recover() -> None:
    for phase in ("after:crash", "after:burst"):
        late, expiring = (played(variant) for variant in ("over a queue", "over a queue, expiring"))
        assert late.figure(ORDER, "error_rate", phase) > 0.04
        assert expiring.figure(ORDER, "error_rate", phase) < 0.02
        assert late.figure(PRICING, "wasted_work", phase) > 4 * expiring.figure(PRICING, "wasted_work", phase)


def test_in_a_burst_a_line_is_a_line_wherever_it_is() -> None:
    direct, queued = (
        played(variant).figure(ORDER, "error_rate", "during:burst") for variant in ("direct", "over a queue")
    )
    assert queued == pytest.approx(direct, abs=0.1)


def test_what_waits_waits_at_the_broker() -> None:
    assert played("over a queue").figure(PRICING, "queue_length_max") == 0
    assert played("over a queue").figure("broker:bus", "backlog_max") > 400
    assert played("direct").figure(PRICING, "queue_length_max") > 400
