"""What a given-up attempt still costs the callee: the four modes of ``cancel``, and deadlines handed down."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.bench import Bench, policies

LINK = {"network": {"latency": 0.25}}
"""One way, on every link."""


def bench(cancel: str, *, latency: bool = False, timeout: float = 1.5, **back: Any) -> Bench:
    operations = {"serve": {"work": 1.0, "effect": True}, "long": {"work": 4.0, "effect": True}}
    service = {"workers": 1, "operations": operations, **back}
    tables: dict[str, Any] = {"defaults": LINK} if latency else {}
    return Bench(service, policies(cancel, timeout={"value": timeout}), **tables)


def effects(made: Bench, name: str) -> int:
    ledger = made.roots[name].ledger
    return 0 if ledger is None else sum(ledger.units.values())


@pytest.mark.parametrize("cancel", ["never", "at_dequeue", "queued", "always"])
def test_the_caller_goes_on_when_its_timeout_is_over_whatever_the_callee_does(cancel: str) -> None:
    made = bench(cancel)
    made.ask("a", operation="long")
    made.ask("b")
    made.ask("c", at=20.0)
    assert made.run() == {"a": (1.5, "timeout"), "b": (1.5, "timeout"), "c": (21.0, "ok")}


@pytest.mark.parametrize(
    ("cancel", "busy", "left"),
    [("never", 5.0, [1, 1]), ("at_dequeue", 4.0, [1, 0]), ("queued", 4.0, [1, 0]), ("always", 1.5, [0, 0])],
)
def test_what_is_served_although_nobody_waits(cancel: str, busy: float, left: list[int]) -> None:
    made = bench(cancel)
    made.ask("serving", operation="long")
    made.ask("queued")
    made.run(100.0)
    tally = made.replica.tally
    assert (tally.busy_seconds(100.0), tally.wasted) == (busy, busy)
    assert [effects(made, "serving"), effects(made, "queued")] == left


def test_a_waiting_attempt_leaves_the_queue_when_the_cancel_message_arrives_and_not_before() -> None:
    made = bench("queued", latency=True)
    made.ask("serving", operation="long")
    made.ask("queued")
    made.run(1.74)
    assert made.replica.queued == 1
    made.run(1.76)
    assert made.replica.queued == 0
    assert made.replica.tally.queue_seconds(1.76) == pytest.approx(1.5)


def test_dropped_at_dequeue_it_holds_its_place_in_the_queue_until_then() -> None:
    made = bench("at_dequeue", queue={"capacity": 1})
    made.ask("serving", operation="long")
    made.ask("queued")
    made.ask("refused", at=3.0)
    made.ask("served", at=4.5)
    answers = made.run()
    assert answers["refused"] == (3.0, "rejected queue_full")
    assert answers["served"] == (5.5, "ok")


def test_work_that_is_aborted_frees_its_worker_for_the_next() -> None:
    made = bench("always", latency=True)
    made.ask("a", operation="long")
    made.ask("b", at=0.9)
    assert made.run() == {"a": (1.5, "timeout"), "b": (2.4, "timeout")}
    assert made.replica.tally.busy_seconds(1000.0) == pytest.approx((1.75 - 0.25) + (2.65 - 1.75))


def test_a_cancel_message_that_comes_after_the_answer_left_changes_nothing() -> None:
    made = bench("always", latency=True, timeout=1.4)
    made.ask("a")
    assert made.run() == {"a": (1.4, "timeout")}
    assert (made.replica.tally.executed, effects(made, "a")) == (1, 1)


def test_a_cancel_message_that_overtakes_its_request_leaves_nothing_to_serve() -> None:
    """The request takes 10 s while a fault slows the link; the cancel message, sent after it, takes none."""
    fault = {"name": "slow", "kind": "latency", "target": "front -> back", "at": 0.0, "for": 0.5, "add": 10.0}
    edge = policies("queued", timeout={"value": 1.0})
    made = Bench({"workers": 1, "operations": {"serve": {"work": 1.0}}}, edge, faults=[fault])
    made.ask("a", at=0.1)
    assert made.run() == {"a": (1.1, "timeout")}
    assert made.replica.tally.executed == 0
    assert sum(link.dropped for link in made.world.links) == 1


def test_found_expired_by_a_free_worker_it_is_dropped_as_well() -> None:
    """The request is under way for longer than its caller waits; a worker is free when it arrives."""
    edge = policies("at_dequeue", timeout={"value": 0.2})
    made = Bench({"workers": 1, "operations": {"serve": {"work": 1.0}}}, edge, defaults=LINK)
    made.ask("a")
    assert made.run() == {"a": (0.2, "timeout")}
    assert made.replica.tally.executed == 0


def test_a_caller_that_is_closed_gives_its_attempt_up() -> None:
    made = bench("always")
    made.ask("a", operation="long")
    made.environment.at(1.0, _give_up, made)
    made.environment.run_until(10.0)
    assert (made.answers, made.replica.busy, made.replica.executing) == ({}, 0, 0)


def _give_up(made: Bench) -> None:
    """What something outer does that gives up: it closes the call in the caller's own task."""
    root = made.roots["a"]
    made.journal.answered(root, made.world.links[0].timed_out, made.environment.now)
    made.environment.close(made.tasks["a"])


# -- deadlines handed down --------------------------------------------------------------------------------


def expiring(cancel: str = "never", **back: Any) -> Bench:
    operations = {
        "serve": {"work": 0.9},
        "long": {"work": 4.0},
        "steps": {"steps": [{"work": 1.0}, {"pause": 1.0}, {"work": 1.0}], "effect": True},
    }
    edge = policies(cancel, deadline={"total": 1.75, "propagate": True})
    return Bench({"workers": 1, "operations": operations, **back}, edge, defaults=LINK)


def test_work_found_expired_at_dequeue_is_dropped_even_under_cancel_never() -> None:
    made = expiring()
    made.ask("a", operation="long")
    made.ask("b", "c")
    made.ask("d", at=4.0)
    late = (1.75, "timeout")
    assert made.run() == {"a": late, "b": late, "c": late, "d": (pytest.approx(5.4), "ok")}
    assert made.replica.tally.executed == 2


def test_no_further_step_is_begun_after_the_deadline_but_the_present_one_is_finished() -> None:
    made = expiring()
    made.ask("a", operation="steps")
    assert made.run() == {"a": (1.75, "timeout")}
    assert made.replica.tally.busy_seconds(1000.0) == 2.0
    assert effects(made, "a") == 0


@pytest.mark.parametrize(("cancel", "dropped"), [("queued", 1), ("always", 2)])
def test_dropped_at_its_deadline_it_is_not_dropped_again_by_the_cancel_message(cancel: str, dropped: int) -> None:
    """The worker takes c up just after c's deadline, while its caller's cancel message is under way."""
    made = expiring(cancel)
    made.ask("a")
    made.ask("b", at=0.01)
    made.ask("c", at=0.2)
    made.run()
    assert made.replica.queued == 0
    assert sum(link.dropped for link in made.world.links) == dropped


def test_a_deadline_that_has_passed_on_the_way_finds_no_worker() -> None:
    edge = policies(deadline={"total": 0.2, "propagate": True})
    made = Bench({"workers": 1, "operations": {"serve": {"work": 1.0}}}, edge, defaults=LINK)
    made.ask("a")
    assert made.run() == {"a": (0.2, "timeout")}
    assert made.replica.tally.executed == 0
