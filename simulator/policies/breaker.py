"""A circuit breaker that counts consecutive failures. Pure: it takes the time and knows no clock.

Closed: calls pass; a success sets the count of failures to 0; the `max_failures`-th failure opens it.
Open: calls are refused for `open_for` seconds after the last failure that was counted.
Half-open: at most `permits` probes; `closes_after` successes close it, `opens_after` failures open it again.

Each change of state begins a new *generation* (the word is gobreaker's). A permit carries the generation that it was
given in, and a result from an older one is late: it is ignored, or counted in the present state, or in the state that
it was admitted in, as `late_results` says. The brief's two versions (its `CircuitBreaker` and `RobustHTTPClient`) and
the textbook one differ only in these parameters; see `docs/policies.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from simulator.outcomes import OUTCOMES, Outcome

if TYPE_CHECKING:
    from simulator.spec.policies import BreakerSpec


class State(IntEnum):
    """States of a breaker."""

    CLOSED = 0
    OPEN = 1
    HALF_OPEN = 2


class Permit(NamedTuple):
    """Leave to make one call: to be given back by `record` or `release`, once."""

    generation: int
    state: State


class Breaker:
    """One breaker.

    Attributes:
        state: as of the last call; an open breaker whose time is over is still open until somebody asks.
        opens: how often it has opened.
    """

    __slots__ = (
        "_changed",
        "_failures",
        "_generation",
        "_open_until",
        "_probes",
        "_spec",
        "_successes",
        "failing",
        "opens",
        "state",
    )

    def __init__(self, spec: BreakerSpec) -> None:
        self._spec = spec
        self._changed: Callable[[float, State], None] | None = None
        self.failing = frozenset(OUTCOMES[name] for name in spec.failures)
        self.state = State.CLOSED
        self.opens = 0
        self._generation = 0
        self._failures = 0
        self._successes = 0
        self._probes = 0
        self._open_until = 0.0

    def watch(self, changed: Callable[[float, State], None]) -> None:
        """Call ``changed(now, state)`` after each change of state."""
        self._changed = changed

    def admit(self, now: float) -> Permit | None:
        """Ask for leave to call; None is a refusal."""
        if self.state is State.OPEN:
            self.tick(now)
        if self.state is State.OPEN:
            return None
        if self.state is State.HALF_OPEN:
            permits = self._spec.half_open.permits
            if permits is not None and self._probes >= permits:
                return None
            self._probes += 1
        return Permit(self._generation, self.state)

    def tick(self, now: float) -> None:
        """Move an open breaker whose time is over to half-open."""
        if self.state is not State.OPEN:
            return
        over = now > self._open_until if self._spec.open_ends == "after" else now >= self._open_until
        if over:
            self._move(State.HALF_OPEN, now)

    @property
    def opens_again_at(self) -> float:
        """When the open state ends, in seconds (meaningful while open)."""
        return self._open_until

    def record(self, permit: Permit, outcome: Outcome, now: float) -> None:
        """Take in the result of an admitted call. An outcome that is neither a success nor a counted failure (a
        rejection from further down, say) only gives the permit back."""
        if permit.generation != self._generation:
            late = self._spec.late_results
            if late == "current_state" or (late == "admitted_state" and permit.state is self.state):
                self._count(outcome, now)
        else:
            self.release(permit)
            self._count(outcome, now)

    def release(self, permit: Permit) -> None:
        """Give back the permit of a call that ended without a result."""
        if permit.generation == self._generation and self.state is State.HALF_OPEN:
            self._probes -= 1

    def reset(self, now: float) -> None:
        """Forget everything: the process that held it has crashed."""
        if self.state is not State.CLOSED:
            self._move(State.CLOSED, now)
        else:
            self._generation += 1
            self._failures = 0

    def _count(self, outcome: Outcome, now: float) -> None:
        if outcome in self.failing:
            self._failed(now)
        elif outcome in (Outcome.OK, Outcome.CLIENT_ERROR):
            self._succeeded(now)

    def _failed(self, now: float) -> None:
        self._failures += 1
        if self.state is State.CLOSED:
            if self._failures >= self._spec.max_failures:
                self._open(now)
        elif self.state is State.HALF_OPEN:
            if self._failures >= self._spec.half_open.opens_after:
                self._open(now)
        else:
            self._open_until = now + self._spec.open_for

    def _succeeded(self, now: float) -> None:
        if self.state is State.CLOSED:
            self._failures = 0
        elif self.state is State.HALF_OPEN:
            self._successes += 1
            if self._successes >= self._spec.half_open.closes_after:
                self._move(State.CLOSED, now)

    def _open(self, now: float) -> None:
        self._open_until = now + self._spec.open_for
        self.opens += 1
        self._move(State.OPEN, now)

    def _move(self, state: State, now: float) -> None:
        self.state = state
        self._generation += 1
        self._failures = self._successes = self._probes = 0
        if self._changed is not None:
            self._changed(now, state)
