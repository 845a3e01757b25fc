"""Applies changes while a run goes on: what differs between the file before and after is built anew or set anew.

An edge whose policies have changed is composed again for every caller. Requests under way go on with what they began
with; state whose settings are the same is kept, because it is the same key of `policies.Shared`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from simulator.build.resources import hold_at_most
from simulator.spec.policies import fallback_calls
from simulator.spec.scenario import Edge

if TYPE_CHECKING:
    from simulator.build.calls import CallBuilder
    from simulator.build.clients import ClientBuilder
    from simulator.build.network import Network
    from simulator.build.world import World
    from simulator.services.operation import Operation
    from simulator.spec.changes import ChangeSpec
    from simulator.spec.scenario import Scenario, ScheduledChange
    from simulator.spec.services import OperationSpec, ServiceSpec

    State = Scenario | ScheduledChange

Pair = tuple[str, str]
"""Who calls whom: a caller's and a service's name."""


class Changes:
    """Puts the changes of a scenario on the clock."""

    def __init__(self, world: World, calls: CallBuilder, clients: ClientBuilder, network: Network) -> None:
        self._world = world
        self._network = network
        self._calls = calls
        self._clients = clients

    def schedule(self) -> None:
        """Ahead of everything else at their times, in order of time, then name."""
        environment, scenario = self._world.environment, self._world.scenario
        for change in scenario.changes:
            environment.before(change.at, self._apply, change)
        for deploy in scenario.experiment.changes:
            if deploy.deploy is not None:
                environment.before(deploy.at, self._deploy, deploy)

    def _deploy(self, change: ChangeSpec) -> None:
        membership = self._world.services[change.deploy or ""].membership
        assert membership is not None
        assert change.one_at_a_time is not None
        membership.redeploy(change.one_at_a_time)

    def _apply(self, after: ScheduledChange) -> None:
        world = self._world
        before, world.state = world.state, after
        for name, spec in after.experiment.services.items():
            if spec != before.experiment.services[name]:
                self._service(name, before.experiment.services[name], spec)
        for route, details in after.experiment.routes.items():
            for name, branch in details.branches.items():
                for built in world.route_branches.get((route, name), ()):
                    built.share = branch.share
        self._network.renew(after.experiment)
        self._edges(before, after)

    def _service(self, name: str, before: ServiceSpec, after: ServiceSpec) -> None:
        service = self._world.services[name]
        if after.placement != before.placement and service.membership is not None:
            service.membership.place(Counter(after.placement))
        if after.queue.capacity != before.queue.capacity:
            hold_at_most(service, after)
        for operation, spec in after.operations.items():
            if spec != before.operations[operation]:
                self._operation(service.operations[operation], spec)

    def _operation(self, operation: Operation, spec: OperationSpec) -> None:
        world = self._world
        errors = spec.server_errors
        chance = world.chance(f"server_errors/{operation.name}", errors.per_request)
        operation.fail_from_now(errors.share, chance)
        for luck in world.mistakes.get(operation.name, ()):
            luck.share = spec.client_errors.share

    # -- calls --------------------------------------------------------------------------------------------

    def _edges(self, before: State, after: State) -> None:
        changed = {edge for edge, policies in after.edges.items() if before.edges.get(edge) != policies}
        undos = {
            Edge(caller, *undo.call.split(".", 1))
            for (caller, undo), policies in after.undo_edges.items()
            if before.undo_edges.get((caller, undo)) != policies
        }
        pairs = _with_fallbacks({(edge.caller, edge.service) for edge in changed | undos}, after)
        if pairs:
            self._recompose(pairs)

    def _recompose(self, pairs: frozenset[Pair]) -> None:
        """Compose all calls between these callers and services again; breakers that nobody meets any more count no
        longer."""
        world = self._world
        self._calls.forget_fallbacks(pairs)
        tallies = [tally for pair, tally in world.breakers.items() if pair in pairs]
        old = [tally.begin_anew() for tally in tallies]
        for service in world.services.values():
            for number, replica in enumerate(service.replicas):
                for place, (edge, undo) in enumerate(service.outgoing):
                    if (edge.caller, edge.service) in pairs:
                        replica.calls[place] = self._calls.replicas_call(edge, undo, replica, number)
        self._clients.recompose(pairs)
        for tally, breakers in zip(tallies, old, strict=True):
            tally.forget_all_but_met(breakers, world.environment.now)


def _with_fallbacks(pairs: set[Pair], state: State) -> frozenset[Pair]:
    """The pairs, and those whose fallbacks call instead what one of them calls."""
    while True:
        more = {
            (edge.caller, edge.service)
            for edge, policies in state.edges.items()
            for called in fallback_calls(policies.stack)
            if (edge.caller, called.partition(".")[0]) in pairs
        }
        if more <= pairs:
            return frozenset(pairs)
        pairs = pairs | more


def foresee(world: World) -> None:
    """Count the breakers of an edge from the beginning, though only a change may bring them."""
    for change in world.scenario.changes:
        for edge, policies in change.edges.items():
            if any(item.name in ("breaker", "outlier") for item in policies.stack):
                world.breaker_tally(edge.caller, edge.service)
