"""The pure state machines of the policies, for whoever plays one without a model: `callsim replay` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from simulator.outcomes import Outcome
from simulator.policies.adapting import RULES
from simulator.policies.breaker import Breaker, Permit
from simulator.policies.rate_limit import RateLimiter, Verdict, limiter_of

if TYPE_CHECKING:
    from simulator.spec.policies import LimitSpec

__all__ = ["Breaker", "LimitRule", "Outcome", "Permit", "RateLimiter", "Verdict", "limit_rule", "limiter_of"]


class LimitRule(Protocol):
    """How an adaptive limit follows the samples that it is given."""

    def sample(self, rtt: float, inflight: int, dropped: bool, now: float) -> int:
        """Take in a request that ended at `now` after `rtt` seconds; the limit after it."""


def limit_rule(spec: LimitSpec, luck: Callable[[], float]) -> LimitRule:
    """The rule of an adaptive limit; `luck` gives its uniform draws from [0, 1)."""
    return RULES[spec.kind](spec, luck)
