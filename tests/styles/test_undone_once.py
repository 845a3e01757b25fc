"""An undo that is asked for again, by whoever takes a saga up or by an event that had no room, is still one undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

TWICE = """
brokers: {jobs: {preset: durable_queue, redelivery_delay: 50ms}}
services:
  orders:
    workers: 50
    replicas: 2
    operations:
      place:
        style: {kind: saga, durable: true, resume_after: 100ms}
        broker: jobs
        steps: [{call: stock.reserve, undo: stock.release}, {call: bank.charge}]
  stock: {workers: 50, operations: {reserve: {work: 150ms, effect: true}, release: {work: 300ms}}}
  bank: {workers: 50, operations: {charge: {work: 10ms, effect: true, client_errors: 100%}}}
calls:
  orders -> stock.reserve: {timeout: 100ms, cancel: never, retry: {max_retries: 1}}
  orders -> stock.release: {cancel: never}
workload: [{call: orders.place, arrivals: {process: renewal, law: 1s}}]
run: {duration: 1.9s, drain: 30s}
"""
"""The first attempt outlasts its timeout, the second one is quick: two are reserved and the saga knows of one."""

QUICK_AGAIN = "{name: quick, kind: slowdown, factor: 0.1, target: stock.reserve, at: 1.05s, for: 0.1s}"
CRASHES = ", ".join(
    f"{{name: crash{number}, kind: crash, target: 'orders[{number}]', at: 1.3s, for: 50ms}}" for number in (0, 1)
)


def left(played: Played) -> tuple[str, int]:
    return played.row().state, played.count("service:stock")


@pytest.mark.parametrize("order", ["reverse", "parallel"])
def test_a_durable_saga_that_crashes_while_it_undoes_takes_back_no_more_than_without(
    tmp_path: Path, order: str
) -> None:
    style = f"services.orders.operations.place.style.undo_order={order}"
    assert left(play(tmp_path, TWICE, style, f"faults=[{QUICK_AGAIN}]")) == ("orphaned", 3)
    assert left(play(tmp_path, TWICE, style, f"faults=[{QUICK_AGAIN}, {CRASHES}]")) == ("orphaned", 4)


def test_an_undo_whose_event_was_refused_and_published_again_takes_back_one(tmp_path: Path) -> None:
    """Two are reserved, since stock crashes after it reserved the first time. The charge is refused at 1.324 s; the
    event that undoes meets an outage, so the charge is handled again, and then the release is delivered twice."""
    steps = "services.stock.operations.reserve={steps: [{work: 10ms, effect: true}, {pause: 100ms}], "
    steps += "work: none, effect: false}"
    crash = "{name: crash, kind: crash, target: stock, at: 1.05s, for: 10ms}"
    outage = "{name: outage, kind: broker_down, target: 'broker:jobs', at: 1.3245s, for: 2ms}"
    choreography = ("services.orders.operations.place.style=choreography", "brokers.jobs.visibility_timeout=200ms")
    quicker = ("services.stock.operations.release.work=250ms", "run.duration=1.99s")
    played = play(tmp_path, TWICE, *choreography, *quicker, steps, f"faults=[{crash}, {outage}]")
    assert (played.count("service:bank"), *left(played)) == (2, "orphaned", 4)
