"""The breaker's state machine, event by event."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from simulator.outcomes import OUTCOMES, Outcome
from simulator.policies.breaker import Breaker, Permit, State
from simulator.spec.policies import BreakerSpec


def breaker(**settings: Any) -> Breaker:
    return Breaker(BreakerSpec.model_validate({"max_failures": 3, "open_for": 10.0, **settings}))


def play(machine: Breaker, script: str) -> list[str]:
    """What came of each event of a script.

    ``0 call timeout`` is a call that is over at once, ``0 start a`` only its admission and ``1 end a ok`` its result;
    ``1 drop a`` a call that ended without one; ``5 tick`` the look at the clock. Each gives ``admitted? state``.
    """
    permits: dict[str, Permit] = {}
    seen = []
    for line in script.strip().split(","):
        time, what, *words = line.split()
        now = float(time)
        verdict = ""
        if what in ("call", "start"):
            permit = machine.admit(now)
            verdict = "refused " if permit is None else ""
            if permit is not None and what == "call":
                machine.record(permit, OUTCOMES[words[0]], now)
            elif permit is not None:
                permits[words[0]] = permit
        elif what == "end":
            machine.record(permits.pop(words[0]), OUTCOMES[words[1]], now)
        elif what == "drop":
            machine.release(permits.pop(words[0]))
        else:
            machine.tick(now)
        seen.append(verdict + machine.state.name.lower())
    return seen


class Case(NamedTuple):
    """Settings, a script, and what comes of each of its events."""

    settings: dict[str, Any]
    script: str
    expected: str


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
    "late failure from closed, admitted state: counted nowhere while open": Case(
        {**STRICT, "late_results": "admitted_state"},
        f"0 start a, {OPEN}, 9 end a timeout, 10.5 call ok",
        f"closed, {OPENED}, open, closed",
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
