"""The brief's tests of its publish/subscribe system, as experiments: at most once, to whoever listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

EVENT = """
services:
  orders:
    workers: 4
    operations:
      place:
        steps: [{work: 5ms}, {publish: test.event}]
  mail:
    workers: 4
    operations:
      send: {work: 20ms}
brokers:
  bus: {preset: redis_pubsub}
topics:
  test.event: {broker: bus, subscribers: [{operation: mail.send}]}
workload: [{call: orders.place, arrivals: {process: renewal, law: 100s}}]
run: {duration: 199s}
"""


def test_one_event_with_one_subscriber_is_delivered_once(tmp_path: Path) -> None:
    played = play(tmp_path, EVENT)
    assert (played.row().outcome, played.row().lost) == ("ok", 0)
    assert played.count("service:mail") == 1
    assert played.count("topic:test.event") == 1
    assert played.figure("topic:test.event", "message_age_p99") == pytest.approx(0.001 + 0.020)


def test_an_event_from_outside_is_delivered_once_as_well(tmp_path: Path) -> None:
    outside = "[{name: event, publish: test.event, arrivals: {process: renewal, law: 100s}}]"
    played = play(tmp_path, EVENT, f"workload={outside}")
    assert (played.row("event").outcome, played.row("event").state) == ("ok", "done")
    assert played.count("service:mail") == 1


def test_every_subscriber_gets_the_event(tmp_path: Path) -> None:
    second = "{operation: orders.note, name: note}"
    played = play(
        tmp_path,
        EVENT,
        "services.orders.operations.note={work: 1ms}",
        f'topics."test.event".subscribers=[mail.send, {second}]',
    )
    assert played.count("topic:test.event") == 2
    assert played.count("service:mail") == 1
    assert played.count("service:orders") == 2


def test_an_event_before_the_subscriber_is_up_is_lost(tmp_path: Path) -> None:
    played = play(tmp_path, EVENT, 'topics."test.event".subscribers[0].from=100.1s')
    assert (played.row().outcome, played.row().lost) == ("ok", 1)
    assert played.count("service:mail") == 0
    assert played.figure("topic:test.event", "lost") == 1.0


def test_an_event_after_the_subscriber_is_up_is_delivered(tmp_path: Path) -> None:
    played = play(tmp_path, EVENT, 'topics."test.event".subscribers[0].from=100s')
    assert (played.row().lost, played.count("service:mail")) == (0, 1)


def test_a_handlers_error_is_forgotten(tmp_path: Path) -> None:
    played = play(tmp_path, EVENT, "services.mail.operations.send.server_errors=100%")
    assert (played.row().outcome, played.row().lost, played.row().dead_lettered) == ("ok", 0, 0)
    assert played.count("service:mail") == 1


def test_an_event_to_a_subscriber_that_is_down_is_lost(tmp_path: Path) -> None:
    played = play(tmp_path, EVENT, "faults=[{kind: crash, target: mail, at: 90s, for: 20s}]")
    assert (played.row().outcome, played.row().lost) == ("ok", 1)


FAILED_PUBLISH = """
services:
  orders:
    workers: 4
    operations:
      create:
        steps:
          - {work: 5ms, effect: true}
          - {publish: order.created}
  mail: {workers: 4, operations: {confirm: {work: 1ms}}}
brokers:
  bus: {preset: redis_pubsub}
topics:
  order.created: {broker: bus, subscribers: [mail.confirm]}
workload: [{call: orders.create, arrivals: {process: renewal, law: 100s}}]
faults: [{kind: broker_down, target: "broker:bus", at: 90s, for: 20s}]
run: {duration: 199s}
"""


def test_a_failed_publish_after_the_save_is_an_error_while_the_order_exists(tmp_path: Path) -> None:
    played = play(tmp_path, FAILED_PUBLISH)
    row = played.row()
    assert (row.outcome, row.state, row.duplicates) == ("server_error", "done", 0)
    assert row.reason == "unreachable at bus"
    assert played.figure("create", "false_error") == 1.0
    assert played.count("service:mail") == 0


def test_retrying_after_a_failed_publish_saves_the_order_twice(tmp_path: Path) -> None:
    retry = 'calls."client -> orders"={retry: {max_retries: 1, backoff: {kind: fixed, base: 15s}}}'
    row = play(tmp_path, FAILED_PUBLISH, retry).row()
    assert (row.outcome, row.state, row.duplicates) == ("ok", "done", 1)
