"""Puts an adaptive limit round a call, and makes limiters from their specs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from simulator.outcomes import Outcome, Reply
from simulator.policies.adaptive_limit import Aimd, Gradient2, Limiter, Vegas
from simulator.policies.gradient import EnvoyGradient

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Request
    from simulator.policies.adaptive_limit import Rule
    from simulator.policies.call import Call, Calling, Policy
    from simulator.spec.policies import LimitSpec

RULES: dict[str, Callable[[LimitSpec, Callable[[], float]], Rule]] = {
    "aimd": lambda spec, luck: Aimd(spec),
    "vegas": Vegas,
    "gradient2": lambda spec, luck: Gradient2(spec),
    "envoy": EnvoyGradient,
}
"""Rules by the name that the language gives them; the second argument gives uniform draws from [0, 1)."""


def limiter(spec: LimitSpec, luck: Callable[[], float]) -> Limiter:
    """A limiter as `spec` says."""
    return Limiter(lambda: RULES[spec.kind](spec, luck))


def adapting(
    environment: Environment, choose: Callable[[Request], Limiter], drops: Collection[Outcome], name: str
) -> Policy:
    """An adaptive limit on the edge `name`; `choose` gives the limiter that a request meets. A reply whose outcome is
    among `drops` was dropped; one that is neither that nor a success only gives its place back."""
    refusal = Reply(Outcome.REJECTED, "throttled", name)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            limit = choose(request)
            permit = limit.admit(environment._now)
            if permit is None:
                request.root.mishaps.rejected += 1
                return refusal
            try:
                reply = yield from inner(request)
            except GeneratorExit:
                limit.release(permit)
                raise
            outcome = reply.outcome
            dropped = outcome in drops
            if dropped or outcome <= Outcome.CLIENT_ERROR:
                limit.record(permit, dropped, environment._now)
            else:
                limit.release(permit)
            return reply

        return call

    return policy
