"""Composes calls: for each caller replica and each outgoing edge, the policies of that edge round its wire."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from simulator.build.network import End, Network, Ways
from simulator.build.outliers import ejector
from simulator.build.policies import Place, Shared, policies_of
from simulator.build.request_reply import queued_link
from simulator.build.world import Held
from simulator.messaging.request_reply import Mailbox
from simulator.network.attempt import Cancel
from simulator.network.link import Link
from simulator.network.wire import Wire
from simulator.network.zoned import ZonedLink
from simulator.policies.call import compose
from simulator.policies.ejecting import ejecting
from simulator.services.balancing import BALANCERS, LeastOutstanding, Nearby, Only
from simulator.services.sticky import Sticky
from simulator.spec.laws import ConstantLaw
from simulator.spec.policies import BulkheadSpec
from simulator.spec.scenario import Edge

if TYPE_CHECKING:
    from simulator.build.messages import MessageBuilder
    from simulator.build.world import World
    from simulator.network.attempt import Exit
    from simulator.network.wire import Balancer
    from simulator.policies.call import Call, Policy
    from simulator.policies.ejecting import Ejector
    from simulator.services.balancing import Healthy, Listing
    from simulator.services.execution import Program
    from simulator.services.replica import Replica
    from simulator.spec.policies import EdgePolicies, StackItem
    from simulator.spec.steps import UndoSpec


class CallBuilder:
    """Builds the composed calls of a world."""

    def __init__(self, world: World, network: Network, messages: MessageBuilder) -> None:
        self._world = world
        self._messages = messages
        self._network = network
        self._ways: dict[Any, Ways] = {}
        self._exits: dict[Any, Exit] = {}
        self._balancers: dict[tuple[str, int, str, Ejector[Healthy] | None], Balancer] = {}
        self._shared = Shared()
        self._instead: dict[tuple[Edge, int], Call] = {}

    def call(self, edge: Edge, policies: EdgePolicies, caller: Replica | None, number: int, program: Program) -> Call:
        """The composed call on `edge` for one caller replica.

        `caller` is None for the client; `number` is its index among its service's replicas. `program` is what the
        called operation runs.
        """
        outlier = next((item.spec for item in policies.stack if item.name == "outlier"), None)
        outliers = None if outlier is None else ejector(self._world, self._shared, edge, caller, number, outlier)
        zone = "" if caller is None else caller.zone
        balancer = self._balancer(edge, number, zone, outliers) if policies.via is None else Mailbox()
        stack = [item for item in policies.stack if item.name != "outlier"]
        timeout = _innermost_timeout(stack)
        wire = self._wire(edge, policies, program, balancer, timeout, zone)
        other = partial(self._other, edge.caller, caller, number)
        wrappers: list[Policy] = []
        for position, item in enumerate(stack):
            ordinal = sum(before.name == item.name for before in stack[:position])
            place = Place(self._world, self._shared, edge, position, ordinal, caller, number, balancer, other)
            wrappers += policies_of(place, item.spec)
        if outliers is not None:
            wrappers.append(ejecting(self._world.environment, balancer, outliers.detector))
        return compose(wrappers, wire)

    def replicas_call(self, edge: Edge, undo: UndoSpec | None, caller: Replica, number: int) -> Call:
        """The composed call of one replica, with the policies that the file has for it at present."""
        state = self._world.state
        policies = state.edges[edge] if undo is None else state.undo_policies(edge.caller, undo)
        program = self._world.services[edge.service].operations[edge.operation].program
        return self.call(edge, policies, caller, number, program)

    def forget_fallbacks(self, pairs: frozenset[tuple[str, str]]) -> None:
        """What fallbacks call between these callers and services is to be composed anew."""
        kept = {key: call for key, call in self._instead.items() if (key[0].caller, key[0].service) not in pairs}
        self._instead = kept

    def _other(self, caller_name: str, caller: Replica | None, number: int, called: str) -> Call:
        """What a fallback calls instead, with the policies of its own edge: made once for each caller replica."""
        service, _, name = called.partition(".")
        edge = Edge(caller_name, service, name)
        if (edge, number) not in self._instead:
            program = self._world.services[service].operations[name].program
            policies = self._world.state.edges[edge]
            self._instead[edge, number] = self.call(edge, policies, caller, number, program)
        return self._instead[edge, number]

    def _wire(
        self, edge: Edge, policies: EdgePolicies, program: Program, balancer: Balancer, timeout: Any, zone: str
    ) -> Wire:
        world = self._world
        patience = None if timeout is None else world.draws(f"timeout/{edge}", timeout)
        constant = timeout.value if isinstance(timeout, ConstantLaw) else None
        link = self._link(edge, policies, program, zone)
        tally = world.call_tally(edge.caller, edge.service)
        return Wire(world.environment, link, balancer, tally, patience, constant, world.deadlines)

    def _link(self, edge: Edge, policies: EdgePolicies, program: Program, zone: str) -> Exit:
        """The way of the callers in one zone: one link, or one to each zone that the called replicas are in."""
        kind = (edge, policies.cancel, policies.via, id(program))
        if (*kind, zone) not in self._exits and policies.via is not None:
            self._exits[*kind, zone] = queued_link(self._world, self._messages, edge, policies, zone)
        if (*kind, zone) not in self._exits:
            zones = self._world.scenario.experiment.services[edge.service].zones or ("",)
            ways = self._ways.setdefault(kind, Ways(self._network, str(edge)))
            links = {called: self._link_between(ways, edge, policies, program, zone, called) for called in zones}
            only = links[zones[0]]
            environment = self._world.environment
            self._exits[*kind, zone] = (
                ZonedLink(environment, only.name, only.cancel, program, links) if len(zones) > 1 else only
            )
        return self._exits[*kind, zone]

    def _link_between(
        self, ways: Ways, edge: Edge, policies: EdgePolicies, program: Program, caller: str, called: str
    ) -> Link:
        world = self._world
        spec = world.scenario.experiment.services[edge.service].operations.get(edge.operation)
        sizes = (0.0, 0.0) if spec is None else (spec.request_size, spec.response_size)  # a path has none of its own
        out, back = ways.legs(End(edge.caller, caller), End(edge.service, called), *sizes)
        link = Link(world.environment, str(edge), out, back, Cancel[policies.cancel.upper()], program)
        world.links.append(link)
        return link

    def _balancer(self, edge: Edge, number: int, zone: str, outliers: Ejector[Healthy] | None) -> Balancer:
        """What one caller picks replicas with, for all operations that it calls with the same outlier detector."""
        key = (edge.caller, number, edge.service, outliers)
        if key not in self._balancers:
            world = self._world
            spec, service = world.scenario.experiment.services[edge.service], world.services[edge.service]
            if len(service.replicas) == 1 and spec.discovery is None and outliers is None:
                self._balancers[key] = Only(service.replicas[0])
                return self._balancers[key]
            chance = world.streams.source(f"balance/{edge.caller} -> {edge.service}")
            listing: Listing = service.listing if outliers is None else outliers.view
            if spec.balancing.prefer == "same_zone" and zone in spec.zones:
                listing = Nearby(listing, zone)
            if spec.balancing.sticky is not None:
                self._balancers[key] = Sticky(listing, world.keys[spec.balancing.sticky], world.streams)
                return self._balancers[key]
            made = self._balancers[key] = BALANCERS[spec.balancing.kind](listing, chance, number)
            if isinstance(made, LeastOutstanding):
                world.held.append(Held(f"the balancer {edge.caller}[{number}] -> {edge.service}", made.under_way))
        return self._balancers[key]


def _innermost_timeout(stack: list[StackItem]) -> Any:
    """Take the timeout that the attempt itself can keep out of the stack; its law, or None if there is none.

    Inside of it there may be bulkheads where nobody waits: they record nothing and let go of their permit at the same
    instant, whether the time limit is round them or within. (An attempt that expires needs no timer of its own.)
    """
    for place in range(len(stack) - 1, -1, -1):
        spec = stack[place].spec
        if stack[place].name == "timeout":
            del stack[place]
            return spec
        if not isinstance(spec, BulkheadSpec) or spec.places != 0:
            break
    return None
