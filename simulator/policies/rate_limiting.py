"""Puts a rate limiter round a call: asks it, waits as it says, then makes the call or refuses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Request
    from simulator.policies.call import Call, Calling, Policy
    from simulator.policies.choosing import Choose
    from simulator.policies.rate_limit import RateLimiter


def rate_limiting(environment: Environment, choose: Choose[RateLimiter], name: str) -> Policy:
    """A rate limiter on the edge `name`; `choose` gives the one that a request meets.

    A wait that would outlast the deadline handed down to the caller ends with that deadline, as a timeout; the turn
    that it had reserved is spent.
    """
    refusal = Reply(Outcome.REJECTED, "rate_limited", name)
    out_of_time = Reply(Outcome.TIMEOUT, "", name)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            verdict = choose(request).acquire(environment._now)
            if verdict.wait > 0:
                left = request.deadline - environment._now
                if verdict.wait >= left:
                    if left > 0:
                        yield left
                    return out_of_time
                yield verdict.wait
            if not verdict.allowed:
                request.root.mishaps.rejected += 1
                return refusal
            return (yield from inner(request))

        return call

    return policy
