"""The breaker round a call, and the lock that lets one call at a time through."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.network.attempt import Request
from simulator.policies.breaker import State
from simulator.policies.breaking import Mutex, serialised
from tests.policies.desk import Desk


def _always(mutex: Mutex) -> Callable[[Request], Mutex]:
    return lambda _: mutex


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_two_failures_open_it_and_the_next_call_never_reaches_the_server(desk: Desk) -> None:
    _, guarded = desk.breaker(max_failures=2, open_for=30.0)
    server = desk.server(("server_error", 0.25))
    for number in range(3):
        desk.ask(f"call {number}", [guarded], server, at=float(number))
    desk.run()
    assert [answer for _, answer in desk.answers.values()] == ["server_error", "server_error", "rejected breaker_open"]
    assert sum(line.endswith("begin") for line in desk.lines) == 2
    assert desk.requests["call 2"].root.mishaps.rejected == 1


def test_calls_that_were_under_way_when_it_opened_change_nothing(desk: Desk) -> None:
    breaker, guarded = desk.breaker(max_failures=1, open_for=10.0)
    desk.ask("slow", [guarded], desk.server(("ok", 5.0)))
    desk.ask("fails", [guarded], desk.server(("timeout", 1.0)))
    desk.run(6.0)
    assert desk.answers["slow"] == (5.0, "ok")
    assert breaker.state is State.OPEN


def test_a_call_is_slow_by_the_time_between_admission_and_result(desk: Desk) -> None:
    keys = {"kind": "window", "window": {"size": 2}, "minimum_calls": 2, "slow_call": {"longer_than": 1.0, "rate": 1.0}}
    breaker, guarded = desk.breaker(**keys)
    desk.ask("just not slow", [guarded], desk.server(("ok", 1.0)), at=0.0)
    desk.ask("slow", [guarded], desk.server(("ok", 1.5)), at=2.0)
    desk.ask("slow too", [guarded], desk.server(("ok", 1.5)), at=6.0)
    states = []
    for end in (5.0, 10.0):
        desk.run(end)
        states.append(breaker.state)
    assert states == [State.CLOSED, State.OPEN]


def test_a_caller_that_gives_up_gives_its_permit_back_and_records_nothing(desk: Desk) -> None:
    breaker, guarded = desk.breaker(max_failures=1, open_for=1.0)
    desk.ask("fails", [guarded], desk.server(("timeout", 1.0)))
    desk.ask("probe", [guarded], desk.server(("ok", 50.0)), at=3.0)
    desk.give_up("probe", at=4.0)
    desk.ask("next probe", [guarded], desk.server(("ok", 1.0)), at=5.0)
    desk.run(5.5)
    assert breaker.state is State.HALF_OPEN
    desk.run()
    assert desk.answers["next probe"] == (6.0, "ok")


# -- the lock ---------------------------------------------------------------------------------------------


def test_a_serialised_call_waits_for_the_one_before_in_order_of_arrival(desk: Desk) -> None:
    lock = serialised(desk.environment, _always(Mutex(desk.environment)), "edge")
    for number, name in enumerate("abc"):
        desk.ask(name, [lock], desk.server(("ok", 1.0)), at=number / 4)
    desk.run()
    assert desk.answers == {"a": (1.0, "ok"), "b": (2.0, "ok"), "c": (3.0, "ok")}


def test_the_wait_for_the_lock_is_part_of_the_call(desk: Desk) -> None:
    lock = serialised(desk.environment, _always(Mutex(desk.environment)), "edge")
    desk.ask("a", [lock], desk.server(("ok", 3.0)))
    desk.ask("b", [desk.deadline(2.0), lock], desk.server(("ok", 1.0)))
    desk.run()
    assert desk.answers["b"] == (2.0, "timeout")
    assert desk.lines == ["0: begin", "3: ok"]


def test_an_abandoned_ticket_is_passed_over(desk: Desk) -> None:
    mutex = Mutex(desk.environment)
    lock = serialised(desk.environment, _always(mutex), "edge")
    for name in "abc":
        desk.ask(name, [lock], desk.server(("ok", 2.0)))
    desk.give_up("b", at=1.0)
    desk.run()
    assert desk.answers == {"a": (2.0, "ok"), "c": (4.0, "ok")}
    assert not mutex.held


def test_a_lock_that_was_just_handed_over_is_passed_on_by_who_is_closed_before_it_runs(desk: Desk) -> None:
    mutex = Mutex(desk.environment)
    lock = serialised(desk.environment, _always(mutex), "edge")
    for name in "abc":
        desk.ask(name, [lock], desk.server(("ok", 2.0)))
    desk.run(1.0)

    def hand_over_and_close(_: None) -> None:
        desk.environment.close(desk.tasks["a"])  # hands the lock to b, which has not run yet
        desk.environment.close(desk.tasks["b"])

    desk.environment.at(1.5, hand_over_and_close, None)
    desk.run()
    assert desk.answers == {"c": (3.5, "ok")}
    assert not mutex.held


callers = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 8), st.none() | st.integers(0, 20)), min_size=1, max_size=12
)


@given(callers)
def test_one_at_a_time_in_order_and_the_lock_is_free_at_the_end(callers: list[tuple[int, int, int | None]]) -> None:
    desk = Desk()
    mutex = Mutex(desk.environment)
    lock = serialised(desk.environment, _always(mutex), "edge")
    for number, (begin, seconds, gives_up_after) in enumerate(callers):
        desk.ask(f"{number}", [lock], desk.server(("ok", float(seconds))), at=float(begin))
        if gives_up_after is not None:
            desk.give_up(f"{number}", at=begin + gives_up_after + 0.5)
    desk.run()
    inside = 0
    for line in desk.lines:
        inside += 1 if line.endswith("begin") else -1
        assert 0 <= inside <= 1
    assert inside == 0
    assert not mutex.held
    patient = [name for name, (begin, _, after) in zip(map(str, range(99)), callers, strict=False) if after is None]
    in_order = sorted(patient, key=lambda name: (callers[int(name)][0], int(name)))
    assert [name for name in desk.answers if name in patient] == in_order
