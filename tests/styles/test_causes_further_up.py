"""Why something is there twice, where what was repeated lies further up than the effect's own place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.test_causes import wrongs
from tests.support import play

CHAIN = """
brokers: {q: {preset: durable_queue, visibility_timeout: 1s, redelivery_delay: 100ms}}
topics:
  heard: {broker: q, subscribers: [ear.hear]}
services:
  orders:
    workers: 50
    operations:
      place:
        style: choreography
        broker: q
        steps: [{call: stock.reserve}, {call: mail.send, critical: false}, {call: bank.charge}]
  stock: {workers: 50, operations: {reserve: {work: 1500ms, effect: true, idempotent: true}}}
  mail: {workers: 50, operations: {send: {work: 1ms, server_errors: 50%, effect: true, idempotent: true}}}
  bank: {workers: 50, operations: {charge: {work: 1ms, effect: true}}}
  ear: {workers: 50, operations: {hear: {steps: [{call: bank.charge}]}}}
workload: [{call: orders.place, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 30s, drain: 60s}
"""
PLACE = "services.orders.operations.place"


@pytest.mark.parametrize(
    "written",
    [
        "[{call: stock.reserve}, {call: mail.send, critical: false}, {call: bank.charge}]",
        "[{call: stock.reserve}, {call: mail.send, critical: false}, {publish: heard}]",
        "[{call: stock.reserve}, {pause: 1ms}, {pause: 1ms}, {call: bank.charge}]",
    ],
)
def test_two_chains_of_events_part_where_the_first_event_was_delivered_twice(tmp_path: Path, written: str) -> None:
    """Whatever happens between there and the charge: a handler that fails, a publish, steps of the service itself."""
    played = play(tmp_path, CHAIN, f"{PLACE}.steps={written}")
    found = [row for row in wrongs(played, "more_than_once") if row.effect == "bank.charge"]
    assert [(row.cause, row.place) for row in found] == [("redelivery_after_timeout", "stock.reserve")]
    assert found[0].requests == len(played.rows())


def test_the_end_of_a_choreography_that_is_come_to_twice(tmp_path: Path) -> None:
    """The operation's own effect, which no handler leaves."""
    played = play(tmp_path, CHAIN, f"{PLACE}.effect=true")
    found = [row for row in wrongs(played, "more_than_once") if row.effect == "orders.place"]
    assert [(row.cause, row.place) for row in found] == [("redelivery_after_timeout", "stock.reserve")]


def test_two_that_ask_for_one_thing_without_repeating_anything(tmp_path: Path) -> None:
    """The confirmation is lost, so that the request fails at once; its message is handled, and it fails once more."""
    played = play(
        tmp_path,
        CHAIN,
        f"{PLACE}.steps=[{{call: mail.send}}]",
        f"{PLACE}.on_failure=[{{publish: heard}}]",
        "services.mail.operations.send={client_errors: 100%}",
        'faults=[{kind: loss, target: "orders <-> q", share: 30%, at: 0s, for: 30s}]',
    )
    found = {row.cause: row.place for row in wrongs(played, "more_than_once")}
    assert found["asked_for_twice"] == "bank.charge"
    assert "no_repetition" not in found


def test_a_step_past_the_pivot_that_is_tried_again_as_a_whole(tmp_path: Path) -> None:
    """The edge's own retry came before the first charge, whose answer came too late: only the saga asked once more."""
    played = play(
        tmp_path,
        """
services:
  orders:
    workers: 50
    operations:
      place:
        style: {kind: saga, forward_retry: {max_retries: 5, backoff: {kind: fixed, base: 500ms}}}
        steps: [{call: stock.reserve, pivot: true}, {call: bank.charge}]
  stock: {workers: 50, operations: {reserve: {work: 1ms, effect: true}}}
  bank: {workers: 50, operations: {charge: {work: 10ms, effect: true}}}
calls:
  "orders -> bank": {timeout: 100ms, retry: {max_retries: 1, backoff: {kind: fixed, base: 50ms}}}
workload: [{call: orders.place, arrivals: {process: constant, rate: 1/s}}]
faults:
  - {name: err, kind: errors, target: bank, share: 100%, at: 0s, for: 1.03s}
  - {name: slow, kind: slowdown, factor: 15, target: bank, at: 1.03s, for: 0.1s}
run: {duration: 1.5s}
""",
    )
    (found,) = wrongs(played, "more_than_once")
    assert (found.effect, found.cause, found.place) == ("bank.charge", "retry_past_pivot", "client -> orders.place")
