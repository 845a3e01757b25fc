"""Whatever the interleaving of answers, timeouts, late answers and cancellations: no permit of a bulkhead is lost or
given twice, and who waits is served in order of arrival."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.network.attempt import Request
from simulator.outcomes import OK
from simulator.policies.bulkhead import Bulkhead, bulkhead_of
from simulator.policies.bulkheading import bulkheading
from simulator.policies.call import Call, Calling
from simulator.spec.policies import BulkheadSpec
from tests.policies.desk import Desk


class Caller(NamedTuple):
    """One caller: when it asks, how long the answer takes, its timeouts inside and outside the bulkhead, when it is
    closed, and whether it hands down a deadline. Seconds."""

    begin: int
    answer: int
    inside: int | None
    outside: int | None
    closed: int | None
    deadline: int | None


TIME = st.integers(0, 8)
NEVER_OR = st.none() | TIME
CALLERS = st.lists(st.builds(Caller, TIME, TIME, NEVER_OR, NEVER_OR, NEVER_OR, NEVER_OR), min_size=1, max_size=12)
WAITS = st.sampled_from([0.0, 1.0, 3.0, "unlimited"])
SEMAPHORES = st.fixed_dictionaries(
    {"limit": st.integers(1, 3), "queue": st.sampled_from([0, 1, 2, "unlimited"]), "max_wait": WAITS}
)
POOLS = st.fixed_dictionaries(
    {
        "kind": st.just("thread_pool"),
        "core": st.integers(1, 2),
        "max": st.integers(2, 3),
        "queue": st.sampled_from([0, 1, 2, "unlimited"]),
        "max_wait": WAITS,
        "keep_alive": st.sampled_from([0.0, 2.0, 100.0]),
    }
)


class Inside:
    """Counts who is inside, and remembers the most there were and who came in order."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0
        self.order: list[int] = []

    def call(self, seconds: float) -> Call:
        def call(request: Request) -> Calling:
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(request.root.ordinal)
            try:
                yield seconds
            finally:
                self.now -= 1
            return OK

        return call


def handing_down(deadline: float) -> Any:
    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            request.deadline = deadline
            return (yield from inner(request))

        return call

    return policy


def play(written: dict[str, Any], callers: list[Caller]) -> tuple[Desk, Bulkhead[Any], Inside]:
    desk, inside = Desk(), Inside()
    spec = BulkheadSpec.model_validate(written)
    machine: Bulkhead[Any] = bulkhead_of(spec)
    guard = bulkheading(desk.environment, desk.deadlines, lambda _: machine, spec.max_wait, "edge")
    for number, who in enumerate(callers):
        policies = [] if who.deadline is None else [handing_down(float(who.begin + who.deadline))]
        if who.outside is not None:
            policies.append(desk.deadline(float(who.outside)))
        policies.append(guard)
        if who.inside is not None:
            policies.append(desk.deadline(float(who.inside)))
        desk.ask(f"{number}", policies, inside.call(float(who.answer)), at=float(who.begin))
        if who.closed is not None:
            desk.environment.at(float(who.begin + who.closed), close, (desk, f"{number}"))
    desk.run()
    return desk, machine, inside


def close(who: tuple[Desk, str]) -> None:
    desk, name = who
    if name in desk.tasks:
        desk.environment.close(desk.tasks[name])


@settings(max_examples=200)
@given(SEMAPHORES | POOLS, CALLERS)
def test_no_permit_is_lost_and_none_given_twice(written: dict[str, Any], callers: list[Caller]) -> None:
    desk, machine, inside = play(written, callers)
    assert inside.most <= max(written.get("limit", 0), written.get("core", 0), written.get("max", 0))
    assert (inside.now, machine.busy, machine.waiting) == (0, 0, 0)
    closed = {f"{number}" for number, who in enumerate(callers) if who.closed is not None}
    assert set(desk.answers) | closed == {f"{number}" for number in range(len(callers))}


@settings(max_examples=200)
@given(st.integers(1, 3), CALLERS)
def test_who_has_patience_is_served_in_order_of_arrival(limit: int, callers: list[Caller]) -> None:
    desk, _, inside = play({"limit": limit, "max_wait": "unlimited"}, callers)
    came = [int(name) for name in desk.requests]
    patient = [number for number, who in enumerate(callers) if (who.outside, who.closed, who.deadline) == (None,) * 3]
    in_order = sorted(patient, key=lambda number: (callers[number].begin, number))
    assert [came[ordinal] for ordinal in inside.order if came[ordinal] in patient] == in_order
