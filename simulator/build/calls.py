"""Composes calls: for each caller replica and each outgoing edge, the policies of that edge round its wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.build.policies import Place, Shared, policies_of
from simulator.network.attempt import Cancel
from simulator.network.link import Link
from simulator.network.wire import Wire
from simulator.policies.call import compose
from simulator.services.balancing import BALANCERS
from simulator.spec.laws import ConstantLaw

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.network.wire import Balancer
    from simulator.policies.call import Call, Policy
    from simulator.services.execution import Program
    from simulator.services.replica import Replica
    from simulator.services.service import Service
    from simulator.spec.policies import EdgePolicies
    from simulator.spec.scenario import Edge


class CallBuilder:
    """Builds the composed calls of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._links: dict[Any, Link] = {}
        self._balancers: dict[tuple[str, int, str], Balancer] = {}
        self._shared = Shared()

    def call(self, edge: Edge, policies: EdgePolicies, caller: Replica | None, number: int, program: Program) -> Call:
        """The composed call on `edge` for one caller replica.

        `caller` is None for the client; `number` is its index among its service's replicas. `program` is what the
        called operation runs.
        """
        service = self._world.services[edge.service]
        balancer = self._balancer(edge.caller, number, service)
        stack = list(policies.stack)
        timeout = stack.pop().spec if stack and stack[-1].name == "timeout" else None
        wire = self._wire(edge, policies, program, balancer, timeout)
        wrappers: list[Policy] = []
        for position, item in enumerate(stack):
            place = Place(self._world, self._shared, edge, position, caller, number, balancer)
            wrappers += policies_of(place, item.spec)
        return compose(wrappers, wire)

    def _wire(self, edge: Edge, policies: EdgePolicies, program: Program, balancer: Balancer, timeout: Any) -> Wire:
        world = self._world
        patience = None if timeout is None else world.draws(f"timeout/{edge}", timeout)
        constant = timeout.value if isinstance(timeout, ConstantLaw) else None
        link = self._link(edge, policies, program)
        tally = world.call_tally(edge.caller, edge.service)
        return Wire(world.environment, link, balancer, tally, patience, constant, world.deadlines)

    def _link(self, edge: Edge, policies: EdgePolicies, program: Program) -> Link:
        key = (edge, policies.cancel, id(program))
        if key not in self._links:
            world = self._world
            out = world.leg(edge.caller, edge.service, f"{edge}/out")
            back = world.leg(edge.service, edge.caller, f"{edge}/back", answers=True)
            cancel = Cancel[policies.cancel.upper()]
            link = Link(world.environment, str(edge), out, back, cancel, program)
            self._links[key] = link
            world.links.append(link)
        return self._links[key]

    def _balancer(self, caller: str, number: int, service: Service) -> Balancer:
        key = (caller, number, service.name)
        if key not in self._balancers:
            kind = self._world.scenario.experiment.services[service.name].balancing.kind
            chance = self._world.streams.source(f"balance/{caller} -> {service.name}")
            self._balancers[key] = BALANCERS[kind](service.listing, chance, number)
        return self._balancers[key]
