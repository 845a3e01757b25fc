"""Whatever fails and whoever crashes: a saga ends done, or undone, or says that it is stuck."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.run import run_once
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge, Scenario
from tests.services.bench import experiment

LONGEST_STEP, UNDO = 0.007, 0.03
"""Seconds. An undo takes longer than what a given-up call still has to do, so it never overtakes its effect."""


class Calls:
    """Numbers the operations that a random saga calls, and writes them down."""

    def __init__(self) -> None:
        self.forward: dict[str, Any] = {}

    def step(self, share: float, work: float, **more: Any) -> dict[str, Any]:
        name = f"s{len(self.forward)}"
        self.forward[name] = {"work": work, "client_errors": share, "effect": True, "idempotent": True}
        return {"call": f"steps.{name}", "undo": "undos.undo", **more}


class Shape(NamedTuple):
    """One step before it has its operations: ``call``, ``all``, ``any`` or ``choose`` over some calls."""

    kind: str
    calls: list[tuple[float, float]]
    fail_fast: bool

    def written(self, calls: Calls) -> dict[str, Any]:
        steps = [calls.step(share, work) for share, work in self.calls]
        if self.kind == "call":
            return steps[0]
        if self.kind == "choose":
            return {"choose": [{"share": 1 / len(steps), "steps": [step]} for step in steps]}
        failure = "fail_fast" if self.fail_fast else "wait"
        return {"parallel": {"steps": steps, "until": self.kind, "on_failure": failure}}


shapes = st.builds(
    Shape,
    st.sampled_from(["call", "call", "all", "any", "choose"]),
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.2, 0.5]), st.sampled_from([0.001, 0.004, LONGEST_STEP])),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
undoing = st.fixed_dictionaries(
    {
        "undo_failed_step": st.sampled_from(["unknown", "always"]),
        "on_undo_failure": st.sampled_from(["continue", "stop"]),
    },
    optional={"timeout": st.sampled_from([0.006, 0.015])},
)
retried = st.fixed_dictionaries(
    {
        "undo_failed_step": st.sampled_from(["unknown", "always"]),
        "on_undo_failure": st.just("retry"),
        "undo_order": st.sampled_from(["reverse", "parallel"]),
        "undo_retry": st.just({"max_retries": 1, "backoff": {"kind": "exponential", "base": 0.01, "jitter": "full"}}),
    },
    optional={"timeout": st.sampled_from([0.006, 0.015])},
)


def play(
    steps: list[dict[str, Any]],
    calls: Calls,
    style: dict[str, Any],
    *,
    undo_fails: float,
    crashes: list[tuple[float, bool]] | None = None,
    seed: int = 1,
) -> list[tuple[str, str, int, int]]:
    """Outcome, state, stuck and duplicates of 40 sagas, one every 20 ms; `run_once` checks the books."""
    services = {
        "shop": {
            "workers": 50,
            "replicas": 2,
            "operations": {"buy": {"style": style, "broker": "jobs", "steps": steps}},
        },
        "steps": {"workers": "unlimited", "operations": calls.forward},
        "undos": {"workers": "unlimited", "operations": {"undo": {"work": UNDO, "server_errors": undo_fails}}},
    }
    faults = [
        {"name": f"c{number}", "kind": "crash", "target": "shop" if both else "shop[0]", "at": at, "for": 0.15}
        for number, (at, both) in enumerate(crashes or ())
    ]
    spec = experiment(
        services=services,
        brokers={"jobs": {"preset": "durable_queue", "redelivery_delay": 0.001, "max_deliveries": 2}},
        workload=[{"call": "shop.buy", "arrivals": {"process": "constant", "rate": 50.0}}],
        faults=faults,
        run={"duration": 0.8, "drain": 600.0, "seed": seed, "window": 0.8},
    )
    edges = {Edge("client", "shop", "buy"): EdgePolicies(), Edge("shop", "undos", "undo"): EdgePolicies()}
    edges |= {Edge("shop", "steps", name): EdgePolicies() for name in calls.forward}
    result = run_once(Scenario("sagas", "base", "", spec, edges), 0)
    assert result.requests is not None
    columns = [np.asarray(result.requests[name]).tolist() for name in ("outcome", "state", "stuck", "duplicates")]
    return list(zip(*columns, strict=True))


def check(rows: list[tuple[str, str, int, int]], *, answers_for_itself: bool) -> None:
    """Done, undone or stuck; and who is told ok has what it asked for."""
    assert len(rows) == 39
    for outcome, state, stuck, duplicates in rows:
        assert duplicates == 0
        assert state in {"done", "undone"} or (state == "orphaned" and stuck)
        if answers_for_itself and outcome != "unreachable":
            assert (outcome == "ok") == (state == "done") or stuck


@given(
    st.lists(shapes, min_size=1, max_size=4),
    undoing | retried,
    st.sampled_from(["saga", "hybrid"]),
    st.sampled_from([0.0, 0.4]),
    st.integers(0, 1000),
)
def test_orchestrated(steps: list[Shape], keys: dict[str, Any], kind: str, undo_fails: float, seed: int) -> None:
    calls = Calls()
    written = [shape.written(calls) for shape in steps]
    check(play(written, calls, {"kind": kind, **keys}, undo_fails=undo_fails, seed=seed), answers_for_itself=True)


@given(
    st.lists(shapes, min_size=1, max_size=4),
    undoing,
    st.sampled_from(["reverse", "parallel"]),
    st.sampled_from([0.0, 0.4]),
    st.integers(0, 1000),
)
def test_choreographed(steps: list[Shape], keys: dict[str, Any], order: str, undo_fails: float, seed: int) -> None:
    calls = Calls()
    written = [shape.written(calls) for shape in steps]
    if order == "parallel":
        keys = {**keys, "on_undo_failure": "continue"}
    style = {"kind": "choreography", "undo_order": order, **keys}
    check(play(written, calls, style, undo_fails=undo_fails, seed=seed), answers_for_itself=False)


@given(
    st.lists(shapes, min_size=1, max_size=4),
    undoing | retried,
    st.sampled_from(["saga", "hybrid"]),
    st.lists(st.tuples(st.floats(0.02, 0.9), st.booleans()), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.4]),
    st.integers(0, 1000),
)
@settings(max_examples=80)
def test_durable_orchestrators_that_crash(
    steps: list[Shape],
    keys: dict[str, Any],
    kind: str,
    crashes: list[tuple[float, bool]],
    undo_fails: float,
    seed: int,
) -> None:
    """Taken up again after longer than any step lasts, so that what was under way has ended."""
    calls = Calls()
    written = [shape.written(calls) for shape in steps]
    style = {"kind": kind, "durable": True, "resume_after": 0.05, **keys}
    rows = play(written, calls, style, undo_fails=undo_fails, crashes=crashes, seed=seed)
    check(rows, answers_for_itself=True)


@given(
    st.lists(shapes, min_size=1, max_size=3),
    st.lists(shapes, min_size=1, max_size=3),
    st.sampled_from(["saga", "hybrid", "choreography"]),
    st.integers(0, 1000),
)
def test_with_a_pivot(before: list[Shape], after: list[Shape], kind: str, seed: int) -> None:
    """What is done past the pivot is never taken back: an undone saga has not passed it."""
    calls = Calls()
    written = [shape.written(calls) for shape in before]
    pivot = calls.step(0.2, 0.001, pivot=True)
    del pivot["undo"]
    written.append(pivot)
    written += [shape.written(calls) for shape in after]
    style = {"kind": kind, "undo_failed_step": "unknown"}
    check(play(written, calls, style, undo_fails=0.0, seed=seed), answers_for_itself=kind != "choreography")
