"""Bulkheads: the two machines, event by event, and the policy on a clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from simulator.network.attempt import Request
from simulator.policies.bulkhead import Bulkhead, Entry, bulkhead_of
from simulator.policies.bulkheading import bulkheading
from simulator.policies.call import Call, Calling, Policy
from simulator.spec.policies import BulkheadSpec
from tests.policies.desk import Desk
from tests.support import play


class Someone:
    """Who waits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.withdrawn = False


def played(script: str, **settings: Any) -> list[str]:
    """What came of each event: ``T in NAME`` asks (in, wait or full), ``T out`` gives a permit back (who got it, or
    free), ``T gone NAME`` leaves the queue. Each with the permits that are out and those waiting."""
    machine: Bulkhead[Someone] = bulkhead_of(BulkheadSpec.model_validate(settings))
    people: dict[str, Someone] = {}
    seen = []
    for line in script.split(","):
        time, what, *name = line.split()
        if what == "in":
            entry = machine.enter(float(time))
            if entry is Entry.WAIT:
                machine.join(people.setdefault(name[0], Someone(name[0])))
            said = entry.name.lower()
        elif what == "out":
            heir = machine.leave(float(time))
            said = "free" if heir is None else heir.name
        else:
            machine.abandon(people[name[0]])
            said = "gone"
        seen.append(f"{said} {machine.busy}+{machine.waiting}")
    return seen


class Case(NamedTuple):
    settings: dict[str, Any]
    script: str
    expected: str


