"""Publishers: what they are told, what their client library keeps for them, and what that costs when they fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.messaging.capacity import Allowance, Line
from tests.messaging.office import DURABLE, Office
from tests.messaging.trouble import fault
from tests.support import Played, play

DOWN = fault("broker_down", "broker:mail", 1.0, 5.0)


def buffering(faults: list[dict[str, Any]], broker: dict[str, Any] | None = None, **settings: Any) -> Office:
    when_down = {"kind": "buffer", **settings}
    return Office({**DURABLE, "when_down": when_down, **(broker or {})}, {"work": 0.0}, faults=faults)


def test_once_the_buffer_is_empty_publishers_wait_for_their_confirmation_again() -> None:
    office = buffering([DOWN], {"publish_latency": 0.25})
    office.publish("kept", at=2.0)
    office.publish("later", at=7.0)
    office.run()
    assert {name: round(time, 9) for name, (time, _) in office.confirmed.items()} == {"kept": 2.0, "later": 7.25}


def test_behind_what_is_kept_a_message_waits_its_turn_though_the_broker_is_back() -> None:
    office = buffering([DOWN])
    office.publish("a", at=5.3)  # the buffer looks at 5.4, 5.6, and at 6: the broker is back
    office.publish("b", at=6.0)
    office.run()
    assert [round(age, 9) for age in office.tally.ages] == [0.7, 0.0]
    assert all(root.trouble is None for root in office.roots.values())


def test_a_message_that_expires_on_its_way_is_lost_only_if_it_does_not_arrive() -> None:
    """Both are sent at 6.5 and are four seconds under way; their time is up at 7. One of them arrives."""
    network = {"client -> mail": {"latency": 4.0}, "mail -> client": {"latency": 0.0}}
    when_down = {"kind": "buffer", "wait": 5.0}
    for faults, lost in (([DOWN], 0), ([DOWN, fault("broker_down", "broker:mail", 9.0, 5.0)], 1)):
        office = Office({**DURABLE, "when_down": when_down}, {"work": 0.0}, faults=faults, network=network)
        office.publish("a", at=2.0)
        tally = office.run()
        assert (tally.lost["expired"], tally.handled) == (lost, 1 - lost)
        assert not office.journal.active


def test_what_the_broker_refuses_from_a_buffer_is_lost() -> None:
    office = buffering([DOWN], {"capacity": 2.0, "overload": "reject"})
    office.publish(*"abc", at=2.0)
    tally = office.run()
    assert (tally.handled, tally.lost["broker_refused"]) == (2, 1)


def test_a_lost_confirmation_makes_the_client_library_send_again() -> None:
    """The broker has the message, and nobody says so: at least once, and here twice."""
    silence = fault("partition", "mail -> client", 1.0, 5.0, mode="drop")
    for when_down, handled in (("error", 1), ("block", 2), ("buffer", 2)):
        faults = [silence]
        office = Office({**DURABLE, "when_down": when_down}, {"work": 0.1, "effect": True}, faults=faults)
        office.publish("a", at=0.9)
        office.publish("b", at=1.0)
        tally = office.run()
        assert tally.handled == 1 + handled - (when_down != "error"), when_down
        assert all(list(root.ledger.units.values()) == [1] for root in office.roots.values() if root.ledger)


SHOP = """
services:
  shop:
    workers: 8
    operations:
      buy: {steps: [{publish: sold}], server_errors: 0%}
  front: {workers: 8, operations: {order: {steps: [{call: shop.buy}]}}}
  mail: {workers: 8, operations: {confirm: {work: 1ms, effect: true}}}
