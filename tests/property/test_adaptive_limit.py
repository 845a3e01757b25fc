"""Whatever the interleaving of admissions, results, give-ups and crashes: what is in flight never exceeds the limit
when a request is admitted, limits keep within their bounds, and every place comes back."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.policies.adapting import adapting, limiter
from simulator.policies.adaptive_limit import Limiter, Permit
from simulator.services.shedding import GuardedReplica
from simulator.spec.policies import LimitSpec
from tests.policies.desk import Desk
from tests.services.bench import Bench, policies

KINDS: dict[str, dict[str, Any]] = {
    "aimd": {"initial": 3, "min": 2, "max": 6, "timeout": 3.0},
    "vegas": {"initial": 3, "min": 2, "max": 9, "probe_multiplier": 2},
    "gradient2": {"initial": 3, "min": 2, "max": 9, "smoothing": 0.7, "queue_size": 2, "long_window": 5},
    "envoy": {"min": 2, "max": 9, "min_rtt_requests": 3, "update_interval": 1.0, "min_rtt_interval": 7.0},
}


def spec(kind: str) -> LimitSpec:
    return LimitSpec.model_validate({"kind": kind, **KINDS[kind]})


class LimiterMachine(RuleBasedStateMachine):
    """A limiter, and every permit that is out."""

    @initialize(kind=st.sampled_from(sorted(KINDS)), luck=st.sampled_from([0.0, 0.5, 0.999]))
    def build(self, kind: str, luck: float) -> None:
        self.spec = spec(kind)
        self.limiter = limiter(self.spec, lambda: luck)
        self.out: list[tuple[Permit, bool]] = []
        """Permits, and whether they are of the limiter's present life."""
        self.now = 0.0

    def alive(self) -> int:
        return sum(present for _, present in self.out)

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0, 8.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def admit(self) -> None:
        limit = self.limiter.limit(self.now)
        permit = self.limiter.admit(self.now)
        if permit is None:
            assert self.alive() >= limit, "refused although there was room"
        else:
            self.out.append((permit, True))
            assert self.alive() == permit.inflight <= limit

    @rule(dropped=st.booleans(), data=st.data())
    def record(self, dropped: bool, data: st.DataObject) -> None:
        if self.out:
            permit, _ = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
            self.limiter.record(permit, dropped, self.now)

    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        if self.out:
            permit, _ = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
            before = self.limiter.limit(self.now)
            self.limiter.release(permit)
            assert self.limiter.limit(self.now) == before

    @rule(sure=st.integers(0, 4))
    def crash(self, sure: int) -> None:
        if sure == 4:
            self.limiter.reset(self.now)
            self.out = [(permit, False) for permit, _ in self.out]

    @invariant()
    def what_is_in_flight_is_what_was_not_given_back(self) -> None:
        if hasattr(self, "limiter"):
            assert self.limiter.inflight == self.alive()
            assert self.spec.min is not None
            assert self.spec.max is not None
            assert self.spec.min <= self.limiter.limit(self.now) <= self.spec.max

    def teardown(self) -> None:
        if hasattr(self, "limiter"):
            for permit, _ in self.out:
                self.limiter.release(permit)
            assert self.limiter.inflight == 0


TestLimiter = LimiterMachine.TestCase
TestLimiter.settings = settings(max_examples=100, stateful_step_count=30)

callers = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 8), st.none() | st.integers(0, 20)), min_size=1, max_size=14
)


@given(callers, st.sampled_from(sorted(KINDS)), st.none() | st.integers(1, 5))
def test_round_calls_every_place_comes_back(
    callers: list[tuple[int, int, int | None]], kind: str, deadline: int | None
) -> None:
    desk = Desk()
    made = limiter(spec(kind), lambda: 0.5)
    stack = [adapting(desk.environment, lambda _: made, (), "edge")]
    if deadline is not None:
        stack.insert(0, desk.deadline(deadline + 0.25))
    for number, (begin, seconds, gives_up_after) in enumerate(callers):
        desk.ask(f"{number}", stack, desk.server(("ok", float(seconds))), at=float(begin))
        if gives_up_after is not None:
            desk.give_up(f"{number}", at=begin + gives_up_after + 0.5)
    desk.run()
    most = spec(kind).max
    assert most is not None
    inside = 0
    for line in desk.lines:
        inside += 1 if line.endswith("begin") else -1
        assert 0 <= inside <= most
    assert made.inflight == inside == 0
    patient = {f"{number}" for number, (_, _, after) in enumerate(callers) if after is None}
    assert patient <= set(desk.answers)


SHEDS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "queue_length": {"kind": "queue_length", "max_length": 2},
    "wait": {"kind": "wait", "max_wait": 1.0, "smoothing": 0.5},
    "codel": {"kind": "codel", "target": 0.5, "interval": 1.0},
}


@settings(deadline=None)
@given(
    arrivals=st.lists(st.integers(0, 30), min_size=1, max_size=25),
    kind=st.sampled_from(sorted(KINDS)),
    shed=st.sampled_from(sorted(SHEDS)),
    cancel=st.sampled_from(["never", "at_dequeue", "queued", "always"]),
    timeout=st.sampled_from([0.5, 1.25, 3.0]),
    capacity=st.none() | st.integers(0, 3),
    crash=st.none() | st.integers(0, 10),
    holds_worker=st.booleans(),
)
def test_at_a_replica_every_place_comes_back_and_every_call_has_one_answer(
    arrivals: list[int],
    kind: str,
    shed: str,
    cancel: str,
    timeout: float,
    capacity: int | None,
    crash: int | None,
    holds_worker: bool,
) -> None:
    steps = {"steps": [{"work": 0.5}, {"pause": 0.25}, {"work": 0.5}]}
    back = {
        "workers": 2,
        "holds_worker": holds_worker,
        "queue": {"capacity": capacity},
        "operations": {"serve": {"work": 1.0}, "long": steps},
        "adaptive_limit": {"kind": kind, **KINDS[kind]},
        "shed": SHEDS[shed],
    }
    fault = {"kind": "crash", "target": "back", "at": (crash or 0) / 2 + 0.1, "for": 1.0}
    made = Bench(back, policies(cancel=cancel, timeout={"value": timeout}), faults=[] if crash is None else [fault])
    for number, tick in enumerate(arrivals):
        made.ask(f"{number}", operation="long" if number % 3 == 0 else "serve", at=tick / 4)
    answers = made.run()
    assert set(answers) == {f"{number}" for number in range(len(arrivals))}
    replica = made.replica
    assert isinstance(replica, GuardedReplica)
    assert isinstance(replica.limiter, Limiter)
    assert replica.admitted == replica.limiter.inflight == 0
