"""How long to wait before the n-th retry. Pure: a function of n, a uniform draw and the previous delay.

Sources: fixed and linear as in the brief's first client; exponential with additive jitter as in its exercise; full,
equal and decorrelated jitter from M. Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015);
proportional jitter as gRPC's A6 (share 0.2) and resilience4j's randomized interval (share 0.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.spec.policies import BackoffSpec, JitterSpec

NO_LIMIT = float("inf")


def delay(spec: BackoffSpec | None, retry: int, luck: float, previous: float) -> float:
    """Seconds to wait before retry number `retry`.

    Args:
        spec: the backoff; None waits not at all.
        retry: from 1.
        luck: a uniform draw from [0, 1).
        previous: the delay before the retry before this one; for the first, the base (decorrelated jitter uses it).
    """
    if spec is None:
        return 0.0
    longest = NO_LIMIT if spec.max is None else spec.max
    if spec.kind == "decorrelated":
        return min(longest, spec.base + luck * (3.0 * previous - spec.base))
    wait = _growing(spec, retry)
    if spec.cap == "before_jitter":
        return _jittered(spec.jitter, min(wait, longest), luck)
    return min(_jittered(spec.jitter, wait, luck), longest)


def is_random(spec: BackoffSpec | None) -> bool:
    """Whether the delay depends on luck."""
    return spec is not None and (spec.kind == "decorrelated" or spec.jitter.kind != "none")


def _growing(spec: BackoffSpec, retry: int) -> float:
    if spec.kind == "linear":
        return spec.base * retry
    if spec.kind == "exponential":
        try:
            return spec.base * spec.multiplier ** (retry - 1)
        except OverflowError:
            return NO_LIMIT
    return spec.base


def _jittered(jitter: JitterSpec, wait: float, luck: float) -> float:
    match jitter.kind:
        case "full":
            return wait * luck
        case "equal":
            return wait / 2 + wait / 2 * luck
        case "additive":
            return wait + luck * (jitter.max or 0.0)
        case "proportional":
            share = jitter.share or 0.0
            return wait * (1.0 - share + 2.0 * share * luck)
        case _:
            return wait
