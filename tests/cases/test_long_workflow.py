"""A workflow of minutes: who holds on to it, and what is left when the holder crashes."""

from __future__ import annotations

import pytest

from tests.cases.played import as_written, mean
from tests.cases.played import short as small
from tests.support import Played

NAME, LOAN = "long-workflow", "apply"


def short(variant: str) -> Played:
    return small(NAME, variant)


def test_a_request_that_waits_for_the_loan_is_told_an_error_about_a_loan_that_is_made() -> None:
    for variant in ("sync", "saga", "durable saga"):
        assert short(variant).figure(LOAN, "error_rate") > 0.7
        assert short(variant).figure(LOAN, "false_error") > 0.6


def test_a_message_is_accepted_at_once() -> None:
    for variant in ("queue", "choreography"):
        assert short(variant).figure(LOAN, "error_rate") == 0
        assert short(variant).figure(LOAN, "latency_p99") < 0.02


def test_a_visibility_timeout_shorter_than_the_work_repeats_it() -> None:
    assert short("queue, visible again after 30 s").figure(LOAN, "duplicates") > 5
    assert short("queue").figure(LOAN, "duplicates") < 1


def test_a_crash_orphans_the_loans_of_an_orchestrator_without_memory() -> None:
    forgetful, durable, events = (
        short(name).figure(LOAN, "orphaned") for name in ("saga", "durable saga", "choreography")
    )
    assert forgetful > 0.04
    assert durable < 0.01
    assert events == 0


def test_what_fails_without_undo_stays() -> None:
    assert short("sync").figure(LOAN, "orphaned") > short("saga").figure(LOAN, "orphaned") + 0.05
    assert short("queue").figure(LOAN, "orphaned") > 0.05


def test_a_durable_orchestrator_repeats_the_step_that_it_was_in() -> None:
    assert 0 < short("durable saga").figure(LOAN, "duplicates") < 0.2
    assert short("choreography").figure(LOAN, "duplicates") == 0


def test_a_message_that_is_acknowledged_at_the_end_and_a_durable_saga_both_go_on_after_a_crash() -> None:
    played = short("durable saga, by message")
    assert played.figure(LOAN, "error_rate") == 0
    assert played.figure(LOAN, "orphaned") < 0.01
    assert played.figure(LOAN, "duplicates") > 4 * short("durable saga").figure(LOAN, "duplicates") > 0


def test_a_message_that_is_acknowledged_at_once_leaves_going_on_to_the_saga() -> None:
    played = short("durable saga, acknowledged at once")
    assert played.figure(LOAN, "error_rate") == 0
    assert played.figure(LOAN, "orphaned") < 0.01
    assert played.figure(LOAN, "unfinished") == 0
    assert played.figure(LOAN, "duplicates") < 0.2


@pytest.mark.stat
def test_as_written() -> None:
    """Refused are 1 - 0.95 · 0.97 · 0.97 · 0.99 = 11.5 %: undone by whoever undoes and forgets nothing."""
    refused = 1 - 0.95 * 0.97 * 0.97 * 0.99
    for variant in ("durable saga", "choreography"):
        assert mean(as_written(NAME, variant, 8), LOAN, "undone") == pytest.approx(refused, abs=0.02)
