"""Why a request is half done, where several things went wrong on its way and only one of them is why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.test_causes import Wrong, wrongs
from tests.support import Played, play

ORDERS = """
services:
  orders:
    workers: 50
    operations:
      place:
        style: saga
        steps: [{call: stock.reserve, undo: stock.release}, {call: bank.charge}, {call: courier.book}]
  stock:
    workers: 50
    operations:
      reserve: {work: 1ms, effect: true}
      release: {work: 1ms}
  bank: {workers: 50, operations: {charge: {work: 1ms, effect: true}}}
  fraud: {workers: 50, operations: {check: {work: 10ms}}}
  mailer: {workers: 50, operations: {send: {work: 1ms, server_errors: 100%}}}
  courier: {workers: 50, operations: {book: {work: 1ms, effect: true, client_errors: 100%}}}
brokers: {q: {preset: durable_queue, redelivery_delay: 0s, max_deliveries: 2}}
topics: {mail: {broker: q, subscribers: [mailer.send]}}
workload: [{call: orders.place, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 1.5s, drain: 30s}
"""
PLACE = "services.orders.operations.place"


def one(folder: Path, *overrides: str) -> Played:
    """The only request, half done."""
    played = play(folder, ORDERS, *overrides)
    assert played.row().state == "orphaned"
    return played


def half_done(played: Played) -> Wrong:
    (only,) = wrongs(played, "orphaned")
    return only


def false_ok(played: Played) -> list[str]:
    return [row.cause for row in wrongs(played, "false_ok")]


@pytest.mark.parametrize("style", ["saga", "choreography"])
def test_a_step_that_nothing_undoes_was_not_undone_though_others_were(tmp_path: Path, style: str) -> None:
    found = half_done(one(tmp_path, f"{PLACE}.style={style}"))
    assert (found.effect, found.cause) == ("bank.charge", "not_undone")


def test_an_undo_of_an_earlier_attempt_did_not_overtake_what_a_later_one_left(tmp_path: Path) -> None:
    """The first attempt is undone as a whole; the second one's orchestrator crashes before it comes to its end."""
    found = half_done(
        one(
            tmp_path,
            f"{PLACE}.steps=[{{call: stock.reserve, undo: stock.release}}, {{work: 500ms}}, {{call: bank.charge}}]",
            'calls."client -> orders"={retry: {max_retries: 1, backoff: {kind: fixed, base: 100ms}}}',
            "faults=[{name: err, kind: errors, target: bank, share: 100%, at: 0s, for: 1.55s}"
            ', {name: crash, kind: crash, target: "orders[0]", at: 1.9s, for: 0.3s}]',
        )
    )
    assert (found.effect, found.cause) == ("stock.reserve", "not_undone")


def test_the_undo_of_one_execution_takes_back_what_another_relies_on(tmp_path: Path) -> None:
    """The client gives up and asks again; the second saga finds the reservation made, and the first one undoes it."""
    played = one(
        tmp_path,
        f"{PLACE}.steps=[{{call: stock.reserve, undo: stock.release}}, {{call: fraud.check}}, {{call: bank.charge}}]",
        "services.stock.operations.reserve.idempotent=true",
        "services.bank.operations.charge.idempotent=true",
        'calls."client -> orders"={timeout: 100ms, retry: {max_retries: 1}}',
        "faults=[{name: slow, kind: slowdown, factor: 50, target: fraud, at: 0s, for: 1.05s}"
        ", {name: err, kind: errors, share: 100%, target: fraud, at: 1.2s, for: 1s}]",
    )
    assert half_done(played)[1:4] == ("bank.charge", "stock.reserve", "undone_by_another_execution")
    assert false_ok(played) == ["undone_by_another_execution"]


def test_an_undo_that_was_repeated_after_a_crash_and_worked_has_not_failed(tmp_path: Path) -> None:
    """The reservation was made twice (a retry), and the undo that was cut off takes one of them back when resumed."""
    played = one(
        tmp_path,
        f"{PLACE}.style={{kind: saga, durable: true, resume_after: 100ms}}",
        f"{PLACE}.steps=[{{call: stock.reserve, undo: stock.release}}, {{call: bank.charge}}]",
        "services.stock.operations={reserve: {work: 10ms, effect: true}, release: {work: 300ms}}",
        "services.bank.operations.charge.client_errors=100%",
        'calls."orders -> stock.reserve"={timeout: 100ms, retry: {max_retries: 2}}',
        'calls."orders -> stock.release"={cancel: always}',
        "faults=[{name: slow, kind: slowdown, factor: 15, target: stock.reserve, at: 0.9s, for: 0.15s}"
        ", {kind: crash, target: orders, at: 1.3s, for: 0.3s}]",
    )
    assert (played.row().stuck, half_done(played).cause) == (0, "undone_once")


MAILED = f"{PLACE}.steps=[{{call: bank.charge}}, {{publish: mail, critical: false}}, {{call: courier.book}}]"


def test_a_dead_letter_that_carried_nothing_of_what_is_missing_is_not_why(tmp_path: Path) -> None:
    played = one(tmp_path, f"{PLACE}.style=sync", MAILED)
    assert played.row().dead_lettered == 1
    assert half_done(played).cause == "not_undone"


def test_nor_is_it_why_what_was_accepted_failed(tmp_path: Path) -> None:
    played = one(tmp_path, f"{PLACE}.style=queue", MAILED, f"{PLACE}.broker=q")
    assert played.row().dead_lettered == 1
    assert half_done(played).cause == "failed_after_accepting"
    assert false_ok(played) == ["failed_after_accepting"]


def test_a_lost_message_that_carried_nothing_of_what_is_missing_is_not_why(tmp_path: Path) -> None:
    """The rest failed where an error is passed over; nobody heard the message, which nobody needed."""
    played = one(
        tmp_path,
        f"{PLACE}.style=sync",
        f"{PLACE}.steps=[{{call: bank.charge}}, {{publish: mail, critical: false}}"
        ", {call: courier.book, on_error: {client_error: continue}}]",
        "brokers.q={preset: redis_pubsub}",
        "faults=[{kind: crash, target: mailer, at: 0s, for: 3s}]",
    )
    assert played.row().lost == 1
    assert half_done(played).cause == "answered_regardless"
    assert false_ok(played) == ["answered_regardless"]
