"""Whatever the interleaving of admissions, results, give-ups and late results: probes keep within their permits, and
no permit is ever lost."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.outcomes import Outcome
from simulator.policies.breaker import Breaker, Permit, State
from simulator.policies.breaker_windows import window_of
from simulator.spec.policies import BreakerSpec
from simulator.spec.policies.breaker import WindowSpec

OUTCOMES = st.sampled_from([Outcome.OK, Outcome.TIMEOUT, Outcome.SERVER_ERROR, Outcome.REJECTED, Outcome.CLIENT_ERROR])

RATES = {"kind": "window", "minimum_calls": 2, "failure_rate": 0.6}
COUNTING: list[dict[str, Any]] = [
    {"max_failures": 2},
    {"max_failures": 2, "window": {"type": "tumbling", "size": 3.5}},
    {**RATES, "window": {"size": 3}},
    {**RATES, "window": {"type": "time", "size": 4.0}, "evaluated": "failure"},
    {**RATES, "window": {"type": "time", "size": 4.0, "bucket": 1.0, "anchor": "state"}, "evaluated": "tick"},
    {**RATES, "window": {"type": "tumbling", "size": 3.5}, "in_flight": True},
]


class BreakerMachine(RuleBasedStateMachine):
    """A breaker, and every permit that is out."""

    @initialize(
        permits=st.none() | st.integers(1, 3),
        closes_after=st.integers(1, 3),
        opens_after=st.integers(1, 3),
        late_results=st.sampled_from(["ignored", "current_state", "admitted_state"]),
        open_ends=st.sampled_from(["after", "at"]),
        counting=st.sampled_from(COUNTING),
    )
    def build(
        self,
        permits: int | None,
        closes_after: int,
        opens_after: int,
        late_results: str,
        open_ends: str,
        counting: dict[str, Any],
    ) -> None:
        self.permits = permits
        half_open = {"permits": permits, "closes_after": closes_after, "opens_after": opens_after}
        spec = {**counting, "open_for": 3.0, "half_open": half_open}
        self.breaker = Breaker(
            BreakerSpec.model_validate({**spec, "late_results": late_results, "open_ends": open_ends})
        )
        self.changes: list[State] = [State.CLOSED]
        self.breaker.watch(lambda _, state: self.changes.append(state))
        self.out: list[tuple[Permit, int]] = []
        """Permits and how many changes of state there had been when they were given."""
        self.now = 0.0

    def probes(self) -> int:
        """Probes of the present half-open period that are under way."""
        return sum(when == len(self.changes) for _, when in self.out) if self.breaker.state is State.HALF_OPEN else 0

    @rule(seconds=st.sampled_from([0.0, 1.0, 3.0, 3.5]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def admit(self) -> None:
        permit = self.breaker.admit(self.now)
        if permit is not None:
            assert self.breaker.state is not State.OPEN
            self.out.append((permit, len(self.changes)))
        elif self.breaker.state is State.HALF_OPEN:
            assert self.probes() == self.permits, "a probe was refused although a permit was free"
        else:
            assert self.breaker.state is State.OPEN, "a closed breaker refused"
            assert self.now <= self.breaker.opens_again_at

    @rule()
    def a_breaker_opens_and_its_time_is_over(self) -> None:
        self.calls_fail()
        self.calls_fail()
        if self.breaker.state is State.OPEN:
            self.now = self.breaker.opens_again_at + 0.5
            self.admit()

    def calls_fail(self) -> None:
        """Two calls at once, which fail at once."""
        for _ in range(2):
            permit = self.breaker.admit(self.now)
            if permit is not None:
                self.breaker.record(permit, Outcome.TIMEOUT, self.now)

    @rule(outcome=OUTCOMES, data=st.data())
    def record(self, outcome: Outcome, data: st.DataObject) -> None:
        if self.out:
            permit, _ = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
            self.breaker.record(permit, outcome, self.now)

    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        if self.out:
            permit, _ = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
            before = self.breaker.state
            self.breaker.release(permit)
            assert self.breaker.state is before

    @rule(sure=st.integers(0, 4))
    def crash(self, sure: int) -> None:
        if sure < 4:
            return
        self.breaker.reset(self.now)
        assert self.breaker.state is State.CLOSED
        self.out = [(permit, -1) for permit, _ in self.out]

    @invariant()
    def probes_keep_within_their_permits(self) -> None:
        if hasattr(self, "breaker") and self.permits is not None:
            assert self.probes() <= self.permits

    @invariant()
    def states_follow_one_another_as_they_may(self) -> None:
        if hasattr(self, "breaker"):
            pairs = set(pairwise(self.changes))
            assert (State.CLOSED, State.HALF_OPEN) not in pairs
            assert all(before is not after for before, after in pairs)
            assert self.breaker.opens == self.changes.count(State.OPEN)

    def teardown(self) -> None:
        """Once every call is over and the open time too, exactly `permits` probes are let through."""
        if not hasattr(self, "breaker"):
            return
        for permit, _ in self.out:
            self.breaker.release(permit)
        self.out.clear()
        if self.breaker.state is not State.CLOSED and self.permits is not None:
            self.now += 1000.0
            granted = [self.breaker.admit(self.now) for _ in range(self.permits)]
            assert None not in granted, "a permit was lost"
            assert self.breaker.admit(self.now) is None


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=200, stateful_step_count=30)


class _Slow:
    """The results of a window, kept one by one: what the windows come to, said in the plainest way."""

    def __init__(self, spec: WindowSpec) -> None:
        self.size, self.bucket = spec.nanoseconds
        self.by_count = int(spec.size or 0) if spec.type == "count" else 0
        self.aligned = spec.is_aligned
        self.results: list[tuple[int, int, bool]] = []

    def add(self, now: int, failed: bool) -> None:
        begun = self.results[-1][1] if self.results else -self.size
        start = now // self.bucket * self.bucket if self.aligned else begun if now - begun < self.bucket else now
        self.results.append((now, start, failed))

    def totals(self, now: int) -> tuple[int, int]:
        if self.by_count:
            inside = self.results[-self.by_count :]
        else:
            edge = now // self.bucket * self.bucket if self.aligned else now
            inside = [entry for entry in self.results if edge - entry[1] < self.size]
        return len(inside), sum(failed for _, _, failed in inside)


@given(
    st.sampled_from(
        [
            {"size": 3},
            {"type": "time", "size": 4.0, "bucket": 1.0, "anchor": "clock"},
            {"type": "time", "size": 4.0, "bucket": 1.0, "anchor": "state"},
            {"type": "time", "size": 4.0},
            {"type": "time", "size": 0.1},
        ]
    ),
    st.lists(st.tuples(st.sampled_from([0, 1, 50, 399, 400, 999, 1000, 2500, 4000]), st.booleans()), max_size=40),
)
def test_windows_hold_what_they_say(keys: dict[str, Any], results: list[tuple[int, bool]]) -> None:
    spec = WindowSpec.model_validate(keys)
    window = window_of(spec)
    slow, now = _Slow(spec), 0
    for milliseconds, failed in results:
        now += milliseconds
        window.add(now / 1000, failed, False)
        slow.add(now * 1_000_000, failed)
        assert (window.totals.calls, window.totals.failures) == slow.totals(now * 1_000_000)
