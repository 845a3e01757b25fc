"""Accepting by message: what a crash while it publishes, and a later attempt, make of the request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

SHOP = """
brokers: {q: {preset: durable_queue, publish_latency: 300ms, redelivery_delay: 0s, max_deliveries: 1}}
services:
  orders:
    replicas: 2
    workers: 50
    operations:
      place: {style: queue, broker: q, steps: [{call: mail.send}]}
  mail: {workers: 50, operations: {send: {work: 1ms}}}
calls:
  client -> orders: {retry: {max_retries: 3}}
workload: [{call: orders.place, arrivals: {process: constant, rate: 10/s}}]
run: {duration: 10s, drain: 30s}
"""
"""Nothing leaves an effect: a request is done when what was accepted is."""

STYLES = ("queue", "choreography")
CRASH = "faults=[{kind: crash, target: 'orders[0]', at: 5.05s, for: 1s}]"


@pytest.mark.parametrize("style", STYLES)
def test_what_a_crash_kept_from_being_published_is_not_owed(tmp_path: Path, style: str) -> None:
    """The attempt dies with the replica, the next one is accepted and handled."""
    played = play(tmp_path, SHOP, f"services.orders.operations.place.style={style}", CRASH)
    assert sum(row.retries for row in played.rows()) > 0
    assert {(row.outcome, row.state) for row in played.rows()} == {("ok", "done")}
    assert played.figure("place", "false_ok") == 0


@pytest.mark.parametrize("style", STYLES)
def test_a_later_attempt_that_succeeds_makes_good_for_one_that_failed(tmp_path: Path, style: str) -> None:
    """The first message is taken but its confirmation cut off, and it fails for good (in a queue after the second one
    was handled, in a choreography before)."""
    faults = "faults=[{kind: errors, target: mail.send, share: 100%, at: 0s, for: 5.6s}, "
    faults += "{kind: crash, target: 'orders[0]', at: 5.315s, for: 1s}]"
    once = "workload.place.arrivals={process: renewal, law: 5s}"
    far = 'network={"orders -> q": {latency: 10ms}}'
    played = play(
        tmp_path, SHOP, f"services.orders.operations.place.style={style}", faults, once, far, "run.duration=9s"
    )
    row = played.row()
    assert (row.outcome, row.state, row.dead_lettered) == ("ok", "done", 1)


@pytest.mark.parametrize("style", STYLES)
def test_one_that_fails_for_good_without_another_attempt_leaves_it_undone(tmp_path: Path, style: str) -> None:
    errors = "faults=[{kind: errors, target: mail.send, share: 100%, at: 0s, for: 20s}]"
    played = play(tmp_path, SHOP, f"services.orders.operations.place.style={style}", errors)
    assert {(row.outcome, row.state) for row in played.rows()} == {("ok", "undone")}
    assert played.figure("place", "false_ok") == 1
