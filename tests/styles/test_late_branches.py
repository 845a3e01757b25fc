"""Branches of a `parallel` that nobody needs any more, when their saga turns round: they are waited for and undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Played, play

SHOP = """
brokers: {jobs: {preset: durable_queue, visibility_timeout: 5s, redelivery_delay: 0s}}
services:
  orders:
    workers: 50
    replicas: 2
    operations:
      place:
        style: saga
        broker: jobs
        steps:
          - {call: stock.reserve, undo: stock.release}
          - parallel: {until: any, steps: [{call: fast.hold, undo: fast.free}, {call: slow.hold, undo: slow.free}]}
          - {call: courier.book}
  stock: {workers: 50, operations: {reserve: {work: 1ms, effect: true}, release: {work: 1ms}}}
  fast: {workers: 50, operations: {hold: {work: 1ms, effect: true}, free: {work: 1ms}}}
  slow: {workers: 50, operations: {hold: {work: 500ms, effect: true}, free: {work: 1ms}}}
  courier: {workers: 50, operations: {book: {work: 1ms, client_errors: 100%, effect: true}}}
workload: [{call: orders.place, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 9.9s, drain: 30s}
"""
STYLE = "services.orders.operations.place.style"
SERVICES = ("stock", "fast", "slow")


def counts(played: Played) -> list[int]:
    return [played.count(f"service:{name}") for name in SERVICES]


@pytest.mark.parametrize("order", ["reverse", "parallel"])
@pytest.mark.parametrize("kind", ["saga", "choreography"])
def test_a_branch_that_ends_late_is_undone_with_the_others(tmp_path: Path, kind: str, order: str) -> None:
    played = play(tmp_path, SHOP, f"{STYLE}={{kind: {kind}, undo_order: {order}}}")
    assert counts(played) == [18, 18, 18]  # nine requests: each is held and freed everywhere
    assert {row.state for row in played.rows()} == {"undone"}


def test_a_choreography_goes_on_meanwhile_if_nothing_fails(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, f"{STYLE}=choreography", "services.courier.operations.book.client_errors=0%")
    assert counts(played) == [9, 9, 9]
    assert {row.state for row in played.rows()} == {"done"}
    assert max(row.completion for row in played.rows()) < 0.1  # nobody waits for the half second of `slow`
    assert played.busy("orders") < 0.5  # and no worker is held meanwhile


def test_a_crash_of_whoever_began_the_branches_ends_the_wait(tmp_path: Path) -> None:
    """What the slow branch leaves nobody learns then; the rest is undone."""
    crash = "faults=[{kind: crash, target: orders, at: 1.2s, for: 100ms}]"
    once = "workload.place.arrivals={process: renewal, law: 1s}"
    played = play(tmp_path, SHOP, f"{STYLE}=choreography", crash, once, "run.duration=1.9s")
    assert counts(played)[:2] == [2, 2]


def test_two_deliveries_that_fail_while_a_branch_goes_on_both_end(tmp_path: Path) -> None:
    """The courier's refusal waits longer than the visibility timeout, so that two chains wait for the same branch."""
    impatient = ("brokers.jobs.visibility_timeout=200ms", "workload.place.arrivals={process: renewal, law: 1s}")
    played = play(tmp_path, SHOP, f"{STYLE}=choreography", *impatient, "run.duration=1.9s")
    assert played.row().state == "undone"
    assert played.count("service:courier") > 1