brokers: {jobs: {preset: durable_queue, when_down: buffer}}
topics: {sold: {broker: jobs, subscribers: [{operation: mail.confirm}]}}
workload: [{call: front.order, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 10500ms}
"""


def losing(folder: Path, *overrides: str) -> Played:
    """The confirmations for half a second in the middle never come."""
    faults = "faults=[{kind: loss, target: jobs -> shop, share: 100%, at: 4500ms, for: 1s}]"
    retries = 'calls={"front -> shop": {retry: {max_retries: 3, backoff: {kind: fixed, base: 1s}}}}'
    return play(folder, SHOP, faults, retries, "brokers.jobs.when_down=error", *overrides)


def test_a_caller_that_repeats_after_a_lost_confirmation_publishes_twice(tmp_path: Path) -> None:
    played = losing(tmp_path)
    assert sum(row.duplicates for row in played.rows()) == 1
    assert played.count("topic:sold") == 11


def test_a_consumer_that_deduplicates_handles_what_was_published_twice_once(tmp_path: Path) -> None:
    played = losing(tmp_path, "topics.sold.subscribers[0].deduplicate=true")
    assert sum(row.duplicates for row in played.rows()) == 0
    assert {row.state for row in played.rows()} == {"done"}


def test_a_crash_of_the_publisher_loses_what_its_client_library_keeps(tmp_path: Path) -> None:
    """Answered ok, and never done: that is what a buffer in memory promises."""
    down = "{kind: broker_down, target: 'broker:jobs', at: 3500ms, for: 4s}"
    for crash, states in (
        ("", {"done"}),
        (", {kind: crash, target: shop, at: 6500ms, for: 100ms}", {"done", "undone"}),
    ):
        played = play(tmp_path, SHOP, f"faults=[{down}{crash}]")
        assert {row.outcome for row in played.rows()} == {"ok"}
        assert {row.state for row in played.rows()} == states
        lost = [row.lost for row in played.rows()]
        assert lost == ([0, 0, 0, 1, 1, 1, 0, 0, 0, 0] if crash else [0] * 10)


def test_a_publisher_that_stands_still_sends_nothing_of_what_its_client_library_keeps(tmp_path: Path) -> None:
    down = "{kind: broker_down, target: 'broker:jobs', at: 3500ms, for: 800ms}"
    pause = "{kind: pause, target: shop, at: 4200ms, for: 3s}"  # it looks at 4.7 s for the first time after the outage
    rows = play(tmp_path, SHOP, f"faults=[{down}, {pause}]").rows()
    assert {row.state for row in rows} == {"done"}
    assert 3.2 < rows[3].completion < 4.3
    assert rows[2].completion < 0.1


def test_a_publisher_has_one_buffer_whatever_the_size_of_its_messages(tmp_path: Path) -> None:
    text = SHOP.replace("{publish: sold}", "{publish: sold}, {publish: billed}").replace(
        "topics: {", "topics: {billed: {broker: jobs, message_size: 1kB, subscribers: [{operation: mail.confirm}]}, "
    )
    down = "faults=[{kind: broker_down, target: 'broker:jobs', at: 500ms, for: 2s}]"
    for limit, outcome in ((2, "ok"), (1, "server_error")):
        rows = play(tmp_path, text, down, f"brokers.jobs.when_down={{kind: buffer, limit: {limit}}}").rows()
        assert rows[0].outcome == outcome


def test_a_publish_step_that_waits_for_a_broker_keeps_its_request_waiting(tmp_path: Path) -> None:
    down = "faults=[{kind: broker_down, target: 'broker:jobs', at: 500ms, for: 3s}]"
    played = play(tmp_path, SHOP, down, "brokers.jobs.when_down=block", "run={duration: 1500ms, drain: 9s}")
    assert played.row().outcome == "ok"
    assert played.row().latency == pytest.approx(2.5 + 0.001)  # looks at 1, 1.1, 1.3, 1.7, 2.5 and 3.5 s


def test_a_delay_is_drawn_for_each_message(tmp_path: Path) -> None:
    delay = "services.shop.operations.buy.steps=[{publish: sold, delay: {dist: uniform, low: 1s, high: 3s}}]"
    rows = play(tmp_path, SHOP, delay).rows()
    spans = [row.completion for row in rows]
    assert all(1.0 < span < 3.1 for span in spans)
    assert len(set(spans)) == len(spans)
    assert {row.latency for row in rows} == {0.001}


# -- the machines -----------------------------------------------------------------------------------------


def test_a_line_serves_one_after_the_other() -> None:
    line = Line(4.0)
    assert [line.turn(now) for now in (0.0, 0.0, 0.1, 2.0)] == pytest.approx([0.25, 0.5, 0.65, 0.25])


def test_an_allowance_is_a_second_of_the_rate_and_fills_evenly() -> None:
    allowance = Allowance(2.0)
    times = (0.0, 0.0, 0.0, 0.4, 0.5, 0.6, 1.0, 9.0, 9.0, 9.0)
    taken = [allowance.turn(now) is not None for now in times]
    assert taken == [True, True, False, False, True, False, True, True, True, False]


def test_less_than_one_a_second_is_still_one_at_a_time() -> None:
    allowance = Allowance(0.5)
    assert [allowance.turn(now) is not None for now in (0.0, 1.0, 2.0)] == [True, False, True]
