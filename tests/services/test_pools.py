"""Pools: who holds a permit, who waits for it, and that each one comes back."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.services.pools import PoolTally
from tests.services.bench import Bench, policies

HOLD = {"serve": {"steps": [{"with": {"pool": "db", "steps": [{"work": 1.0}]}}]}}


def bench(size: int = 1, wait: float | None = None, **more: Any) -> Bench:
    service = {"workers": 10, "pools": {"db": {"size": size, "wait": wait}}, "operations": HOLD, **more.pop("back", {})}
    return Bench(service, **more)


def tally(made: Bench) -> PoolTally:
    return made.world.services["back"].pools["db"]


def test_permits_are_handed_on_in_order_of_arrival() -> None:
    made = bench(2)
    made.ask("a", "b", "c", "d", "e")
    assert made.run() == {"a": (1, "ok"), "b": (1, "ok"), "c": (2, "ok"), "d": (2, "ok"), "e": (3, "ok")}


def test_each_replica_has_a_pool_of_its_own() -> None:
    made = bench(back={"replicas": 2})
    made.ask("a", "b")
    assert made.run() == {"a": (1, "ok"), "b": (1, "ok")}


@pytest.mark.parametrize(("wait", "times"), [(0.0, (0, 0)), (0.5, (0.5, 0.5)), (1.5, (2, 1.5))])
def test_who_waits_too_long_fails(wait: float, times: tuple[float, float]) -> None:
    made = bench(wait=wait)
    made.ask("a", "b", "c")
    answers = made.run()
    assert [answers[name][0] for name in "bc"] == list(times)
    assert answers["c"][1] == "server_error pool_exhausted"
    assert tally(made).refused == (1 if wait > 1 else 2)
    assert tally(made).out_now == tally(made).queued_now == 0


def test_the_cause_says_that_the_pool_was_exhausted() -> None:
    made = bench(wait=0.0)
    made.ask("a", "b")
    made.run()
    reply = made.roots["b"].reply
    assert reply is not None
    assert (reply.root_cause.outcome.label, reply.root_cause.reason) == ("rejected", "pool_exhausted")


def test_a_deadline_ends_the_wait() -> None:
    made = bench(edge=policies(deadline={"total": 0.5, "propagate": True}))
    made.ask("a", "b")
    assert made.run() == {"a": (0.5, "timeout"), "b": (0.5, "timeout")}
    assert (tally(made).refused, tally(made).left, tally(made).out_now) == (0, 1, 0)


def test_whoever_is_aborted_gives_its_permit_to_the_next() -> None:
    made = bench(edge=policies("always", timeout={"value": 0.25}))
    made.ask("a", "b")
    made.ask("c", at=0.25)
    assert made.run() == {"a": (0.25, "timeout"), "b": (0.25, "timeout"), "c": (0.5, "timeout")}
    assert tally(made).granted == 3
    assert tally(made).out_now == tally(made).queued_now == 0


def test_a_crash_brings_every_permit_back() -> None:
    fault = {"kind": "crash", "target": "back", "at": 0.5, "for": 0.5}
    made = bench(faults=[fault])
    made.ask("a", "b", "c")
    made.ask("d", at=2.0)
    answers = made.run()
    assert answers["d"] == (3, "ok")
    assert {answers[name] for name in "abc"} == {(0.5, "unreachable")}
    assert tally(made).out_now == tally(made).queued_now == 0


@pytest.mark.parametrize(("holds_worker", "time"), [(True, 2.5), (False, 1.5)])
def test_a_thread_waits_for_its_permit_and_an_event_loop_does_not(holds_worker: bool, time: float) -> None:
    """With two workers, one at the pool and one waiting for it: is there one left for who needs no pool?"""
    operations = {**HOLD, "short": {"work": 0.5}}
    made = bench(back={"workers": 2, "holds_worker": holds_worker, "operations": operations})
    made.ask("a", "b", "c")
    made.ask("s", operation="short", at=1.0)
    assert made.run()["s"] == (time, "ok")


def test_time_held_and_waited_is_counted() -> None:
    made = bench()
    made.ask("a", "b", "c")
    made.run(10.0)
    counted = tally(made)
    assert counted.out_seconds(10.0) == pytest.approx(3.0)
    assert counted.queue_seconds(10.0) == pytest.approx(1.0 + 2.0)
    assert counted.waited == pytest.approx(1.0 + 2.0)
    assert (counted.granted, counted.take_max()) == (3, 2)


def test_branches_take_a_permit_each() -> None:
    branch = {"with": {"pool": "db", "steps": [{"work": 1.0}]}}
    operations = {"serve": {"steps": [{"parallel": {"steps": [branch, branch], "on_failure": "fail_fast"}}]}}
    made = bench(back={"operations": operations})
    made.ask("a")
    assert made.run() == {"a": (2, "ok")}


def test_client_errors_are_drawn_after_the_first_work_inside() -> None:
    operations = {"serve": {**HOLD["serve"], "client_errors": 1.0}}
    made = bench(back={"operations": operations})
    made.ask("a")
    assert made.run() == {"a": (1, "client_error")}
