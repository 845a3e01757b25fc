"""The outbox: what each way of saving an order and telling of it loses, invents or doubles."""

from __future__ import annotations

import pytest

from tests.cases.played import short

NAME, ORDER, OUTBOX = "outbox", "place", "outbox:orders"
RELAYED = ("outbox", "outbox, deduplicated", "outbox, log followed")


def test_who_commits_first_loses_the_events_of_every_outage() -> None:
    played = short(NAME, "commit then publish")
    assert 0.02 < played.figure(ORDER, "orphaned") < 0.1
    assert played.figure(ORDER, "lost") == pytest.approx(played.figure(ORDER, "orphaned"), abs=0.001)


def test_who_publishes_first_tells_of_every_commit_that_fails() -> None:
    played = short(NAME, "publish then commit")
    assert 0.004 < played.figure(ORDER, "orphaned") < 0.02
    assert played.figure(ORDER, "lost") == 0


@pytest.mark.parametrize("variant", RELAYED)
def test_an_outbox_loses_nothing_invents_nothing_and_does_not_fail_for_the_broker(variant: str) -> None:
    played, direct = short(NAME, variant), short(NAME, "commit then publish")
    assert played.figure(ORDER, "orphaned") == played.figure(ORDER, "lost") == 0
    assert played.figure(ORDER, "error_rate") < direct.figure(ORDER, "error_rate")
    assert played.figure(ORDER, "latency_p50") < direct.figure(ORDER, "latency_p50")
    assert played.figure(OUTBOX, "backlog_max") > 5, "rows wait while the broker is down"


def test_polling_costs_half_its_interval_and_the_log_less() -> None:
    polled, followed = (short(NAME, variant).figure(ORDER, "completion_p50") for variant in RELAYED[1:])
    assert 0.25 < polled < 0.4
    assert followed < 0.1


def test_only_the_consumer_keeps_duplicates_out() -> None:
    assert sum(short(NAME, variant).figure(ORDER, "duplicates") for variant in ("outbox", "outbox, log followed")) > 0
    assert short(NAME, "outbox, deduplicated").figure(ORDER, "duplicates") == 0
