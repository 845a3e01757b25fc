"""Queue: accepted at once, carried out by a consumer, delivered again after a failure, a dead letter in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, STREAM, fails, refuses, shop
from tests.support import Played, play


def test_a_failed_message_comes_back_from_the_first_step_after_the_redelivery_delay(tmp_path: Path) -> None:
    errors = "faults=[{kind: errors, target: bank.charge, share: 100%, at: 0s, for: 101.5s}]"
    played = shop(tmp_path, "queue", errors)
    row = played.row()
    assert (row.outcome, row.state, row.dead_lettered) == ("ok", "done", 0)
    assert (played.count("service:stock"), played.count("service:bank")) == (3, 3)
    assert row.duplicates == 2  # the stock is taken at each of the three deliveries
    first, again, last = 0.002 + 0.030, 1 + 0.001 + 0.030, 1 + 0.001 + 0.035
    assert row.completion == pytest.approx(first + again + last)


def test_with_a_delay_of_nought_it_comes_back_at_once(tmp_path: Path) -> None:
    errors = "faults=[{kind: errors, target: bank.charge, share: 100%, at: 0s, for: 100.03s}]"
    row = shop(tmp_path, "queue", errors, "brokers.jobs.redelivery_delay=0").row()
    # Failed at 32 ms: the fault was over at 30 ms, but the charge's fate is drawn at its end; delivered at once.
    assert row.state == "done"
    assert row.completion == pytest.approx(0.002 + 0.035)


def test_the_delay_is_the_visibility_timeout_unless_written(tmp_path: Path) -> None:
    errors = "faults=[{kind: errors, target: bank.charge, share: 100%, at: 0s, for: 101s}]"
    row = shop(tmp_path, "queue", errors, "brokers.jobs.redelivery_delay=visibility_timeout").row()
    assert row.completion == pytest.approx(0.032 + 10 + 0.001 + 0.035)


def test_the_last_delivery_that_fails_makes_a_dead_letter_and_then_on_failure_runs_once(tmp_path: Path) -> None:
    played = shop(tmp_path, "queue", fails("bank.charge"), "brokers.jobs.max_deliveries=3")
    row = played.row()
    assert (row.dead_lettered, row.state) == (1, "orphaned")
    assert played.count("service:bank") == 3
    assert played.count("topic:failed") == 1
    assert played.figure("broker:jobs", "dead_lettered") == 1.0


def test_after_a_client_error_on_failure_runs_at_once(tmp_path: Path) -> None:
    played = shop(tmp_path, "queue", refuses("bank.charge"))
    assert (played.row().dead_lettered, played.count("topic:failed")) == (0, 1)
    assert played.figure("topic:failed", "message_age_p99") == pytest.approx(0.002)


def test_a_handling_that_outlasts_the_visibility_timeout_is_delivered_again_while_it_runs(tmp_path: Path) -> None:
    slow = "services.bank.operations.charge.work=4s"
    played = shop(tmp_path, "queue", slow, "brokers.jobs.visibility_timeout=3s")
    row = played.row()
    # The first handling takes 4.015 s and is not stopped; the second begins after 3 s and charges once more.
    assert (row.outcome, row.state, row.dead_lettered) == ("ok", "done", 0)
    assert (played.count("service:stock"), played.count("service:bank")) == (2, 2)
    assert row.duplicates == 3  # stock, bank, and the shop's own work


def test_an_acknowledged_message_is_not_delivered_again(tmp_path: Path) -> None:
    played = shop(tmp_path, "queue", "brokers.jobs.visibility_timeout=1s", STREAM, "run.duration=20.9s")
    assert played.count("service:stock") == 20


def test_a_crashed_consumer_is_noticed_by_the_visibility_timeout_only(tmp_path: Path) -> None:
    crash = "faults=[{kind: crash, target: shop, at: 100.02s, for: 1s}]"
    row = shop(tmp_path, "queue", crash).row()
    assert (row.outcome, row.state) == ("ok", "done")
    # Handed over at 1 ms, visible again 10 s later; the charge of the first try went on at the bank.
    assert row.completion == pytest.approx(0.001 + 10 + 0.001 + 0.035)


def test_without_a_broker_messages_go_through_a_built_in_queue(tmp_path: Path) -> None:
    played = shop(tmp_path, "queue", f"{OPERATION}.broker=none")
    assert played.row().state == "done"
    assert played.count("broker:durable_queue") == 1


BUSY = """
services:
  office:
    workers: 2
    operations:
      file: {style: queue, work: 1s}
      ask: {work: 100ms}
