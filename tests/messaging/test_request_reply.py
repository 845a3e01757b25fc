"""Calls over queues: requests and answers as messages, found again by their attempt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.messaging.request_reply import QueuedLink
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge
from tests.messaging.ledgers import QUICK, fault, troubles
from tests.services.bench import Bench, policies
from tests.support import ONCE, play


def over_queues(cancel: str = "never", **stack: Any) -> EdgePolicies:
    """Policies of an edge over the broker ``bus``."""
    return policies(cancel, **stack).model_copy(update={"via": "bus"})


def bench(
    back: dict[str, Any] | None = None,
    edge: EdgePolicies | None = None,
    broker: dict[str, Any] | None = None,
    **tables: Any,
) -> Bench:
    service = {"workers": 1, "operations": {"serve": {"work": 1.0, "effect": True}}, **(back or {})}
    return Bench(service, edge or over_queues(), brokers={"bus": {**QUICK, **(broker or {})}}, **tables)


def link(made: Bench) -> QueuedLink:
    (found,) = (link for link in made.world.links if isinstance(link, QueuedLink) and link.sent)
    return found


TIMEOUT: dict[str, Any] = {"timeout": {"value": 2.5}}


def test_a_request_and_its_answer_each_take_the_way_over_the_broker() -> None:
    network = {
        "front -> bus": {"latency": 1.0},
        "bus -> front": {"latency": 16.0},
        "back -> bus": {"latency": 4.0},
        "bus -> back": {"latency": 8.0},
    }
    made = bench(broker={"publish_latency": 0.5, "delivery_latency": 0.25, "visibility_timeout": 99.0}, network=network)
    made.ask("a")
    there = 1.0 + 0.5 + 8.0 + 0.25
    assert made.run()["a"] == (there + 1.0 + 4.0 + 0.5 + 16.0 + 0.25, "ok")


def test_each_answer_finds_its_own_caller() -> None:
    operations = {
        "slow": {"work": 5.0},
        "serve": {"work": 1.0},
        "wrong": {"work": 2.0, "server_errors": {"share": 1.0}},
    }
    made = bench({"workers": 9, "operations": operations}, broker={"visibility_timeout": 99.0})
    made.ask("a", operation="slow")
    made.ask("b", at=0.5)
    made.ask("c", operation="wrong")
    assert made.run() == {"a": (5.0, "ok"), "b": (1.5, "ok"), "c": (2.0, "server_error")}


@pytest.mark.parametrize("kind", ["client_errors", "server_errors"])
def test_an_error_is_an_answer_like_any_other_and_is_not_redelivered(kind: str) -> None:
    made = bench({"operations": {"serve": {"work": 1.0, kind: {"share": 1.0}}}})
    made.ask("a")
    assert made.run()["a"] == (1.0, kind.removesuffix("s"))
    tally = made.world.broker_tallies["bus"]
    assert (tally.redeliveries, tally.handled) == (0, 2)  # the request and the answer


def test_at_most_so_many_requests_are_served_as_the_queue_has_consumers() -> None:
    made = bench({"workers": 2})
    made.ask("a", "b", "c", "d")
    assert made.run() == {"a": (1.0, "ok"), "b": (1.0, "ok"), "c": (2.0, "ok"), "d": (2.0, "ok")}


def test_a_request_that_was_given_up_is_served_all_the_same_and_its_answer_dropped() -> None:
    made = bench({"workers": 1}, over_queues(**TIMEOUT))
    made.ask("a", "b", "c", "d")
    assert made.run() == {"a": (1.0, "ok"), "b": (2.0, "ok"), "c": (2.5, "timeout"), "d": (2.5, "timeout")}
    assert (link(made).late, made.world.broker_tallies["bus"].lost["late_reply"]) == (2, 2)
    assert made.world.services["back"].tally.wasted == 2.0


def test_with_at_dequeue_a_request_expires_in_the_queue_and_one_in_service_does_not() -> None:
    made = bench({"workers": 1}, over_queues("at_dequeue", **TIMEOUT))
    made.ask("a", "b", "c", "d")
    made.run()
    assert made.world.services["back"].tally.wasted == 1.0  # c was in service when its caller gave up
    assert [len(root.ledger.units) if root.ledger else 0 for root in made.roots.values()] == [1, 1, 1, 0]
    assert link(made).late == 1


def test_steps_are_carried_out_as_for_a_direct_call() -> None:
    """A leaf and an operation of several steps, also where they may be found expired."""
    operations = {
        "serve": {"work": 1.0, "effect": True},
        "steps": {"steps": [{"work": 1.0}, {"pause": 1.0}], "effect": True},
    }
    for cancel in ("never", "at_dequeue"):
        made = bench({"workers": 2, "operations": operations}, over_queues(cancel, timeout={"value": 9.0}))
        made.ask("a")
        made.ask("b", operation="steps")
        assert made.run() == {"a": (1.0, "ok"), "b": (2.0, "ok")}


def test_a_crash_makes_the_request_come_again_after_the_visibility_timeout() -> None:
    made = bench({"replicas": 2}, faults=[fault("crash", 0.5, 99.0, "back[0]")])
    made.ask("a")
    assert made.run()["a"] == (4.0, "ok")  # 3 s after the hand-over, by the other replica
    assert made.world.broker_tallies["bus"].redeliveries == 1


def test_a_request_that_is_served_twice_is_answered_once() -> None:
    made = bench({"workers": 2}, broker={"visibility_timeout": 0.5})
    made.ask("a")
    assert made.run()["a"] == (1.0, "ok")
    assert (link(made).answered, link(made).late) == (1, 1)
    assert made.roots["a"].ledger is not None
    assert made.roots["a"].ledger.duplicates == 1


def test_a_request_that_kills_every_worker_is_answered_by_nobody() -> None:
    """Three deliveries into three crashes: a dead letter, and the caller's own timeout."""
    crashes = [fault("crash", at + 0.5, 0.5) for at in (0.0, 3.0, 6.0)]
    made = bench(None, over_queues(timeout={"value": 20.0}), broker={"max_deliveries": 3}, faults=crashes)
    made.ask("a")
    assert made.run()["a"] == (20.0, "timeout")
    assert made.world.broker_tallies["bus"].dead == 1


