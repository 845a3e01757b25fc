"""State per called replica: the replica is picked before the policy is asked, so that each meets its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.network.attempt import Request

if TYPE_CHECKING:
    from simulator.network.wire import Balancer
    from simulator.policies.call import Call, Calling, Policy

Made = TypeVar("Made")
Choose = Callable[[Request], Made]
"""Which state a request meets."""


def picking_first(balancer: Balancer, by_replica: Mapping[Any, Made], nobody: Made) -> Choose[Made]:
    """Lets the balancer pick now; the state of the replica picked, or `nobody` where none is listed."""

    def choose(request: Request) -> Made:
        if request.target is None:
            request.target = balancer.pick(request.root)
        target: Any = request.target
        return nobody if target is None else by_replica[target]

    return choose


def unpicking(balancer: Balancer) -> Policy:
    """Tells the balancer when a replica that was picked inside for the next attempt is never asked: it was refused."""

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            try:
                return (yield from inner(request))
            finally:
                if request.target is not None:
                    balancer.finished(request.target)
                    request.target = None

        return call

    return policy
