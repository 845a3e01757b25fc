"""A consumer that was away: what waits for it afterwards drains with what it can do beyond the arrivals."""

from __future__ import annotations

from functools import cache

import pytest

from tests.support import Played, play_catalog

ORDERS = "topic:orders"


@cache
def played(variant: str) -> Played:
    """One replication as it is written."""
    return play_catalog("slow-consumer", variant=variant)


def waiting(variant: str, time: float) -> float:
    return played(variant).timeline(ORDERS, "backlog")[time]


@pytest.mark.parametrize(("variant", "spare"), [("one by one", 30.0), ("waiting retries", 15.3)])
def test_a_backlog_drains_with_what_is_to_spare(variant: str, spare: float) -> None:
    """Intervals of one replication: about four standard deviations of arrivals and handlings in a minute."""
    assert waiting(variant, 118.0) == pytest.approx(3000, rel=0.08)
    assert (waiting(variant, 130.0) - waiting(variant, 190.0)) / 60 == pytest.approx(spare, abs=6.0)


@pytest.mark.parametrize("variant", ["batches", "more replicas"])
def test_batches_and_more_replicas_are_done_in_seconds(variant: str) -> None:
    assert waiting(variant, 118.0) > 2700
    assert waiting(variant, 134.0) < 50


def test_a_batch_holds_its_first_message_and_what_comes_within_its_linger() -> None:
    """1 + 50/s x 100 ms = 6."""
    one = played("batches")
    messages = one.figure(ORDERS, "throughput", "during:later")
    assert messages / one.figure("service:billing", "throughput", "during:later") == pytest.approx(6.0, rel=0.1)


def test_poison_alone_is_dead_and_in_batches_takes_others_along() -> None:
    alone = played("poison").figure(ORDERS, "dead_lettered", "during:later")
    together = played("poison in batches").figure(ORDERS, "dead_lettered", "during:later")
    assert 0.002 < alone < 0.02
    assert together > 1.5 * alone
    assert together > 0.015
