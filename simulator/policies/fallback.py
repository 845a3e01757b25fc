"""Fallback: what stands in for a call that failed. Whoever asked sees ok; the effect ledger knows what was done."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from simulator.causes import FALLBACK
from simulator.network.attempt import Request
from simulator.outcomes import OK, OUTCOMES, Outcome

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.policies.cache import Memory
    from simulator.policies.call import Call, Calling, Policy
    from simulator.spec.policies import FallbackSpec


def default_value(spec: FallbackSpec) -> Policy:
    """Answers ok with a value of the caller's own."""
    failures = _failures(spec)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            reply = yield from inner(request)
            return OK if reply.outcome in failures else reply

        return call

    return policy


def other_operation(spec: FallbackSpec, other: Call, environment: Environment) -> Policy:
    """Makes the call `other` instead; its reply is the call's, whatever it is.

    It is executed at the same place of the tree of steps: an effect of its own stands for that of the operation that
    failed, and is one too many where that one completes late.
    """
    failures = _failures(spec)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            deadline = request.deadline  # policies inside may shorten it for their own attempts
            reply = yield from inner(request)
            if reply.outcome in failures:
                request.root.begin_again(request.path, FALLBACK, environment._now)
                return (yield from other(Request(request.root, request.path, request.task, deadline)))
            return reply

        return call

    return policy


def last_good(
    spec: FallbackSpec,
    choose: Callable[[Request], Memory],
    key_of: Callable[[Request], Hashable],
    environment: Environment,
) -> Policy:
    """Answers ok if there was one for the request's key that is not too old. `choose` gives whose memory it is."""
    failures = _failures(spec)
    longest = float("inf") if spec.cache is None or spec.cache.max_age is None else spec.cache.max_age

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            reply = yield from inner(request)
            if reply.outcome is Outcome.OK:
                choose(request).store(key_of(request), environment._now)
            elif reply.outcome in failures:
                age = choose(request).age(key_of(request), environment._now)
                if age is not None and age <= longest:
                    return OK
            return reply

        return call

    return policy


def _failures(spec: FallbackSpec) -> frozenset[Outcome]:
    return frozenset(OUTCOMES[name] for name in spec.on)
