"""Retry: asks again after a failure that it was told to retry, after a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import OUTCOMES, Outcome, Reply
from simulator.policies.backoff import delay, is_random

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.kernel.random import Source
    from simulator.network.attempt import Request
    from simulator.policies.call import Call, Calling, Policy
    from simulator.spec.policies import RetrySpec


def retry(spec: RetrySpec, luck: Source, environment: Environment, name: str) -> Policy:
    """The policy `spec` on the edge `name`; jitter is drawn from `luck` by request.

    A wait that would outlast the deadline handed down to the caller ends with that deadline, as a timeout.
    """
    out_of_time = Reply(Outcome.TIMEOUT, "", name)
    retried = frozenset(OUTCOMES[name] for name in spec.retry_on)
    retries = spec.retries
    backoff = spec.backoff
    random = is_random(backoff)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            done = 0
            wait = 0.0 if backoff is None else backoff.base
            while True:
                reply = yield from inner(request)
                if reply.outcome not in retried or done == retries:
                    return reply
                done += 1
                wait = delay(backoff, done, luck.draw(request.root) if random else 0.0, wait)
                left = request.deadline - environment._now
                if wait >= left:
                    if left > 0:
                        yield left
                    return out_of_time
                if wait > 0:
                    yield wait
                request.attempt += 1
                request.root.mishaps.retries += 1

        return call

    return policy
