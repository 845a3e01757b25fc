"""A broker that is away for a minute: what its publishers do meanwhile, and which orders are lost for it."""

from __future__ import annotations

import pytest

from tests.cases.played import short

NAME, OUTAGE = "broker-outage", "during:outage"


def figure(variant: str, metric: str) -> float:
    return short(NAME, variant).figure("buy", metric, OUTAGE)


def test_told_at_once_every_order_of_the_outage_is_saved_and_nobody_hears_of_it() -> None:
    assert figure("told at once", "orphaned") > 0.97
    assert figure("told at once", "error_rate") > 0.97


def test_who_waits_holds_all_workers_and_does_what_clients_were_told_had_failed() -> None:
    assert short(NAME, "waits").figure("service:shop", "utilization", OUTAGE) > 0.9
    assert figure("waits", "false_error") > 0.5
    assert figure("waits", "orphaned") < 0.05


def test_a_buffer_hides_the_outage_and_loses_what_the_crashed_replica_kept() -> None:
    assert figure("buffers", "error_rate") < 0.02
    assert figure("buffers", "lost") == pytest.approx(0.25, abs=0.05)
    assert figure("buffers", "false_ok") == pytest.approx(figure("buffers", "orphaned"), abs=1e-9)


def test_an_outbox_loses_nothing() -> None:
    assert figure("outbox", "orphaned") == figure("outbox", "lost") == 0
    assert figure("outbox", "error_rate") < 0.02