POOL: dict[str, Any] = {"kind": "thread_pool", "core": 1, "max": 3, "queue": 1, "keep_alive": 10.0}
CASES = {
    "no waiting by default": Case(
        {"limit": 2}, "0 in a, 0 in b, 0 in c, 1 out, 1 in d", "in 1+0, in 2+0, full 2+0, free 1+0, in 2+0"
    ),
    "who came first is next": Case(
        {"limit": 1, "max_wait": 9.0},
        "0 in a, 0 in b, 0 in c, 1 out, 2 out, 3 out",
        "in 1+0, wait 1+1, wait 1+2, b 1+1, c 1+0, free 0+0",
    ),
    "the queue has an end": Case(
        {"limit": 1, "queue": 1, "max_wait": "unlimited"},
        "0 in a, 0 in b, 0 in c, 1 out, 1 in d",
        "in 1+0, wait 1+1, full 1+1, b 1+0, wait 1+1",
    ),
    "who has gone leaves the place to another": Case(
        {"limit": 1, "queue": 2, "max_wait": 9.0},
        "0 in a, 0 in b, 0 in c, 0 gone c, 0 in d, 1 out, 1 out",
        "in 1+0, wait 1+1, wait 1+2, gone 1+1, wait 1+2, b 1+1, d 1+0",
    ),
    "core, then queue, then up to max, then full": Case(
        POOL,
        "0 in a, 0 in b, 0 in c, 0 in d, 0 in e",
        "in 1+0, wait 1+1, in 2+1, in 3+1, full 3+1",
    ),
    "a thread beyond core serves on while it is kept alive": Case(
        POOL,
        "0 in a, 0 in b, 0 in c, 1 out, 2 out, 2 out, 11 in d, 11 in e, 11 in f",
        "in 1+0, wait 1+1, in 2+1, b 2+0, free 1+0, free 0+0, in 1+0, in 2+0, wait 2+1",
    ),
    "a thread beyond core ends when it was idle long enough": Case(
        POOL,
        "0 in a, 0 in b, 0 in c, 1 out, 2 out, 2 out, 12 in d, 12 in e, 12 in f",
        "in 1+0, wait 1+1, in 2+1, b 2+0, free 1+0, free 0+0, in 1+0, wait 1+1, in 2+1",
    ),
    "core threads never end": Case(
        {**POOL, "core": 2, "queue": 0},
        "0 in a, 1 out, 500 in b, 500 in c, 500 in d, 500 in e",
        "in 1+0, free 0+0, in 1+0, in 2+0, in 3+0, full 3+0",
    ),
    "hystrix: ten threads and no queue": Case(
        {"preset": "hystrix"},
        ", ".join(f"0 in {number}" for number in range(11)),
        ", ".join([*(f"in {number}+0" for number in range(1, 11)), "full 10+0"]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_machine(name: str) -> None:
    case = CASES[name]
    assert played(case.script, **case.settings) == case.expected.split(", ")


# -- the policy on a clock --------------------------------------------------------------------------------


def guarded(desk: Desk, **settings: Any) -> tuple[Bulkhead[Any], Policy]:
    spec = BulkheadSpec.model_validate(settings)
    machine: Bulkhead[Any] = bulkhead_of(spec)
    return machine, bulkheading(desk.environment, desk.deadlines, lambda _: machine, spec.max_wait, "edge")


def asked(desk: Desk, policies: list[Policy], *names: str, server: Call | None = None) -> None:
    call = server or desk.server(("ok", 4.0))
    for name in names:
        desk.ask(name, policies, call)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_full_bulkhead_refuses_at_once_and_the_server_is_not_asked(desk: Desk) -> None:
    machine, policy = guarded(desk, limit=1)
    asked(desk, [policy], "a", "b")
    desk.run()
    assert desk.answers == {"b": (0.0, "rejected bulkhead_full"), "a": (4.0, "ok")}
    assert desk.lines == ["0: begin", "4: ok"]
    assert (desk.requests["a"].root.mishaps.rejected, desk.requests["b"].root.mishaps.rejected) == (0, 1)
    assert machine.busy == 0


def test_a_call_waits_for_a_permit_and_no_longer_than_it_may(desk: Desk) -> None:
    machine, policy = guarded(desk, limit=1, max_wait=5.0)
    asked(desk, [policy], "a", "b", "c")
    desk.run()
    assert desk.answers == {"a": (4.0, "ok"), "c": (5.0, "rejected bulkhead_full"), "b": (8.0, "ok")}
    assert (machine.busy, machine.waiting) == (0, 0)


def test_a_place_that_has_expired_is_free_again(desk: Desk) -> None:
    _, policy = guarded(desk, limit=1, queue=1, max_wait=1.0)
    asked(desk, [policy], "a", "b", "c")
    desk.ask("d", [policy], desk.server(("ok", 1.0)), at=3.5)
    desk.run()
    assert desk.answers["b"] == (1.0, "rejected bulkhead_full")
    assert desk.answers["c"] == (0.0, "rejected bulkhead_full")
    assert desk.answers["d"] == (5.0, "ok")


def test_who_gives_up_waiting_leaves_the_queue(desk: Desk) -> None:
    machine, policy = guarded(desk, limit=1, max_wait="unlimited")
    asked(desk, [policy], "a", "b", "c")
    desk.give_up("b", at=1.0)
    desk.run()
    assert desk.answers == {"a": (4.0, "ok"), "c": (8.0, "ok")}
    assert (machine.busy, machine.waiting) == (0, 0)


def test_the_wait_counts_towards_a_deadline_outside(desk: Desk) -> None:
    machine, policy = guarded(desk, limit=1, max_wait="unlimited")
    asked(desk, [desk.deadline(3.0), policy], "a", "b")
    desk.run()
    assert desk.answers == {"a": (3.0, "timeout"), "b": (3.0, "timeout")}
    assert (machine.busy, machine.waiting) == (0, 0)


def test_a_deadline_handed_down_ends_the_wait_as_a_timeout(desk: Desk) -> None:
    machine, policy = guarded(desk, limit=1, max_wait=3.0)

    def handing_down(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            request.deadline = 2.0
            return (yield from inner(request))

        return call

    asked(desk, [policy], "a")
    asked(desk, [handing_down, policy], "b")
    desk.run()
    assert desk.answers == {"b": (2.0, "timeout"), "a": (4.0, "ok")}
    assert desk.requests["b"].root.mishaps.rejected == 0
    assert (machine.busy, machine.waiting) == (0, 0)


@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_a_permit_handed_to_a_closed_task_is_passed_on(desk: Desk, gap: float) -> None:
    machine, policy = guarded(desk, limit=1, max_wait="unlimited")
    asked(desk, [policy], "a", "b", "c")

    def hand_over_and_close(_: None) -> None:
        desk.environment.close(desk.tasks["a"])  # hands the permit to b, which has not run yet
        desk.environment.close(desk.tasks["b"])

    desk.environment.at(1.0 + gap, hand_over_and_close, None)
    desk.run()
    assert desk.answers == {"c": (5.0 + gap, "ok")}
    assert (machine.busy, machine.waiting) == (0, 0)


def test_a_permit_that_comes_at_the_last_moment_is_used_or_passed_on_but_not_both(desk: Desk) -> None:
    machine, policy = guarded(desk, limit=1, max_wait=4.0)  # the answer comes as the wait ends
    asked(desk, [policy], "a", "b", "c")
    desk.run()
    ends = sorted(text for _, text in desk.answers.values())
    assert ends in (["ok", "ok", "rejected bulkhead_full"], ["ok", "rejected bulkhead_full", "rejected bulkhead_full"])
    assert (machine.busy, machine.waiting) == (0, 0)


def test_a_wait_and_a_deadline_outside_that_end_at_once_leave_one_place(desk: Desk) -> None:
    machine, policy = guarded(desk, limit=1, max_wait=3.0)
    asked(desk, [policy], "a")
    asked(desk, [desk.deadline(3.0), policy], "b")
    desk.run()
    assert desk.answers == {"b": (3.0, "timeout"), "a": (4.0, "ok")}
    assert (machine.busy, machine.waiting) == (0, 0)


# -- in a model -------------------------------------------------------------------------------------------

MODEL = """
    services:
      front: {workers: 1000, operations: {buy: {steps: [{call: back.serve}]}}}
      back: {workers: 100, operations: {serve: {work: 10s}}}
    workload: [{call: front.buy, arrivals: {process: constant, rate: 1/s}}]
    run: {duration: 100s, record: requests}
    calls:
      "front -> back": {timeout: 2s, bulkhead: {limit: 3, scope: SCOPE}}
"""


@pytest.mark.parametrize("scope", ["caller", "edge", "callee"])
def test_a_permit_returns_when_the_caller_gives_up_even_if_the_callee_works_on(tmp_path: Path, scope: str) -> None:
    shown = play(tmp_path, MODEL.replace("SCOPE", scope))  # two wait at a time, ten are at work at the callee
    assert {(row.timeouts, row.rejected) for row in shown.rows()} == {(1, 0)}


def test_a_permit_is_held_as_long_as_the_caller_waits(tmp_path: Path) -> None:
    shown = play(tmp_path, MODEL.replace("SCOPE", "caller"), 'calls."front -> back".timeout=7.5s')
    refused = [row.reason == "bulkhead_full" for row in shown.rows()]
    assert refused[:11] == [False] * 3 + [True] * 5 + [False] * 3


@pytest.mark.parametrize("scope", ["caller", "edge", "callee"])
@pytest.mark.parametrize("cancel", ["never", "at_dequeue", "queued", "always"])
def test_a_crash_of_callers_who_hold_and_await_permits_loses_none(tmp_path: Path, scope: str, cancel: str) -> None:
    """The books are checked at the end of the run: every permit is back."""
    shown = play(
        tmp_path,
        MODEL.replace("SCOPE", scope),
        "services.back.operations.serve.work=1.5s",
        f'calls."front -> back".cancel={cancel}',
        'calls."front -> back".bulkhead={limit: 1, max_wait: 5s, scope: ' + scope + "}",
        "faults=[{kind: crash, target: front, at: 20.6s, for: 5s}]",
    )
    ends = {round(row.arrived): row.reason.split()[0] for row in shown.rows() if row.outcome != "ok"}
    assert {ends[second] for second in range(19, 26)} == {"unreachable"}  # broken off, or asked while it was down
    assert any(second not in ends for second in range(27, 32)), "nobody was served after the crash"


# -- what is written --------------------------------------------------------------------------------------

PRESETS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {"kind": "semaphore", "limit": 25, "queue": None, "max_wait": 0.0}),
    "resilience4j": ({"preset": "resilience4j"}, {"kind": "semaphore", "limit": 25, "queue": None, "max_wait": 0.0}),
    "resilience4j's pool": (
        {"preset": "resilience4j", "kind": "thread_pool", "core": 7, "max": 8},
        {"core": 7, "max": 8, "queue": 100, "keep_alive": 0.02, "max_wait": None, "limit": None},
    ),
    "hystrix": ({"preset": "hystrix"}, {"kind": "thread_pool", "core": 10, "queue": 0, "keep_alive": 60.0}),
    "hystrix's semaphore": ({"preset": "hystrix", "kind": "semaphore"}, {"limit": 10, "max_wait": 0.0, "core": None}),
    "envoy": ({"preset": "envoy", "queue": 7}, {"limit": 1024, "queue": 7, "max_wait": None}),
    "istio": ({"preset": "istio"}, {"limit": 2**32 - 1, "queue": 2**32 - 1}),
    "polly": ({"preset": "polly"}, {"limit": 1000, "queue": 0}),
}


@pytest.mark.parametrize("name", PRESETS)
def test_preset(name: str) -> None:
    written, expected = PRESETS[name]
    spec = BulkheadSpec.model_validate(written, context={"file": True})
    assert {key: getattr(spec, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"kind": "thread_pool"}, "'core' is missing"),
        ({"core": 3}, "core belongs to the other kind"),
        ({"kind": "thread_pool", "core": 3, "limit": 3}, "limit belongs to the other kind"),
        ({"kind": "thread_pool", "core": 3, "max": 2}, "max must not be below core"),
        ({"queue": "lots"}, "whole number|integer"),
        ({"max_wait": 3}, "no unit"),
    ],
)
def test_a_mistake_is_refused(written: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BulkheadSpec.model_validate(written, context={"file": True})
