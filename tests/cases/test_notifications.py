"""Notifications: an order that fails for a mail, a mail that is lost, a mail that is late."""

from __future__ import annotations

import pytest

from tests.cases.played import as_written, mean, short

NAME, ORDER = "notifications", "create"
OUTAGES = ("during:refusing", "during:down")


def test_calling_the_mail_service_fails_orders_that_are_saved() -> None:
    played = short(NAME, "call")
    for phase in OUTAGES:
        assert played.figure(ORDER, "error_rate", phase) > 0.9
        assert played.figure(ORDER, "orphaned", phase) > 0.9
    assert played.figure(ORDER, "error_rate", "during:no broker") == 0, "it needs no broker"


def test_passing_a_failed_mail_over_keeps_the_order_and_loses_the_mail() -> None:
    played, called = short(NAME, "call, and go on anyway"), short(NAME, "call")
    assert played.figure(ORDER, "error_rate") == 0
    assert played.figure(ORDER, "orphaned") == pytest.approx(called.figure(ORDER, "orphaned"), abs=0.01)


def test_publish_and_subscribe_keeps_orders_fast_and_loses_the_mails_of_both_outages() -> None:
    played = short(NAME, "publish")
    for phase in OUTAGES:
        assert played.figure(ORDER, "error_rate", phase) == 0
        assert played.figure(ORDER, "latency_p99", phase) < 0.1
        assert played.figure(ORDER, "orphaned", phase) > 0.85
    assert played.figure(ORDER, "lost", "during:down") > 0.9
    assert played.figure(ORDER, "lost", "during:refusing") == 0, "delivered, and failed: the broker knows nothing of it"


def test_two_listeners_send_every_mail_twice() -> None:
    played = short(NAME, "publish, two listeners")
    assert played.figure(ORDER, "duplicates", "healthy") > 0.95


def test_a_durable_queue_loses_no_mail_and_is_as_late_as_the_outage_was_long() -> None:
    played = short(NAME, "durable queue")
    for phase in OUTAGES:
        assert played.figure(ORDER, "done", phase) == 1
        assert 45 < played.figure(ORDER, "completion_p95", phase) < 75
    assert played.figure(ORDER, "completion_p95", "healthy") < 5


def test_an_impatient_queue_gives_up_before_the_provider_is_back() -> None:
    played = short(NAME, "impatient queue")
    assert played.figure(ORDER, "dead_lettered", "during:refusing") > 0.8
    assert played.figure(ORDER, "dead_lettered", "during:down") == 0, "nobody takes a message: none is used up"


def test_an_order_that_waits_for_its_broker_fails_with_it() -> None:
    assert short(NAME, "publish").figure(ORDER, "error_rate", "during:no broker") == 1
    assert short(NAME, "durable queue").figure(ORDER, "error_rate", "during:no broker") == 1
    hybrid = short(NAME, "hybrid")
    assert hybrid.figure(ORDER, "error_rate", "during:no broker") == 0
    assert hybrid.figure(ORDER, "lost", "during:no broker") == 1, "its order is kept, its mail is not"


def test_an_outbox_outlives_its_broker_too() -> None:
    played = short(NAME, "outbox")
    assert played.figure(ORDER, "error_rate") == 0
    assert played.figure(ORDER, "done") == 1
    assert 10 < played.figure(ORDER, "completion_p99", "during:no broker") < 25


@pytest.mark.stat
def test_as_written() -> None:
    shares = {name: mean(as_written(NAME, name), ORDER, "orphaned") for name in ("call", "publish", "durable queue")}
    assert shares["durable queue"] == pytest.approx(20 / 440, abs=0.01), "the broker's outage, and nothing else"
    assert shares["call"] > 120 / 440
    assert shares["publish"] > 140 / 440
