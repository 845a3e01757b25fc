"""Whatever the interleaving of answers, failures, time limits and give-ups: a hedged call has one outcome, every
attempt is ended once, no hedge exceeds its number or its budget, and no permit is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.outcomes import Outcome
from simulator.policies.hedge import Hedging
from simulator.policies.hedging import hedging
from simulator.spec.policies import HedgeSpec
from tests.policies.desk import Desk
from tests.services.bench import SPECS, Bench, policies

SPECS.setdefault("hedge", HedgeSpec)

outcomes = st.sampled_from(["ok", "server_error", "timeout", "client_error", "rejected queue_full"])
rules = st.fixed_dictionaries(
    {"delay": st.integers(0, 4).map(float), "max": st.integers(1, 3)},
    optional={
        "budget": st.fixed_dictionaries({"share": st.sampled_from([0.0, 0.1, 0.5, 1.0]), "burst": st.integers(1, 2)}),
        "non_fatal": st.sampled_from([(), ("server_error",), ("server_error", "timeout", "rejected")]),
    },
)
callers = st.lists(st.tuples(st.integers(0, 6), st.none() | st.integers(0, 8)), min_size=1, max_size=6)


@settings(max_examples=200)
@given(
    rules, st.lists(st.tuples(outcomes, st.integers(0, 6).map(float)), min_size=1, max_size=8), callers, st.booleans()
)
def test_every_attempt_ends_once_and_no_permit_is_lost(
    written: dict[str, Any],
    script: list[tuple[str, float]],
    callers: list[tuple[int, int | None]],
    limited: bool,
) -> None:
    desk = Desk()
    spec = HedgeSpec.model_validate(written)
    machine = Hedging(spec)
    breaker, guarded = desk.breaker(max_failures=1, open_for=1.0, half_open={"permits": 1})
    stack = [hedging(spec, lambda _: machine, desk.environment, desk.deadlines), guarded]
    if limited:
        stack.insert(0, desk.deadline(5.0))
    server = desk.server(*script)
    for number, (begin, gives_up_after) in enumerate(callers):
        desk.ask(f"{number}", stack, server, at=float(begin))
        if gives_up_after is not None:
            desk.give_up(f"{number}", at=begin + gives_up_after + 0.5)
    desk.run()
    begun = sum(line.endswith("begin") for line in desk.lines)
    assert len(desk.lines) == 2 * begun
    assert begun <= len(callers) * (1 + spec.max)
    if spec.budget is not None:
        assert begun <= len(callers) * (1 + spec.budget.share)
    patient = [str(number) for number, (_, after) in enumerate(callers) if after is None]
    assert all(name in desk.answers for name in patient)
    assert all(request.root.pending == 0 for request in desk.requests.values())
    permit = breaker.admit(2000.0)
    assert permit is not None, "a probe's permit was lost"
    breaker.record(permit, Outcome.OK, 2000.0)
    assert breaker.admit(2000.0) is not None


@settings(max_examples=60, deadline=None)
@given(
    cancel=st.sampled_from(["never", "at_dequeue", "queued", "always"]),
    delay=st.sampled_from([0.0, 0.5, 1.0]),
    most=st.integers(1, 3),
    timeout=st.none() | st.sampled_from([0.5, 1.5, 4.0]),
    deadline=st.none() | st.sampled_from([1.0, 2.0]),
    replicas=st.integers(1, 3),
    scope=st.sampled_from(["caller", "edge", "callee"]),
    balancing=st.sampled_from(["round_robin", "least_outstanding"]),
    arrivals=st.lists(st.integers(0, 4), min_size=1, max_size=6),
)
def test_the_books_balance_whatever_gives_up(
    cancel: str,
    delay: float,
    most: int,
    timeout: float | None,
    deadline: float | None,
    replicas: int,
    scope: str,
    balancing: str,
    arrivals: list[int],
) -> None:
    stack: dict[str, Any] = {} if deadline is None else {"deadline": {"total": deadline, "propagate": True}}
    stack["hedge"] = {"delay": delay, "max": most, "scope": scope}
    if timeout is not None:
        stack["timeout"] = {"dist": "constant", "value": timeout}
    operations = {"serve": {"work": {"dist": "exponential", "mean": 1.0}, "effect": True, "server_errors": 0.2}}
    place = {"workers": 1, "replicas": replicas, "queue": {"capacity": 2}, "balancing": balancing}
    bench = Bench({**place, "operations": operations}, policies(cancel, **stack))
    for number, at in enumerate(arrivals):
        bench.ask(f"{number}", at=float(at))
    bench.run()
    assert len(bench.answers) == len(arrivals)
    assert not bench.journal.active
    assert all(root.calls <= 1 + most for root in bench.roots.values())


@given(
    share=st.sampled_from([0.0, 0.05, 0.1, 1 / 3, 1.0]),
    burst=st.integers(1, 5),
    asked=st.lists(st.integers(0, 3), max_size=120),
)
def test_the_budget_is_never_overdrawn(share: float, burst: int, asked: list[int]) -> None:
    machine = Hedging(HedgeSpec.model_validate({"delay": 1.0, "budget": {"share": share, "burst": burst}}))
    spent = 0
    for calls, wanted in enumerate(asked, 1):
        machine.begin()
        granted = sum(machine.spend() for _ in range(wanted))
        spent += granted
        assert granted <= burst
        assert spent <= calls * share + 1e-6


@given(
    seen=st.lists(st.integers(0, 50).map(float), min_size=1, max_size=60),
    window=st.integers(1, 20),
    percentile=st.sampled_from([("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990), ("p999", 999)]),
)
def test_the_wait_is_the_nearest_rank_of_the_latest_times(
    seen: list[float], window: int, percentile: tuple[str, int]
) -> None:
    name, thousandths = percentile
    machine = Hedging(HedgeSpec.model_validate({"percentile": name, "minimum_calls": 1, "window": window}))
    for seconds in seen:
        machine.answered(seconds)
    wait = machine.begin()
    latest = sorted(seen[-window:])
    assert wait in latest
    assert 1000 * sum(value <= wait for value in latest) >= thousandths * len(latest)
    assert 1000 * sum(value < wait for value in latest) < thousandths * len(latest)
