"""What a retry decides, without a clock: which failures are repeated, how often, and after what wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.outcomes import OUTCOMES, REASONS, Outcome
from simulator.policies.backoff import Waits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.outcomes import Reply
    from simulator.policies.budget import Failing
    from simulator.spec.policies import RetrySpec

Draw = Callable[[], float]
"""Gives a uniform draw from [0, 1)."""


def _no_chance() -> float:
    return 0.0


class Listed:
    """Replies that a file lists: by outcome, or by the reason of a rejection."""

    __slots__ = ("_outcomes", "_reasons")

    def __init__(self, names: Iterable[str]) -> None:
        listed = list(names)
        self._outcomes = frozenset(OUTCOMES[name] for name in listed if name in OUTCOMES)
        self._reasons = frozenset(name for name in listed if name in REASONS)

    def holds(self, reply: Reply) -> bool:
        """Whether `reply` is one of them."""
        outcome = reply.outcome
        return outcome in self._outcomes or (outcome is Outcome.REJECTED and reply.reason in self._reasons)


class Rules:
    """What a spec says about replies; made once for all calls of an edge."""

    __slots__ = ("_throttling", "repeats", "spec", "throttled_base")

    def __init__(self, spec: RetrySpec) -> None:
        self.spec = spec
        self.repeats = Listed(spec.retry_on).holds
        throttling = spec.throttling
        self._throttling = Listed(()) if throttling is None else Listed(throttling.on)
        self.throttled_base = None if throttling is None else throttling.base

    def throttles(self, reply: Reply) -> bool:
        """Whether `reply` says: slow down."""
        return self._throttling.holds(reply)

    def failing(self, reply: Reply) -> Failing:
        """What a retry after `reply` would be for."""
        if self._throttling.holds(reply):
            return "throttling"
        return "timeout" if reply.outcome is Outcome.TIMEOUT else "transient"


class Course:
    """One call that has failed at least once: how far it has come.

    Args:
        rules: what the spec says.
        began: when its first attempt began, in seconds.
        draw: gives the luck of its waits.
    """

    __slots__ = ("_began", "_draw", "_retries", "_rules", "_waits")

    def __init__(self, rules: Rules, began: float, draw: Draw) -> None:
        self._rules = rules
        self._began = began
        backoff = rules.spec.backoff
        self._draw = draw if backoff is not None and backoff.random else _no_chance
        self._waits = Waits(backoff)
        self._retries = 0

    def wait(self, reply: Reply, now: float) -> float | None:
        """Seconds to wait before the next retry, after a failure that is worth one; None: there is no next retry."""
        spec = self._rules.spec
        if self._retries == spec.retries:
            return None
        passed = now - self._began
        give_up = spec.give_up
        if give_up is not None and give_up.after is not None and passed >= give_up.after:
            return None
        seconds = self._length(reply)
        if seconds is None:
            return None
        if give_up is not None and give_up.before is not None and passed + seconds >= give_up.before:
            return None
        self._retries += 1
        return seconds

    def _length(self, reply: Reply) -> float | None:
        rules = self._rules
        pushback = reply.pushback
        if pushback is not None and rules.spec.pushback == "obeyed":
            self._waits.begin_anew()
            return None if pushback < 0 else pushback
        base = rules.throttled_base
        if base is not None and rules.failing(reply) != "throttling":
            base = None
        return self._waits.next(self._draw(), base)
