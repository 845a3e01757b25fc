"""Breakers that judge by rates, event by event."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.policies.breaker import Breaker
from simulator.spec.policies import BreakerSpec
from tests.policies.breaker_script import Case, play

RATES: dict[str, Any] = {"kind": "window", "minimum_calls": 2, "failure_rate": 0.5}
LAST_4 = {**RATES, "window": {"type": "count", "size": 4}}


def timed(anchor: str, **more: Any) -> dict[str, Any]:
    return {**RATES, "window": {"type": "time", "size": 10.0, "bucket": 1.0, "anchor": anchor}, **more}


WINDOW_CASES = {
    "a success can be what opens it": Case(
        {**LAST_4, "minimum_calls": 3}, "0 call timeout, 0 call timeout, 0 call ok", "closed, closed, open"
    ),
    "evaluated on failure: a success cannot": Case(
        {**LAST_4, "minimum_calls": 3, "evaluated": "failure"},
        "0 call timeout, 0 call timeout, 0 call ok, 0 call timeout",
        "closed, closed, closed, open",
    ),
    "a count window holds no more than its size, so no more are needed": Case(
        {**LAST_4, "minimum_calls": 100},
        "0 call timeout, 0 call timeout, 0 call timeout, 0 call timeout",
        "closed, closed, closed, open",
    ),
    "slow calls open it, whatever came of them": Case(
        {**LAST_4, "slow_call": {"longer_than": 1.0, "rate": 0.5}},
        "0 call ok, 0 call ok/1.0, 0 call ok/1.001, 0 call ok/1.001",
        "closed, closed, closed, open",
    ),
    "a fifth of a second is no longer than a fifth, though floats say so": Case(
        {**LAST_4, "slow_call": {"longer_than": 0.2, "rate": 0.5}},
        f"0 call ok/{10.3 - 10.1!r}, 0 call ok/{0.3 - 0.1!r}",
        "closed, closed",
    ),
    "a rate without binary form is exact": Case(
        {**LAST_4, "failure_rate": 0.6, "minimum_calls": 5, "window": {"size": 5}},
        "0 call ok, 0 call ok, 0 call timeout, 0 call timeout, 0 call timeout",
        "closed, closed, closed, closed, open",
    ),
    "calls in flight count among the calls": Case(
        {**LAST_4, "in_flight": True, "failure_rate": 0.6},
        "0 start a, 0 start b, 0 call timeout, 0 call timeout, 0 drop b, 0 call timeout",
        "closed, closed, closed, closed, closed, open",
    ),
    "clock: buckets begin at whole multiples": Case(
        timed("clock"), "0.999 call timeout, 10.0 call timeout", "closed, closed"
    ),
    "state: buckets begin when it closes": Case(
        {**timed("state"), "half_open": {"closes_after": 1}, "open_for": 0.25},
        "0 call timeout, 0 call timeout, 0.5 call ok, 1.4 call timeout, 10.4 call timeout",
        "closed, open, closed, closed, open",
    ),
    "first result: a bucket lasts from its first result": Case(
        timed("first_result"),
        "0.5 call timeout, 10.499 call timeout",
        "closed, open",
    ),
    "first result: it goes when it is as old as the window": Case(
        timed("first_result"), "0.5 call timeout, 10.5 call timeout", "closed, closed"
    ),
    "a short window is one bucket": Case(
        {**RATES, "window": {"type": "time", "size": 0.1}},
        "0 call timeout, 0.1 call timeout, 0.15 call timeout",
        "closed, closed, open",
    ),
    "tick: opens at the end of a bucket, as of that time": Case(
        {**timed("state"), "evaluated": "tick"},
        "0.2 call timeout, 0.9 call timeout, 11 call ok, 11.1 call ok",
        "closed, closed, refused open, closed",
    ),
    "tick: what comes at the tick is in the next bucket": Case(
        {**timed("state"), "evaluated": "tick"},
        "0.2 call timeout, 1 call timeout, 1.5 tick, 2 tick",
        "closed, closed, closed, open",
    ),
    "tick: a rate rises when successes are forgotten": Case(
        {**timed("clock"), "evaluated": "tick"},
        "0 call ok, 0 call ok, 0 call ok, 5 call timeout, 5 call timeout, 10.9 tick, 11 tick",
        "closed, closed, closed, closed, closed, closed, open",
    ),
    "half-open by rate: a verdict after so many results": Case(
        {**LAST_4, "half_open": {"permits": 3, "counted": "in_total", "verdict": "rate", "results": 3}},
        "0 call timeout, 0 call timeout, 31 call timeout, 31 call ok, 31 call ok",
        "closed, open, half_open, half_open, closed",
    ),
    "half-open by rate: results default to the smaller of minimum_calls and permits": Case(
        {**LAST_4, "half_open": {"permits": 3, "counted": "in_total", "verdict": "rate"}},
        "0 call timeout, 0 call timeout, 31 call timeout, 31 call ok",
        "closed, open, half_open, open",
    ),
}


@pytest.mark.parametrize("case", WINDOW_CASES.values(), ids=WINDOW_CASES.keys())
def test_window(case: Case) -> None:
    machine = Breaker(BreakerSpec.model_validate({"open_for": 10.0, **case.settings}))
    assert play(machine, case.script) == [part.strip() for part in case.expected.split(",")]


def test_a_breaker_that_follows_a_clock_asks_for_ticks_only_while_they_could_open_it() -> None:
    machine = Breaker(BreakerSpec.model_validate({"preset": "hystrix"}))
    alarms: list[float] = []
    machine.wake_by(alarms.append)
    play(machine, "0.1 call ok, 0.2 call ok")
    assert alarms == []
    play(machine, "0.3 call timeout, 0.4 call timeout")
    assert alarms == [0.5]
    while alarms[-1] < 60 and len(alarms) < 99:
        before = len(alarms)
        machine.tick(alarms[-1])
        if len(alarms) == before:
            break
    assert alarms == [number / 2 for number in range(1, 22)]
