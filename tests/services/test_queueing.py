"""How a replica serves, queues and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.bench import Bench, policies

SERVE = {"serve": {"work": 1.0}}


def bench(**service: Any) -> Bench:
    return Bench({"workers": 1, "operations": SERVE, **service})


def test_serves_as_many_at_once_as_it_has_workers() -> None:
    made = bench(workers=2)
    made.ask("a", "b", "c", "d", "e")
    assert made.run() == {"a": (1, "ok"), "b": (1, "ok"), "c": (2, "ok"), "d": (2, "ok"), "e": (3, "ok")}


@pytest.mark.parametrize(("discipline", "order"), [("fifo", "abcd"), ("lifo", "adcb")])
def test_takes_the_next_by_its_discipline(discipline: str, order: str) -> None:
    made = bench(queue={"discipline": discipline})
    for place, name in enumerate("abcd"):
        made.ask(name, at=place / 10)
    made.run()
    assert "".join(made.answers) == order


def test_refuses_at_once_what_finds_its_queue_full() -> None:
    made = bench(queue={"capacity": 2})
    made.ask("a", "b", "c", "d", at=0.5)
    made.ask("e", at=1.75)
    assert made.run() == {
        "d": (0.5, "rejected queue_full"),
        "a": (1.5, "ok"),
        "b": (2.5, "ok"),
        "c": (3.5, "ok"),
        "e": (4.5, "ok"),
    }
    assert made.replica.tally.refused == 1


def test_a_full_queue_of_one_replica_is_not_anothers() -> None:
    made = bench(replicas=2, queue={"capacity": 1})
    made.ask("a", "b", "c", "d", "e")
    assert [outcome for _, outcome in made.run().values()].count("ok") == 4


def test_contention_adds_time_for_each_request_in_flight_at_the_start_of_work() -> None:
    made = bench(workers=10, contention=0.25)
    made.ask("alone")
    for name in ("first", "second", "third"):
        made.ask(name, at=10.0)
    made.run()
    first = made.times["first"] - 10.0
    assert made.times["alone"] == first >= 1.0
    assert [made.times[name] - 10.0 - first for name in ("second", "third")] == [0.25, 0.5]


def test_busy_and_queueing_time_add_up() -> None:
    made = bench()
    made.ask("a", "b", "c")
    made.run(10.0)
    tally = made.replica.tally
    assert tally.busy_seconds(10.0) == 3.0
    assert tally.queue_seconds(10.0) == 1.0 + 2.0
    assert (tally.executed, tally.take_max()) == (3, 2)


def test_an_operation_of_its_own_name_shares_workers_with_the_others() -> None:
    made = Bench({"workers": 1, "operations": {"serve": {"work": 1.0}, "long": {"work": 5.0}}})
    made.ask("a", operation="long")
    made.ask("b")
    assert made.run() == {"a": (5, "ok"), "b": (6, "ok")}


# -- threads and event loops ------------------------------------------------------------------------------

WAITS = {"serve": {"steps": [{"work": 1.0}, {"pause": 10.0}, {"work": 1.0}]}}


def test_a_thread_waits_with_its_request() -> None:
    made = bench(operations=WAITS)
    made.ask("a", "b")
    assert made.run() == {"a": (12, "ok"), "b": (24, "ok")}


def test_an_event_loop_serves_others_meanwhile() -> None:
    made = bench(operations=WAITS, holds_worker=False)
    made.ask("a", "b")
    assert made.run() == {"a": (12, "ok"), "b": (13, "ok")}


def test_who_comes_back_queues_at_the_tail() -> None:
    operations = {"serve": {"steps": [{"work": 1.0}, {"pause": 0.5}, {"work": 1.0}]}, "long": {"work": 3.0}}
    made = Bench({"workers": 1, "holds_worker": False, "operations": operations})
    made.ask("a")
    made.ask("b", "c", operation="long")  # in the queue when a comes back at 1.5
    assert made.run() == {"b": (4, "ok"), "c": (7, "ok"), "a": (8, "ok")}


def test_who_comes_back_is_never_refused_though_newcomers_are() -> None:
    operations = {"serve": {"steps": [{"work": 1.0}, {"pause": 0.5}, {"work": 1.0}]}, "long": {"work": 3.0}}
    made = Bench({"workers": 1, "holds_worker": False, "queue": {"capacity": 1}, "operations": operations})
    made.ask("a")
    made.ask("b", operation="long", at=0.5)
    made.ask("c", operation="long", at=1.25)
    made.ask("d", operation="long", at=1.75)
    assert made.run() == {"d": (1.75, "rejected queue_full"), "b": (4, "ok"), "c": (7, "ok"), "a": (8, "ok")}


def test_with_a_free_worker_who_comes_back_goes_on_at_once() -> None:
    made = bench(operations=WAITS, holds_worker=False)
    made.ask("a")
    made.ask("b", at=5.0)
    made.ask("c", at=6.0)
    assert made.run() == {"a": (12, "ok"), "b": (17, "ok"), "c": (18, "ok")}


# -- drawn failures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "outcome", "time"),
    [
        ({"work": 1.0, "server_errors": 1.0}, "server_error", 1.0),
        ({"work": 1.0, "client_errors": 1.0}, "client_error", 1.0),
        ({"steps": [{"work": 1.0}, {"work": 2.0}], "client_errors": 1.0}, "client_error", 1.0),
        ({"steps": [{"work": 1.0}, {"work": 2.0}], "server_errors": 1.0}, "server_error", 3.0),
        ({"steps": [{"pause": 1.0}], "client_errors": 1.0}, "client_error", 0.0),
        ({"steps": [{"pause": 1.0}, {"work": 1.0}], "client_errors": 1.0}, "client_error", 2.0),
    ],
)
def test_a_drawn_failure_takes_its_time_and_leaves_no_effect(
    operation: dict[str, Any], outcome: str, time: float
) -> None:
    made = bench(operations={"serve": {"effect": True, **operation}})
    made.ask("a")
    (answer,) = made.run().values()
    assert answer[0] == time
    assert answer[1].startswith(outcome)
    assert made.roots["a"].ledger is None


def test_an_ok_leaves_the_effect_though_nobody_waits_any_more() -> None:
    made = Bench(
        {"workers": 1, "operations": {"serve": {"work": 2.0, "effect": True}}}, policies(timeout={"value": 1.0})
    )
    made.ask("a")
    assert made.run() == {"a": (1, "timeout")}
    ledger = made.roots["a"].ledger
    assert ledger is not None
    assert list(ledger.units.values()) == [1]
