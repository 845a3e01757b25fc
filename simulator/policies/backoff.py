"""How long to wait before the n-th retry. Pure: a function of n, of uniform draws and of the waits before.

Sources: fixed and linear as in the brief's first client; exponential with additive jitter as in its exercise; full,
equal and decorrelated jitter from M. Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015);
proportional jitter as gRPC's A6 (share 0.2) and resilience4j's randomized interval (share 0.5); whole milliseconds as
resilience4j's IntervalFunction; the curve of `polly_v2` as Polly's DecorrelatedJitterBackoffV2.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.spec.policies import BackoffSpec, JitterSpec

NO_LIMIT = float("inf")
POLLY_SCALE = 1.4
"""What Polly divides by, so that the median first wait is about the base."""
_SPECK = 1e-9
"""A part of a step so small that it is a float's error: 0.5 s are 500 ms, not 499.99…"""


class Waits:
    """The waits of one call, one after the other. Made when the first one is needed."""

    __slots__ = ("_previous", "_retry", "_spec")

    def __init__(self, spec: BackoffSpec | None) -> None:
        self._spec = spec
        self._retry = 0
        self._previous: float | None = None

    def begin_anew(self) -> None:
        """The next wait is as the first one."""
        self._retry = 0
        self._previous = None

    def next(self, luck: float, base: float | None = None) -> float:
        """Seconds to wait before the next retry.

        Args:
            luck: a uniform draw from [0, 1).
            base: in place of the backoff's own base, if given (seconds); without a backoff it is the wait.
        """
        spec = self._spec
        if spec is None:
            return base or 0.0
        self._retry += 1
        if base is None:
            base = spec.base
        if spec.kind == "polly_v2":
            before = 0.0 if self._previous is None else self._previous
            self._previous = here = _polly_curve(self._retry - 1 + luck)
            wait = NO_LIMIT if here == NO_LIMIT else (here - before) * base / POLLY_SCALE
            return _within(spec, wait)
        if spec.kind == "decorrelated":
            before = base if self._previous is None else self._previous
            self._previous = wait = _within(spec, base + luck * (3.0 * before - base))
            return wait
        return delay(spec, self._retry, luck, base)


def delay(spec: BackoffSpec, retry: int, luck: float, base: float) -> float:
    """Seconds before retry number `retry` (from 1), for the kinds that do not depend on earlier waits.

    Args:
        spec: the backoff.
        retry: from 1.
        luck: a uniform draw from [0, 1).
        base: what the growth starts from, in seconds.
    """
    wait = _growing(spec, retry, base)
    if spec.cap == "before_jitter" and spec.max is not None:
        wait = min(wait, spec.max)
        return _whole(spec, max(spec.min, _jittered(spec.jitter, wait, spec.min, luck)))
    return _within(spec, _jittered(spec.jitter, wait, spec.min, luck))


def _within(spec: BackoffSpec, wait: float) -> float:
    if spec.max is not None and wait > spec.max:
        wait = spec.max
    return _whole(spec, max(spec.min, wait))


def _whole(spec: BackoffSpec, wait: float) -> float:
    step = spec.rounded_down_to
    return wait if step is None or wait == NO_LIMIT else math.floor(wait / step + _SPECK) * step


def _growing(spec: BackoffSpec, retry: int, base: float) -> float:
    if spec.kind == "linear":
        return base * retry
    if spec.kind != "exponential":
        return base
    if spec.rounded_down_to is not None:
        return _growing_in_steps(spec, retry, base, spec.rounded_down_to)
    try:
        return base * math.pow(spec.multiplier, retry - 1)
    except OverflowError:
        return NO_LIMIT


def _growing_in_steps(spec: BackoffSpec, retry: int, base: float, step: float) -> float:
    """Exponential growth that is cut to whole steps each time."""
    steps = math.floor(base / step + _SPECK)
    enough = NO_LIMIT if spec.max is None else spec.max / step
    for _ in range(retry - 1):
        if steps > enough or steps > 1e300 / spec.multiplier:
            return NO_LIMIT
        steps = math.floor(steps * spec.multiplier)
    return steps * step


def _jittered(jitter: JitterSpec, wait: float, shortest: float, luck: float) -> float:
    match jitter.kind:
        case "full":
            return shortest + (max(wait, shortest) - shortest) * luck if wait < NO_LIMIT or luck else shortest
        case "equal":
            return wait / 2 + wait / 2 * luck if wait < NO_LIMIT else wait
        case "additive":
            return wait + luck * (jitter.max or 0.0)
        case "proportional":
            share = jitter.share or 0.0
            factor = 1.0 - share + 2.0 * share * luck
            return wait * factor if factor else 0.0
        case _:
            return wait


def _polly_curve(t: float) -> float:
    try:
        return math.pow(2.0, t) * math.tanh(math.sqrt(4.0 * t))
    except OverflowError:
        return NO_LIMIT