workload:
  - {call: office.file, arrivals: {process: constant, rate: 10/s}}
  - {call: office.ask, arrivals: {process: renewal, law: 1.05s}}
run: {duration: 2s}
"""


def test_a_request_is_served_before_messages_that_wait(tmp_path: Path) -> None:
    played = play(tmp_path, BUSY)
    ask = played.row("ask")
    # Two messages are in the hands of the two workers from 0.102 s and 0.202 s. At 1.102 s the first worker accepts
    # the eight requests that wait since 0.3 to 1 s (1 ms each), then serves this one, and only then the next message.
    assert ask.latency == pytest.approx(1.102 + 8 * 0.001 - 1.05 + 0.100)


def test_accepting_needs_a_worker_too_and_goes_before_handling(tmp_path: Path) -> None:
    rows = play(tmp_path, BUSY).rows("file")
    assert [row.latency for row in rows[:2]] == pytest.approx([0.001, 0.001])
    # The third request, at 0.3 s, finds both workers handling; it is accepted at 1.102 s, before the next message.
    assert rows[2].latency == pytest.approx(1.102 - 0.3 + 0.001)


CONSUMERS = """
services:
  shop:
    workers: 10
    operations: {sell: {steps: [{work: 1ms}, {publish: sold}]}}
  mail:
    workers: 10
    operations: {send: {work: 1s}}
brokers: {jobs: {preset: durable_queue, visibility_timeout: 1m, max_deliveries: 2, redelivery_delay: 1s}}
topics:
  sold: {broker: jobs, subscribers: [{operation: mail.send, consumers: 2}]}
workload: [{call: shop.sell, arrivals: {process: constant, rate: 100/s}}]
run: {duration: 50s, drain: 0s}
"""


def completed(played: Played) -> list[float]:
    return [row.completion for row in played.rows()]


def test_at_most_the_given_consumers_handle_at_once(tmp_path: Path) -> None:
    played = play(tmp_path, CONSUMERS)
    # Two at a time, a second each, from 12 ms on; the delivery of the next takes 1 ms.
    assert played.count("topic:sold") == pytest.approx(2 * 49, abs=2)
    assert played.busy("mail") == pytest.approx(2 * 50, abs=0.2)


def test_without_a_limit_there_are_as_many_consumers_as_workers(tmp_path: Path) -> None:
    played = play(tmp_path, CONSUMERS, "topics.sold.subscribers.send={consumers: none}")
    assert played.busy("mail") == pytest.approx(10 * 50, abs=2)


def test_a_subscriptions_own_number_of_deliveries(tmp_path: Path) -> None:
    one = "workload.sell.arrivals={process: renewal, law: 30s}"
    failing = "services.mail.operations.send.server_errors=100%"
    played = play(tmp_path, CONSUMERS, one, failing, "run.drain=1m")
    assert (played.row().dead_lettered, played.count("service:mail")) == (1, 2)
    played = play(tmp_path, CONSUMERS, one, failing, "run.drain=1m", "topics.sold.subscribers.send={max_deliveries: 4}")
    assert (played.row().dead_lettered, played.count("service:mail")) == (1, 4)


def test_a_handlers_client_error_is_acknowledged(tmp_path: Path) -> None:
    one = "workload.sell.arrivals={process: renewal, law: 30s}"
    played = play(tmp_path, CONSUMERS, one, "services.mail.operations.send.client_errors=100%", "run.drain=1m")
    assert (played.row().dead_lettered, played.count("service:mail"), played.count("topic:sold")) == (0, 1, 1)
