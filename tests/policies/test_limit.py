"""Deadlines and outer timeouts: time is up for everything inside."""

from __future__ import annotations

import pytest

from simulator.network.attempt import NO_DEADLINE, Request
from simulator.policies.breaker import State
from simulator.policies.call import Call, Calling
from tests.policies.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_that_is_quick_enough_is_untouched(desk: Desk) -> None:
    assert desk.answer([desk.deadline(2.0)], desk.server(("server_error", 1.5))) == (1.5, "server_error")
    assert desk.lines == ["0: begin", "1.5: server_error"]


def test_a_slow_call_is_closed_and_ends_as_a_timeout(desk: Desk) -> None:
    assert desk.answer([desk.deadline(2.0)], desk.server(("ok", 3.0))) == (2.0, "timeout")
    assert desk.lines == ["0: begin", "2: closed"]


@pytest.mark.parametrize(("outer", "inner", "by"), [(2.0, 5.0, "outer"), (5.0, 2.0, "inner"), (2.0, 2.0, "outer")])
def test_of_two_nested_deadlines_the_shorter_one_counts(desk: Desk, outer: float, inner: float, by: str) -> None:
    seen: list[str] = []

    def look(call: Call) -> Call:
        def looking(request: Request) -> Calling:
            reply = yield from call(request)
            seen.append(reply.by)
            return reply

        return looking

    policies = [look, desk.deadline(outer, name="outer"), desk.deadline(inner, name="inner")]
    assert desk.answer(policies, desk.server(("ok", 9.0))) == (2.0, "timeout")
    assert seen == [by]
    assert desk.lines == ["0: begin", "2: closed"]


def test_after_an_inner_deadline_the_outer_one_still_runs(desk: Desk) -> None:
    policies = [desk.deadline(5.0), desk.retry(max_retries=9), desk.deadline(2.0)]
    assert desk.answer(policies, desk.server(("ok", 9.0))) == (5.0, "timeout")
    assert desk.lines == ["0: begin", "2: closed", "2: begin", "4: closed", "4: begin", "5: closed"]


def test_a_deadline_that_was_met_does_not_strike_later(desk: Desk) -> None:
    def twice(call: Call) -> Call:
        def calling(request: Request) -> Calling:
            yield from call(request)
            yield 10.0
            return (yield from call(request))

        return calling

    assert desk.answer([twice, desk.deadline(2.0)], desk.server(("ok", 1.0))) == (12.0, "ok")


def test_a_probe_that_is_closed_gives_its_permit_back_and_counts_as_nothing(desk: Desk) -> None:
    breaker, guarded = desk.breaker(max_failures=1, open_for=1.0)
    desk.ask("opens it", [guarded], desk.server(("timeout", 0.0)))
    desk.ask("slow probe", [desk.deadline(2.0), guarded], desk.server(("ok", 9.0)), at=2.0)
    desk.ask("meanwhile", [guarded], desk.server(("ok", 0.0)), at=3.0)
    desk.ask("next probe", [guarded], desk.server(("ok", 0.5)), at=4.5)
    desk.run(4.4)
    states = [breaker.state]
    desk.run()
    assert desk.answers == {
        "opens it": (0.0, "timeout"),
        "slow probe": (4.0, "timeout"),
        "meanwhile": (3.0, "rejected breaker_open"),
        "next probe": (5.0, "ok"),
    }
    assert [*states, breaker.state] == [State.HALF_OPEN, State.CLOSED]


def test_a_timeout_inside_a_breaker_is_a_failure_that_it_counts(desk: Desk) -> None:
    breaker, guarded = desk.breaker(max_failures=2, open_for=100.0)
    policies = [desk.retry(max_retries=1), guarded, desk.deadline(2.0)]
    assert desk.answer(policies, desk.server(("ok", 9.0))) == (4.0, "timeout")
    assert breaker.state is State.OPEN


def test_only_a_propagating_deadline_is_handed_down(desk: Desk) -> None:
    seen: list[float] = []

    def look(request: Request) -> Calling:
        seen.append(request.deadline)
        yield from ()
        return (yield from desk.server(("ok", 0.0))(request))

    desk.ask("kept", [desk.deadline(2.0)], look, at=1.0)
    desk.ask("handed down", [desk.deadline(2.0, propagate=True)], look, at=1.0)
    desk.ask("the earlier of two", [desk.deadline(2.0, propagate=True), desk.deadline(9.0, propagate=True)], look, at=1)
    desk.run()
    assert seen == [NO_DEADLINE, 3.0, 3.0]


def test_a_caller_that_is_closed_takes_everything_inside_with_it(desk: Desk) -> None:
    desk.ask("a", [desk.deadline(5.0), desk.retry(max_retries=2), desk.deadline(4.0)], desk.server(("ok", 3.0)))
    desk.give_up("a", at=1.0)
    desk.run()
    assert desk.lines == ["0: begin", "1: closed"]
    assert desk.answers == {}
