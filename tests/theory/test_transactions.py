"""Lost events, duplicates and delay of the ways to commit and publish, against what renewal theory says of them."""

from __future__ import annotations

from math import exp
from pathlib import Path

import numpy as np
import pytest

from tests.theory.agreement import agree, each, figures, replications

SHOP = """
services:
  orders:
    workers: unlimited
    operations:
      place: {steps: [{transaction: {work: 0ms, publish: placed, mode: MODE}}]}
  mail:
    workers: unlimited
    operations:
      confirm: {work: 0ms, effect: true}
brokers:
  bus: {preset: durable_queue, publish_latency: 0ms, delivery_latency: 0ms}
topics:
  placed: {broker: bus, subscribers: [mail.confirm]}
workload:
  - {call: orders.place, name: place, arrivals: {process: poisson, rate: 3/s}}
run: {duration: 1000s, drain: 2000s}
"""
STEP = "services.orders.operations.place.steps[0].transaction"
OUTAGES = "faults=[{name: outages, kind: broker_down, target: 'broker:bus', mtbf: 9s, mttr: 1s}]"
"""Down for a tenth of the time."""
LONG = "run.duration=3000s"


def shop(mode: str) -> str:
    return SHOP.replace("MODE", mode)


def test_who_commits_first_loses_as_many_events_as_the_broker_is_down(tmp_path: Path) -> None:
    """Poisson arrivals see time averages: the share lost is the share of time that the broker is down."""
    played = replications(tmp_path, shop("commit_then_publish"), OUTAGES, "workload[0].arrivals.rate=1/s", LONG)
    assert agree(figures(played, "place", "orphaned"), 0.1, precision=0.1)
    assert figures(played, "topic:placed", "lost") == pytest.approx(figures(played, "place", "orphaned"))


def test_an_outbox_loses_none_of_them(tmp_path: Path) -> None:
    played = replications(tmp_path, shop("outbox"), OUTAGES, number=5)
    assert figures(played, "place", "done") == [1.0] * 5
    assert figures(played, "topic:placed", "lost") == [0.0] * 5


@pytest.mark.stat
def test_who_publishes_first_leaves_a_ghost_for_every_commit_that_fails(tmp_path: Path) -> None:
    played = replications(tmp_path, shop("publish_then_commit"), f"{STEP}.commit_errors=5%")
    assert agree(figures(played, "place", "orphaned"), 0.05, precision=0.1)


def test_a_polling_relay_adds_half_its_interval_on_average(tmp_path: Path) -> None:
    """The time from a random instant to the next tick is uniform; the request is mixed for that long."""
    played = replications(tmp_path, shop("outbox"), f"{STEP}.relay={{every: 400ms, mark: 0s}}")
    assert agree(figures(played, "place", "inconsistency_window_mean"), 0.2, precision=0.02)
    assert agree(figures(played, "outbox:orders", "message_age_p99"), 0.396, precision=0.01)


@pytest.mark.stat
def test_a_relay_sends_again_what_a_crash_finds_unmarked(tmp_path: Path) -> None:
    """One row at a time, 100 ms from the broker's having it to the mark, crashes every 2 s of uptime: each try fails
    with probability q = 1 - exp(-0.1 / 2), and the row is sent again q / (1 - q) = exp(0.1 / 2) - 1 times."""
    relay = f"{STEP}.relay={{every: 10ms, batch: 1, mark: 100ms, mtbf: 2s, mttr: 50ms}}"
    played = replications(tmp_path, shop("outbox"), relay)
    assert agree(figures(played, "place", "duplicates"), exp(0.1 / 2) - 1, precision=0.1)


@pytest.mark.stat
def test_a_log_that_is_followed_shows_each_row_so_much_later(tmp_path: Path) -> None:
    """Rows come in the log's order, so who is drawn a short delay waits for the one before."""
    relay = f"{STEP}.relay={{delay: {{dist: uniform, low: 10ms, high: 30ms}}, mark: 0s}}"
    played = replications(tmp_path, shop("outbox"), relay, "workload[0].arrivals.rate=0.2/s", "run.duration=20000s")
    assert agree(figures(played, "place", "inconsistency_window_mean"), 0.02, precision=0.02)
    slowest = each(played, lambda one: float(np.nanmax([row.completion for row in one.rows()])))
    assert max(slowest) <= 0.030 + 1e-9
