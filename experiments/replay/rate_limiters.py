"""Rate limiters: resilience4j's cycles, the generic cell rate algorithm, and what an experiment file can write."""

from __future__ import annotations

from typing import Any

from experiments.replay.common import (
    CALLSIM,
    Event,
    Params,
    Seen,
    Unsupported,
    WrongCase,
    in_words,
    only_known,
    spec_as_written,
    spec_from,
)
from simulator.build.machines import limiter_of
from simulator.spec.policies import RateLimitSpec

NAME = "rate_limiter"
NANOSECOND = 1e-9
"""The recorded clocks count nanoseconds."""

_CYCLES = {"limit": "limit", "period_s": "period", "timeout_s": "max_wait"}
_GCRA = {"emission_interval_s": "period", "burst": "burst"}


def spec_of(policy: str, params: Params) -> RateLimitSpec:
    """The rate limiter of a case.

    Args:
        policy: ``rate_limiter``, or ``rate_limiter/callsim`` for `params` as an experiment file writes them.
        params: `kind` is ``fixed_cycles`` (resilience4j) or ``gcra``; times in seconds.

    Raises:
        Unsupported: the kind or a parameter is not known. WrongCase: a value is wrong.
    """
    if policy == f"{NAME}/{CALLSIM}":
        return spec_as_written(RateLimitSpec, params, policy)
    kind = params.get("kind")
    if policy != NAME or kind not in ("fixed_cycles", "gcra"):
        named = policy if policy != NAME else f"{policy} of kind {kind!r}"
        raise Unsupported(f"no such policy is known: {named}; there are: fixed_cycles, gcra, and {NAME}/{CALLSIM}")
    names = _GCRA if kind == "gcra" else _CYCLES
    only_known(params, ("kind", *names), f"{policy} of kind {kind}")
    keys = {ours: params[theirs] for theirs, ours in names.items() if theirs in params}
    base = {"kind": "gcra", "limit": 1} if kind == "gcra" else {"preset": "resilience4j"}
    return spec_from(RateLimitSpec, {**base, **keys}, policy)


class RateLimiterPlayer:
    """Plays events against one rate limiter."""

    def __init__(self, policy: str, params: Params) -> None:
        self._limiter = limiter_of(spec_of(policy, params))

    def play(self, event: Event) -> Seen:
        """Play an event.

        Raises:
            WrongCase: it is no event of a rate limiter.
        """
        now, *words = event
        if words != ["acquire"]:
            raise WrongCase('is no event of a rate limiter: write [time, "acquire"]')
        verdict = self._limiter.acquire(now)
        seconds = verdict.wait if verdict.allowed else verdict.retry_after
        decision = "allowed" if verdict.allowed else "rejected"
        return Seen("acquire", decision, _words(decision, seconds), (decision, seconds))

    def agrees(self, seen: Seen, expected: Any) -> bool:
        """Whether decision and seconds are those of the record; null is no word about it.

        Raises:
            WrongCase: the record does not hold a decision and seconds.
        """
        match expected:
            case [("allowed" | "rejected" | None) as decision, (int() | float() | None) as seconds]:
                same = seconds is None or abs(seconds - seen.found[1]) < NANOSECOND
                return same and decision in (None, seen.decision)
            case _:
                raise WrongCase("must be [decision, seconds]: allowed, rejected or null, and a number or null")

    def shown(self, expected: Any) -> str:
        """What the record says, in words."""
        decision, seconds = expected
        said = "" if seconds is None else _words(decision or "", seconds)
        return f"{decision or ''} {said}".strip()


def _words(decision: str, seconds: float) -> str:
    return f"{'next in' if decision == 'rejected' else 'waits'} {in_words(seconds)}s"
