"""The breaker's state machine, event by event."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.outcomes import Outcome
from simulator.policies.breaker import State
from tests.policies.breaker_script import Case, breaker, play

STRICT: dict[str, Any] = {"preset": "strict"}
V1: dict[str, Any] = {"preset": "document_v1"}
V2: dict[str, Any] = {"preset": "document_v2"}
OPEN = "0 call timeout, 0 call timeout, 0 call timeout"
OPENED = "closed, closed, open"

CASES = {
    "opens at the last of the failures": Case(STRICT, OPEN, OPENED),
    "a success sets the count back": Case(
        STRICT, f"0 call timeout, 0 call timeout, 0 call ok, {OPEN}", f"closed, closed, closed, {OPENED}"
    ),
    "failures never expire": Case(STRICT, "0 call timeout, 900 call timeout, 9000 call timeout", OPENED),
    "strict: a client error is a success": Case(
        STRICT, "0 call timeout, 0 call timeout, 0 call client_error, 0 call timeout", "closed, closed, closed, closed"
    ),
    "strict: a rejection from further down counts as nothing": Case(
        STRICT, "0 call timeout, 0 call timeout, 0 call rejected, 0 call timeout", "closed, closed, closed, open"
    ),
    "refuses while open": Case(STRICT, f"{OPEN}, 5 call ok", f"{OPENED}, refused open"),
    "after: still open at exactly the end": Case(STRICT, f"{OPEN}, 10 call ok", f"{OPENED}, refused open"),
    "after: the first call strictly later is a probe": Case(STRICT, f"{OPEN}, 10.001 start a", f"{OPENED}, half_open"),
    "at: the first call at the end is a probe": Case(
        {**STRICT, "open_ends": "at"}, f"{OPEN}, 9.999 call ok, 10 start a", f"{OPENED}, refused open, half_open"
    ),
    "timer: half-open without any call": Case(
        {**STRICT, "open_ends": "timer"}, f"{OPEN}, 9.999 tick, 10 tick", f"{OPENED}, open, half_open"
    ),
    "the open time counts from the last failure": Case(
        STRICT,
        "0 call timeout, 1 call timeout, 2 call timeout, 12 call ok, 12.5 call ok",
        "closed, closed, open, refused open, closed",
    ),
    "strict: one probe at a time": Case(
        STRICT, f"{OPEN}, 11 start a, 11 start b, 12 end a ok", f"{OPENED}, half_open, refused half_open, closed"
    ),
    "strict: a failed probe opens again": Case(
        STRICT,
        f"{OPEN}, 11 call timeout, 21 call ok, 21.5 call ok",
        f"{OPENED}, open, refused open, closed",
    ),
    "a probe without a result gives its permit back": Case(
        STRICT, f"{OPEN}, 11 start a, 12 drop a, 12 start b", f"{OPENED}, half_open, half_open, half_open"
    ),
    "a call from before that ends without a result gives no probe's permit back": Case(
        STRICT,
        f"0 start a, {OPEN}, 11 start b, 12 drop a, 12 start c",
        f"closed, {OPENED}, half_open, half_open, refused half_open",
    ),
    "a probe rejected further down gives its permit back": Case(
        STRICT,
        f"{OPEN}, 11 start a, 12 end a rejected, 12 start b",
        f"{OPENED}, half_open, half_open, half_open",
    ),
    "after closing the count begins anew": Case(
        STRICT, f"{OPEN}, 11 call ok, 12 call timeout, 12 call timeout", f"{OPENED}, closed, closed, closed"
    ),
    "several permits": Case(
        {**STRICT, "half_open": {"permits": 2}},
        f"{OPEN}, 11 start a, 11 start b, 11 start c",
        f"{OPENED}, half_open, half_open, refused half_open",
    ),
    "closes after several successes": Case(
        {**STRICT, "half_open": {"closes_after": 2}},
        f"{OPEN}, 11 call ok, 11 call ok",
        f"{OPENED}, half_open, closed",
    ),
    "closes_after counts anew after each opening": Case(
        {**STRICT, "half_open": {"closes_after": 2}},
        f"{OPEN}, 11 call ok, 11 call timeout, 22 call ok, 22 call ok",
        f"{OPENED}, half_open, open, half_open, closed",
    ),
    "opens again after several failures": Case(
        {**STRICT, "half_open": {"opens_after": 2}},
        f"{OPEN}, 11 call timeout, 11 call timeout",
        f"{OPENED}, half_open, open",
    ),
    "v1: half-open failure opens at once": Case(V1, f"{OPEN}, 11 call timeout", f"{OPENED}, open"),
    "v1: half-open success closes, count 0": Case(
        V1, f"{OPEN}, 11 call ok, 11 call timeout, 11 call timeout", f"{OPENED}, closed, closed, closed"
    ),
    "v1: first call strictly later": Case(V1, f"{OPEN}, 10 call ok, 10.5 call ok", f"{OPENED}, refused open, closed"),
    "v1: half-open without a limit": Case(
        V1, f"{OPEN}, 11 start a, 11 start b, 11 start c", f"{OPENED}, half_open, half_open, half_open"
    ),
    "v2: half-open counts anew": Case(
        V2,
        f"{OPEN}, 11 call timeout, 11 call timeout, 11 call timeout",
        f"{OPENED}, half_open, half_open, open",
    ),
    "v2: half-open success closes, count 0": Case(
        V2,
        f"{OPEN}, 11 call timeout, 11 call timeout, 11 call ok, 11 call timeout, 11 call timeout",
        f"{OPENED}, half_open, half_open, closed, closed, closed",
    ),
    "v2: half-open without a limit": Case(V2, f"{OPEN}, 11 start a, 11 start b", f"{OPENED}, half_open, half_open"),
    "document: limited where the file says so": Case(
        {**V2, "half_open": {"permits": 1}},
        f"{OPEN}, 11 start a, 11 start b",
        f"{OPENED}, half_open, refused half_open",
    ),
    "document: every error counts": Case(V1, "0 call client_error, 0 call rejected, 0 call server_error", OPENED),
    "failures are what the file lists": Case(
        {**STRICT, "failures": ["client_error"]},
        "0 call timeout, 0 call client_error, 0 call client_error, 0 call client_error",
        "closed, closed, closed, open",
    ),
    "late failure ignored": Case(
        STRICT,
        f"0 start a, {OPEN}, 9 end a timeout, 10.5 call ok",
        f"closed, {OPENED}, open, closed",
    ),
    "late failure in the current state: the open time begins anew": Case(
        {**STRICT, "late_results": "current_state"},
        f"0 start a, {OPEN}, 9 end a timeout, 10.5 call ok, 19.5 call ok",
        f"closed, {OPENED}, open, refused open, closed",
    ),
    "late success ignored in half-open": Case(
        STRICT, f"0 start a, {OPEN}, 11 start b, 12 end a ok", f"closed, {OPENED}, half_open, half_open"
    ),
    "late success in the current state closes a half-open one": Case(
        {**STRICT, "late_results": "current_state"},
        f"0 start a, {OPEN}, 11 start b, 12 end a ok",
        f"closed, {OPENED}, half_open, closed",
    ),
    "late failure from closed, admitted state: one more of its run, so the open time begins anew": Case(
        {**STRICT, "late_results": "admitted_state"},
        f"0 start a, {OPEN}, 9 end a timeout, 10.5 call ok, 19.5 call ok",
        f"closed, {OPENED}, open, refused open, closed",
    ),
    "late success from closed, admitted state: ends the run, and a late failure then changes nothing": Case(
        {**STRICT, "late_results": "admitted_state"},
        f"0 start a, 0 start b, {OPEN}, 8 end a ok, 9 end b timeout, 10.5 call ok",
        f"closed, closed, {OPENED}, open, open, closed",
    ),
    "late probe, admitted state: its failure opens the closed one again": Case(
        {**V1, "late_results": "admitted_state"},
        f"{OPEN}, 11 start a, 11 call ok, 12 end a timeout",
        f"{OPENED}, half_open, closed, open",
    ),
    "late failure while open changes nothing where the file says so": Case(
        {**STRICT, "late_results": "current_state", "while_open": {"failure": "ignored"}},
        f"0 start a, {OPEN}, 9 end a timeout, 10.5 call ok",
        f"closed, {OPENED}, open, closed",
    ),
    "late success while open closes where the file says so": Case(
        {**STRICT, "late_results": "current_state", "while_open": {"success": "closes"}},
        f"0 start a, {OPEN}, 9 end a ok, 9 call timeout",
        f"closed, {OPENED}, closed, closed",
    ),
    "probes counted in total are not given back": Case(
        {**STRICT, "half_open": {"permits": 2, "counted": "in_total", "closes_after": 2}},
        f"{OPEN}, 11 start a, 11 end a ok, 11 start b, 11 start c",
        f"{OPENED}, half_open, half_open, half_open, refused half_open",
    ),
    "probes counted in total are given back without a result": Case(
        {**STRICT, "half_open": {"permits": 1, "counted": "in_total"}},
        f"{OPEN}, 11 start a, 11 drop a, 11 start b, 11 end b rejected, 11 start c",
        f"{OPENED}, half_open, half_open, half_open, half_open, half_open",
    ),
    "half-open without a verdict opens again after max_wait, for a whole open time": Case(
        {**STRICT, "half_open": {"max_wait": 2.0}},
        f"{OPEN}, 11 start a, 12.999 tick, 13 tick, 23 call ok, 23.5 call ok",
        f"{OPENED}, half_open, half_open, open, refused open, closed",
    ),
    "max_wait that is over is seen by the next call": Case(
        {**STRICT, "half_open": {"max_wait": 2.0}},
        f"{OPEN}, 11 start a, 14 call ok, 23 call ok, 23.5 call ok",
        f"{OPENED}, half_open, refused open, refused open, closed",
    ),
    "open times grow with each opening and are as before once it has closed": Case(
        {**STRICT, "growth": {"multiplier": 2.0}},
        f"{OPEN}, 11 call timeout, 31 call ok, 31.5 call ok, {OPEN.replace('0', '40')}, 51 call ok",
        f"{OPENED}, open, refused open, closed, {OPENED}, closed",
    ),
    "open times grow to a most": Case(
        {**STRICT, "growth": {"multiplier": 3.0, "max": 15.0}},
        f"{OPEN}, 11 call timeout, 26 call ok, 26.5 call timeout, 41.5 call ok, 42 call ok",
        f"{OPENED}, open, refused open, open, refused open, closed",
    ),
    "open times are exact where floats are not": Case(
        {**STRICT, "open_for": 0.2, "open_ends": "at"},
        "0.1 call timeout, 0.1 call timeout, 0.1 call timeout, 0.299999999 call ok, 0.3 call ok",
        f"{OPENED}, refused open, closed",
    ),
    "a tumbling window clears the run of failures": Case(
        {**STRICT, "window": {"type": "tumbling", "size": 5.0}},
        "0 call timeout, 5 call timeout, 5.1 call timeout, 10.1 call timeout, 10.1 call timeout",
        "closed, closed, closed, closed, open",
    ),
    "results of calls from before a tumbling window are late": Case(
        {**STRICT, "window": {"type": "tumbling", "size": 5.0}},
        "0 start a, 6 call timeout, 6 call timeout, 6 end a timeout, 6 call timeout",
        "closed, closed, closed, closed, open",
    ),
    "what is neither a failure nor ignored is a success": Case(
        {**STRICT, "failures": ["timeout"], "ignored": ["rejected"]},
        "0 call timeout, 0 call timeout, 0 call rejected, 0 call server_error, 0 call timeout",
        "closed, closed, closed, closed, closed",
    ),
    "late failure from closed, admitted state: counts once closed again": Case(
        {**STRICT, "late_results": "admitted_state"},
        f"0 start a, {OPEN}, 11 call ok, 12 call timeout, 12 call timeout, 12 end a timeout",
        f"closed, {OPENED}, closed, closed, closed, open",
    ),
    "late probe ignored once closed": Case(
        V1,
        f"{OPEN}, 11 start a, 11 call ok, 12 call timeout, 12 call timeout, 12 end a timeout",
        f"{OPENED}, half_open, closed, closed, closed, closed",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_breaker(case: Case) -> None:
    assert play(breaker(**case.settings), case.script) == [part.strip() for part in case.expected.split(",")]


def test_a_late_probe_gives_no_permit_back_twice() -> None:
    machine = breaker(half_open={"permits": 2, "closes_after": 1})
    play(machine, OPEN)
    first, second = machine.admit(11), machine.admit(11)
    assert first is not None
    assert second is not None
    machine.record(first, Outcome.TIMEOUT, 12)  # opens again: the second probe is late from now on
    probes = [machine.admit(23), machine.admit(23)]
    machine.record(second, Outcome.OK, 24)
    assert None not in probes
    assert (machine.admit(24), machine.state) == (None, State.HALF_OPEN)


def test_openings_are_counted_and_changes_reported() -> None:
    machine = breaker()
    changes: list[tuple[float, str]] = []
    machine.watch(lambda now, state: changes.append((now, state.name.lower())))
    play(machine, f"{OPEN}, 11 call timeout, 22 call ok")
    assert machine.opens == 2
    assert changes == [(0, "open"), (11, "half_open"), (11, "open"), (22, "half_open"), (22, "closed")]


@pytest.mark.parametrize("script", ["0 call timeout, 0 call timeout", OPEN, f"{OPEN}, 11 start a"])
def test_a_crash_of_its_process_makes_it_forget(script: str) -> None:
    machine = breaker()
    play(machine, script)
    machine.reset(12)
    assert play(machine, "12 call timeout, 12 call timeout, 12 call timeout") == ["closed", "closed", "open"]


def test_a_result_from_before_a_crash_is_late() -> None:
    machine = breaker()
    permit = machine.admit(0)
    assert permit is not None
    play(machine, "0 call timeout, 0 call timeout")
    machine.reset(1)
    play(machine, "2 call timeout, 2 call timeout")
    machine.record(permit, Outcome.TIMEOUT, 3)
    assert machine.state is State.CLOSED


def test_a_breaker_asks_to_be_woken_when_it_changes_by_itself() -> None:
    machine = breaker(open_ends="timer", half_open={"max_wait": 2.0})
    alarms: list[float] = []
    machine.wake_by(alarms.append)
    play(machine, OPEN)
    machine.tick(alarms[0])
    assert (alarms, machine.state) == ([10.0, 12.0], State.HALF_OPEN)
    machine.tick(alarms[1])
    assert (alarms, machine.state) == ([10.0, 12.0, 22.0], State.OPEN)


@pytest.mark.parametrize("end", [0.1 + 0.2, 86400.1, 1e7 + 0.3, 5e8 + 0.1])
def test_who_wakes_a_breaker_when_it_asked_for_it_is_in_time(end: float) -> None:
    machine = breaker(open_ends="timer", open_for=end)
    alarms: list[float] = []
    machine.wake_by(alarms.append)
    play(machine, OPEN)
    machine.tick(alarms[0])
    assert machine.state is State.HALF_OPEN
    assert alarms[0] == pytest.approx(end, abs=1e-6)
