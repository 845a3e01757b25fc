"""Reservation: the document's four phases against the other styles."""

from __future__ import annotations

import pytest

from tests.cases.played import as_written, mean, short

NAME, ORDER = "reservation", "process"
UNDOING = ("saga", "choreography", "hybrid", "hybrid, published", "hybrid, with care")
REFUSED = 0.01 + 0.02


def test_sync_and_queue_leave_reserved_what_is_not_paid() -> None:
    assert short(NAME, "sync").figure(ORDER, "orphaned", "during:failing") > 0.1
    assert short(NAME, "queue").figure(ORDER, "orphaned") > 0.01


@pytest.mark.parametrize("variant", UNDOING)
def test_whoever_undoes_leaves_next_to_nothing(variant: str) -> None:
    assert short(NAME, variant).figure(ORDER, "orphaned") < 0.003


def test_a_timeout_of_the_payment_charges_twice_whatever_the_style_unless_a_repetition_is_recognised() -> None:
    twice = {name: short(NAME, name).figure(ORDER, "duplicates") for name in ("sync", "queue", "saga", "hybrid")}
    assert min(twice.values()) > 0
    assert short(NAME, "hybrid, with care").figure(ORDER, "duplicates") == 0
    assert short(NAME, "choreography").figure(ORDER, "duplicates") == 0, "it calls nobody and waits for nobody"


def test_the_hybrid_does_not_wait_for_fulfilment_and_the_saga_does() -> None:
    hybrid, saga = (short(NAME, name).figure(ORDER, "latency_p50", "healthy") for name in ("hybrid", "saga"))
    assert hybrid < saga - 0.02


def test_what_is_published_while_fulfilment_is_down_is_lost() -> None:
    assert short(NAME, "hybrid, published").figure(ORDER, "lost", "during:unfulfilled") > 0.8
    assert short(NAME, "hybrid").figure(ORDER, "lost", "during:unfulfilled") == 0


def test_without_the_breaker_three_retries_get_through_a_provider_that_fails_two_fifths() -> None:
    without, document = short(NAME, "hybrid, no breaker"), short(NAME, "hybrid")
    assert without.figure(ORDER, "error_rate", "during:failing") < 0.08
    assert document.figure(ORDER, "error_rate", "during:failing") > 0.1


@pytest.mark.stat
def test_as_written() -> None:
    sync, saga, hybrid = (as_written(NAME, name) for name in ("sync", "saga", "hybrid"))
    assert mean(sync, ORDER, "error_rate") == pytest.approx(mean(saga, ORDER, "error_rate"), abs=0.001)
    assert mean(sync, ORDER, "orphaned") > 0.1
    assert mean(saga, ORDER, "orphaned") < 0.002
    assert mean(hybrid, ORDER, "orphaned") < 0.002
    assert mean(as_written(NAME, "choreography"), ORDER, "undone") == pytest.approx(REFUSED, abs=0.006)
