"""Puts a throttle round a call: draws whether to refuse it, else makes it and notes how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.kernel.random import Source
    from simulator.network.attempt import Request
    from simulator.policies.call import Call, Calling, Policy
    from simulator.policies.choosing import Choose
    from simulator.policies.throttle import Throttle


def throttling(environment: Environment, choose: Choose[Throttle], luck: Source, name: str) -> Policy:
    """A throttle on the edge `name`; `choose` gives the one that a request meets, `luck` is drawn by request.

    A call counts when it ends. One that was given up, or refused by a policy further in on the same edge, says
    nothing of the callee and is not counted; nor is a cancelled one, unless it is listed as a failure.
    """
    refusal = Reply(Outcome.REJECTED, "throttled", name)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            throttle = choose(request)
            share = throttle.probability(environment._now)
            if share > 0 and luck.draw(request.root) < share:
                throttle.refused(environment._now)
                request.root.mishaps.rejected += 1
                return refusal
            reply = yield from inner(request)
            outcome = reply.outcome
            unasked = outcome is Outcome.REJECTED and reply.by == name
            cancelled = outcome is Outcome.CANCELLED and outcome not in throttle.failing
            if not unasked and not cancelled:
                throttle.record(outcome, environment._now)
            return reply

        return call

    return policy
