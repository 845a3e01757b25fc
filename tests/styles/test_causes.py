"""Why something is there twice, left half done or answered wrongly: as a reader would trace it by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import Played, play

SHOP = """
services:
  gate:
    workers: 8
    operations:
      buy: {steps: [{call: shop.buy}]}
  shop:
    workers: 8
    replicas: 2
    operations:
      buy: {broker: jobs, steps: [{call: bank.charge, undo: bank.refund}, {work: 10ms, effect: true}]}
  bank:
    workers: 8
    operations:
      charge: {work: 20ms, effect: true}
      refund: {work: 1ms}
      no: {work: 1ms, client_errors: 100%}
      fail: {work: 1ms, server_errors: 100%}
      note: {work: 5ms, effect: true}
brokers:
  jobs: {preset: durable_queue, visibility_timeout: 5s, max_deliveries: 3, redelivery_delay: 100ms}
  bus: {preset: redis_pubsub}
topics:
  sold: {broker: bus, subscribers: [bank.note]}
workload: [{call: gate.buy, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s, drain: 60s}
"""
BUY = "services.shop.operations.buy"
CHARGE = "gate.buy > shop.buy > bank.charge"
SLOW_AT_FIRST = "faults=[{kind: slowdown, target: bank, factor: 50, at: 99s, for: 1100ms}]"
"""What begins by 100.1 s takes 1 s instead of 20 ms."""


class Wrong(NamedTuple):
    """One row of the table: requests and moments are what tests look at besides what it is about."""

    what: str
    effect: str
    without: str
    cause: str
    place: str
    requests: int
    units: int


def wrongs(played: Played, what: str) -> list[Wrong]:
    """What went wrong in one way, causes of duplicates each by itself."""
    columns = played.result.effects
    rows = [Wrong(*row) for row in zip(*(columns[name] for name in Wrong._fields), strict=True)]
    return [row for row in rows if row.what == what and row.cause]


def causes(folder: Path, *overrides: str) -> list[tuple[str, str, str]]:
    """Of what is there more than once: effect, cause and place."""
    played = play(folder, SHOP, *overrides)
    found = wrongs(played, "more_than_once")
    assert sum(row.units for row in found) == played.row().duplicates
    return [(row.effect, row.cause, row.place) for row in found]


def half_done(folder: Path, *overrides: str) -> Wrong:
    """Why the only request is half done."""
    played = play(folder, SHOP, *overrides)
    assert played.row().state == "orphaned"
    (only,) = wrongs(played, "orphaned")
    return only


def edge(name: str, written: str) -> str:
    return f'calls."{name}"={written}'


def steps(written: str) -> str:
    return f"{BUY}.steps={written}"


RETRY = "retry: {max_retries: 1, backoff: {kind: fixed, base: 500ms}}"
CRASH = "faults=[{kind: crash, target: shop, at: 100.028s, for: 1s}]"


def test_a_retry_after_a_timeout_whose_first_attempt_was_carried_out(tmp_path: Path) -> None:
    found = causes(tmp_path, SLOW_AT_FIRST, edge("shop -> bank.charge", f"{{timeout: 200ms, {RETRY}}}"))
    assert found == [("bank.charge", "retry_after_timeout", "shop.buy -> bank.charge")]


def test_the_moments_of_the_first_such_request_are_told(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, SLOW_AT_FIRST, edge("shop -> bank.charge", f"{{timeout: 200ms, {RETRY}}}"))
    columns = played.result.effects
    place = columns["cause"].index("retry_after_timeout")
    moments = [columns[name][place] for name in ("arrived", "repeated", "first", "again")]
    assert moments == pytest.approx([100.0, 100.7, 100.72, 101.0])  # the late one is the second to be left
    assert columns["path"][place] == CHARGE


def test_the_cause_is_the_repetition_that_parts_the_two_not_the_nearest_one(tmp_path: Path) -> None:
    """Each of the shop's executions retries the bank after an error that left nothing; the gate charges twice."""
    found = causes(
        tmp_path,
        steps("[{call: bank.charge}, {work: 10ms}, {pause: {dist: empirical, values: [1s]}}]"),
        "faults=[{name: early, kind: errors, target: bank.charge, share: 100%, at: 99s, for: 1050ms}"
        ", {name: late, kind: errors, target: bank.charge, share: 100%, at: 101s, for: 900ms}]",
        edge("shop -> bank.charge", f"{{{RETRY}}}"),
        edge("gate -> shop", "{timeout: 900ms, retry: {max_retries: 1, backoff: {kind: fixed, base: 500ms}}}"),
    )
    assert found == [("bank.charge", "retry_after_timeout", "gate.buy -> shop.buy")]


def test_a_retry_after_an_error_repeats_what_was_done_before_the_error(tmp_path: Path) -> None:
    found = causes(tmp_path, steps("[{call: bank.charge}, {call: bank.fail}]"), edge("gate -> shop", f"{{{RETRY}}}"))
    assert found == [("bank.charge", "retry_after_server_error", "gate.buy -> shop.buy")]


def test_a_hedge_whose_attempts_are_both_carried_out(tmp_path: Path) -> None:
    found = causes(tmp_path, edge("shop -> bank.charge", "{hedge: {delay: 5ms, max: 1}}"))
    assert found == [("bank.charge", "hedge", "shop.buy -> bank.charge")]


def test_a_fallback_to_another_operation_at_the_same_place(tmp_path: Path) -> None:
    found = causes(
        tmp_path, SLOW_AT_FIRST, edge("shop -> bank.charge", "{timeout: 200ms, fallback: {call: bank.note}}")
    )
    assert found == [("bank.charge", "fallback", "shop.buy -> bank.charge")]


@pytest.mark.parametrize(
    ("cause", "overrides"),
    [
        ("redelivery_after_crash", (CRASH,)),
        ("redelivery_after_failure", (steps("[{call: bank.charge}, {call: bank.fail}]"),)),
        ("redelivery_after_timeout", (steps("[{call: bank.charge}, {pause: 6s}]"),)),
    ],
)
def test_a_message_that_is_delivered_again_for_one_reason_or_another(
    tmp_path: Path, cause: str, overrides: tuple[str, ...]
) -> None:
    found = causes(tmp_path, f"{BUY}.style=queue", *overrides)
    assert found == [("bank.charge", cause, "shop.buy")]


PRESETS = {
    "rabbitmq": "{preset: rabbitmq, visibility_timeout: 5s}",
    "sqs": "{preset: sqs, visibility_timeout: 5s}",
    "redis_streams": "{preset: redis_streams, visibility_timeout: 5s}",
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("cause", "overrides"),
    [
        ("redelivery_after_crash", (CRASH,)),
        ("redelivery_after_timeout", (steps("[{call: bank.charge}, {pause: 6s}]"),)),
    ],
)
def test_the_products_bring_their_messages_again_for_the_same_reasons(
    tmp_path: Path, preset: str, cause: str, overrides: tuple[str, ...]
) -> None:
    found = causes(tmp_path, f"{BUY}.style=queue", f"brokers.jobs={PRESETS[preset]}", *overrides)
    assert found == [("bank.charge", cause, "shop.buy")]


def test_a_broker_that_went_down_forgets_who_has_a_message(tmp_path: Path) -> None:
    down = 'faults=[{kind: broker_down, target: "broker:jobs", at: 100.5s, for: 1s}]'
    slow = steps("[{call: bank.charge}, {pause: 3s}]")
    found = causes(tmp_path, f"{BUY}.style=queue", f"brokers.jobs={PRESETS['rabbitmq']}", slow, down)
    assert found == [("bank.charge", "redelivery_after_broker_down", "shop.buy")]


def test_two_messages_for_one_request_are_no_redelivery(tmp_path: Path) -> None:
    """The shop accepts twice, since the gate gave up while the first message was on its way to the broker."""
    found = causes(
        tmp_path,
        f"{BUY}.style=queue",
        "brokers.jobs.publish_latency=300ms",
        edge("gate -> shop", f"{{timeout: 200ms, {RETRY}}}"),
    )
    gate = ("retry_after_timeout", "gate.buy -> shop.buy")
    assert found == [("bank.charge", *gate), ("shop.buy step 2", *gate)]


def test_a_durable_saga_that_repeats_the_step_in_progress(tmp_path: Path) -> None:
    durable = f"{BUY}.style={{kind: saga, durable: true, resume_after: 2s}}"
    crash = "faults=[{kind: crash, target: shop, at: 100.015s, for: 1s}]"
    assert causes(tmp_path, durable, crash) == [("bank.charge", "resumed", "gate.buy -> shop.buy")]


def test_replicas_that_each_handle_their_copy_repeat_nothing(tmp_path: Path) -> None:
    found = causes(tmp_path, steps("[{publish: sold}]"), "services.bank.replicas=2")
    assert found == [("bank.note", "no_repetition", "bank.note")]


def test_copies_of_one_message_are_not_blamed_on_a_retry_of_a_handler(tmp_path: Path) -> None:
    """Each of two listeners calls the bank; for both it answers late, and one of them has tried again by then."""
    retried = edge("desk -> bank.charge", f"{{timeout: {{dist: empirical, values: [5ms, 50ms]}}, {RETRY}}}")
    desk = "services.desk={workers: 4, replicas: 2, operations: {note: {steps: [{call: bank.charge}]}}}"
    topics = "topics.sold.subscribers=[desk.note]"
    found = dict.fromkeys(cause for _, cause, _ in causes(tmp_path, steps("[{publish: sold}]"), desk, topics, retried))
    assert "no_repetition" in found


def test_an_effect_that_is_recognised_is_not_there_twice(tmp_path: Path) -> None:
    found = causes(
        tmp_path,
        SLOW_AT_FIRST,
        edge("shop -> bank.charge", f"{{timeout: 200ms, {RETRY}}}"),
        "services.bank.operations.charge.idempotent=true",
    )
    assert found == []


def test_a_refund_that_is_carried_out_twice(tmp_path: Path) -> None:
    """Its caller gave up waiting and asked again: what an undo leaves, it does not take back itself."""
    written = (
        "[{call: bank.charge, undo: {call: bank.refund, timeout: 100ms, retry: {max_retries: 1}}}, {call: bank.no}]"
    )
    refund = "services.bank.operations.refund={work: 150ms, effect: true}"
    played = play(tmp_path, SHOP, f"{BUY}.style=saga", steps(written), refund)
    (found,) = wrongs(played, "more_than_once")
    assert (found.cause, found.units, played.row().duplicates) == ("retry_after_timeout", 1, 1)
    assert played.row().state == "undone"


def test_what_a_failed_request_leaves_where_nothing_is_undone(tmp_path: Path) -> None:
    found = half_done(
        tmp_path,
        steps("[{call: bank.charge}, {call: bank.note}]"),
        edge("shop -> bank.note", "{timeout: 1ms}"),
        "services.bank.operations.note.server_errors=100%",
    )
    assert found[1:5] == ("bank.charge", "bank.note", "not_undone", "timeout at shop -> bank.note")


def test_an_undo_that_fails_for_good(tmp_path: Path) -> None:
    found = half_done(
        tmp_path,
        f"{BUY}.style=saga",
        "services.bank.operations.refund.server_errors=100%",
        steps("[{call: bank.charge, undo: bank.refund}, {call: bank.fail}, {call: bank.note}]"),
    )
    assert (found.effect, found.without, found.cause) == ("bank.charge", "bank.note", "undo_failed")


def test_an_undo_that_overtakes_its_effect(tmp_path: Path) -> None:
    saga = f"{BUY}.style={{kind: saga, undo_failed_step: unknown}}"
    late = edge("shop -> bank.charge", "{timeout: 200ms}")
    assert (
        half_done(tmp_path, saga, SLOW_AT_FIRST, late, "services.bank.operations.refund.work=0s").cause
        == "undo_overtook"
    )


def test_one_refund_of_two_charges(tmp_path: Path) -> None:
    found = half_done(
        tmp_path,
        f"{BUY}.style=saga",
        edge("shop -> bank.charge", "{hedge: {delay: 5ms, max: 1}}"),
        steps("[{call: bank.charge, undo: bank.refund}, {pause: 1s}, {call: bank.fail}, {call: bank.note}]"),
    )
    assert found.cause == "undone_once"


def test_a_failed_step_that_took_effect_after_all(tmp_path: Path) -> None:
    written = steps("[{call: bank.note, undo: bank.refund}, {call: bank.charge, undo: bank.refund}]")
    late = edge("shop -> bank.charge", "{timeout: 5ms}")
    found = half_done(tmp_path, f"{BUY}.style=saga", written, late)
    assert (found.effect, found.without, found.cause) == ("bank.charge", "bank.note", "failed_step_left_it")


def test_a_dead_letter_that_carried_the_rest(tmp_path: Path) -> None:
    written = steps("[{call: bank.charge}, {call: bank.fail}, {call: bank.note}]")
    once = "services.bank.operations.charge.idempotent=true"
    played = play(tmp_path, SHOP, f"{BUY}.style=queue", written, once)
    assert [row.cause for row in wrongs(played, "orphaned")] == ["dead_letter"]
    assert [row.cause for row in wrongs(played, "false_ok")] == ["dead_letter"]


def test_an_accepted_request_that_fails_for_good(tmp_path: Path) -> None:
    written = steps("[{call: bank.charge}, {call: bank.no}, {call: bank.note}]")
    played = play(tmp_path, SHOP, f"{BUY}.style=queue", written)
    assert [row.cause for row in wrongs(played, "orphaned")] == ["failed_after_accepting"]
    assert [row.cause for row in wrongs(played, "false_ok")] == ["failed_after_accepting"]


def test_a_message_that_was_lost(tmp_path: Path) -> None:
    lost = "faults=[{kind: crash, target: bank, at: 100.0205s, for: 1s}]"
    found = half_done(tmp_path, steps("[{call: bank.charge}, {publish: sold}]"), lost)
    assert (found.effect, found.without, found.cause) == ("bank.charge", "bank.note", "message_lost")


def test_an_error_although_all_is_done(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, edge("client -> gate", "{timeout: 5ms}"))
    assert [(row.cause, row.place) for row in wrongs(played, "false_error")] == [
        ("answered_timeout", "timeout at client -> gate.buy")
    ]


def test_the_table_agrees_with_the_figures(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, SLOW_AT_FIRST, edge("shop -> bank.charge", f"{{timeout: 200ms, {RETRY}}}"))
    columns = played.result.effects
    assert (columns["what"][0], columns["requests"][0]) == ("requests", len(played.rows()))
    assert played.figure("buy", "duplicated") == 1.0
    assert all(math.isnan(columns[name][0]) for name in ("arrived", "first", "repeated", "again"))


LOG = (
    "brokers.jobs={preset: kafka, partitions: 1, session_timeout: 6s, heartbeat: 1s}",
    f"{BUY}.style=queue",
)


@pytest.mark.parametrize(
    ("cause", "overrides"),
    [
        ("redelivery_after_crash", (CRASH,)),
        ("redelivery_after_failure", (steps("[{call: bank.charge}, {call: bank.fail}]"), "run.drain=30s")),
    ],
)
def test_a_record_of_a_log_that_is_handled_again(tmp_path: Path, cause: str, overrides: tuple[str, ...]) -> None:
    found = causes(tmp_path, *LOG, "services.shop.replicas=1", *overrides)
    assert found == [("bank.charge", cause, "shop.buy")]


def test_a_relay_that_sends_its_message_once_more(tmp_path: Path) -> None:
    """It crashes between the broker's confirmation and its own mark."""
    written = steps("[{transaction: {work: 1ms, effect: true, publish: sold, mode: outbox, relay: RELAY}}]")
    crash = "faults=[{kind: crash, target: shop, at: 103s, for: 1s}]"
    found = causes(tmp_path, written.replace("RELAY", "{every: 1s, mark: 5s}"), "topics.sold.broker=jobs", crash)
    assert found == [("bank.note", "republished", "message of shop.buy step 1")]


def test_what_fails_where_nobody_waits_for_it(tmp_path: Path) -> None:
    """Publish and subscribe: the handler's error is counted and forgotten, and the answer was ok."""
    failing = "services.bank.operations.note.server_errors=100%"
    found = half_done(tmp_path, steps("[{call: bank.charge}, {publish: sold}]"), failing)
    assert found[1:5] == ("bank.charge", "bank.note", "answered_regardless", "")