def test_a_broker_that_is_down_is_unreachable() -> None:
    made = bench(faults=[fault("broker_down", 0.0, 9.0, "broker:bus")])
    made.ask("a", at=1.0)
    assert made.run()["a"] == (1.0, "unreachable")


def test_an_answer_that_finds_the_broker_down_is_lost() -> None:
    made = bench(None, over_queues(**TIMEOUT), faults=[fault("broker_down", 0.5, 1.0, "broker:bus")])
    made.ask("a")
    assert made.run()["a"] == (2.5, "timeout")
    assert made.world.broker_tallies["bus"].lost["broker_down"] == 1
    assert made.roots["a"].mishaps.lost == 1


@pytest.mark.parametrize("target", ["back -> bus", "bus -> front"])
def test_an_answer_that_finds_its_way_cut_is_lost(target: str) -> None:
    made = bench(None, over_queues(**TIMEOUT), faults=[fault("partition", 0.5, 1.0, target)])
    made.ask("a")
    assert made.run()["a"] == (2.5, "timeout")
    assert made.world.broker_tallies["bus"].lost["network"] == 1


def test_a_confirmation_that_is_lost_fails_the_call_and_its_answer_comes_too_late() -> None:
    network = {"bus -> front": {"latency": 0.5}}
    made = bench(None, over_queues(), network=network, faults=[fault("partition", 0.0, 0.2, "bus -> front")])
    made.ask("a")
    assert made.run()["a"][1] == "unreachable"
    assert link(made).late == 1


def test_retries_wrap_attempts_as_on_any_edge() -> None:
    made = bench(
        {"replicas": 2},
        over_queues(retry={"max_retries": 3}, timeout={"value": 1.5}),
        faults=[fault("crash", 0.5, 1.0)],
    )
    made.ask("a")
    assert made.run()["a"] == (2.5, "ok")
    assert link(made).sent == 2


def test_a_deadline_handed_down_voids_what_is_taken_up_too_late() -> None:
    edge = over_queues(deadline={"total": 1.5, "propagate": True})
    made = bench({"workers": 1}, edge)
    made.ask("a", "b", "c")
    assert made.run() == {"a": (1.0, "ok"), "b": (1.5, "timeout"), "c": (1.5, "timeout")}
    assert made.world.services["back"].tally.executed == 3
    assert made.roots["c"].ledger is None


FILE = f"""
services:
  desk: {{workers: 1, operations: {{serve: {{work: 1s}}}}}}
brokers: {{bus: {{preset: durable_queue, publish_latency: 0s, delivery_latency: 0s}}}}
calls: {{"client -> desk": {{via: bus}}}}
workload: [{{call: desk.serve, name: serve, arrivals: {ONCE}}}]
run: {{duration: 199s}}
"""


def test_a_client_without_policies_may_ask_over_a_queue_too(tmp_path: Any) -> None:
    played = play(tmp_path, FILE)
    assert played.figure("serve", "latency_mean") == pytest.approx(1.0)
    assert played.count("call:client->desk") == 1
    assert played.count("broker:bus") == 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 40).map(lambda quarter: quarter / 4), min_size=1, max_size=10),
    troubles(),
    st.sampled_from(["never", "at_dequeue"]),
    st.booleans(),
    st.integers(1, 2),
    st.booleans(),
    st.integers(0, 1000),
)
def test_every_caller_has_one_answer_and_the_books_balance_whatever_fails(
    times: list[float],
    faults: list[dict[str, Any]],
    cancel: str,
    retried: bool,
    replicas: int,
    lossy: bool,
    seed: int,
) -> None:
    stack: dict[str, Any] = {"retry": {"max_retries": 2}} if retried else {}
    made = bench(
        {"replicas": replicas, "operations": {"serve": {"steps": [{"work": 0.5}, {"pause": 0.25}], "effect": True}}},
        over_queues(cancel, **stack, timeout={"value": 4.0}),
        broker={"visibility_timeout": 1.0, "max_deliveries": 3},
        faults=faults,
        network={"back -> bus": {"latency": 0.1, "loss": 0.2}, "front -> bus": {"latency": 0.1}} if lossy else {},
        run={"duration": 400.0, "seed": seed},
    )
    for number, time in enumerate(times):
        made.ask(f"{number}", at=time)
    answers = made.run(400.0)
    assert len(answers) == len(times)
    assert not made.journal.active
    ways = [way for way in made.world.links if isinstance(way, QueuedLink)]
    assert all(way.sent == way.answered + way.dropped for way in ways)


def test_a_fallback_and_an_undo_may_have_ways_of_their_own() -> None:
    """Only the edge that says so goes over the queue."""
    made = Bench(
        {"workers": 1, "operations": {"serve": {"steps": [{"call": "helper.go"}]}}},
        policies(),
        services={"helper": {"workers": 1, "operations": {"go": {"work": 1.0}}}},
        more_edges={Edge("back", "helper", "go"): over_queues()},
        brokers={"bus": QUICK},
    )
    made.ask("a")
    assert made.run()["a"] == (1.0, "ok")
    assert {link.name for link in made.world.links if isinstance(link, QueuedLink)} == {"back -> helper.go"}
