"""Builds what lets the replicas of a service come and go: only where their number changes, or it is deployed."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from simulator.services.autoscaling import Autoscaler, Backlog, ScalingRule, Utilization
from simulator.services.membership import Membership

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.build.world import World
    from simulator.services.service import Service
    from simulator.spec.scenario import Scenario
    from simulator.spec.services import ServiceSpec


def placement_of(scenario: Scenario, name: str) -> tuple[str, ...]:
    """The zone (empty: none) of every replica that a service can ever have: those of the file come first, then those
    that its changes add, then those that its autoscaler can."""
    spec, *later = [state.experiment.services[name] for state in scenario.states]
    zones = list(spec.placement)
    for after in later:
        for zone, number in sorted(Counter(after.placement).items()):
            zones += [zone] * (number - zones.count(zone))
    most = 0 if spec.autoscale is None else spec.autoscale.max
    return (*zones, *(spec.zone_of(number) for number in range(len(zones), most)))


def is_deployed(scenario: Scenario, name: str) -> bool:
    """Whether some change deploys the service."""
    return any(change.deploy == name for change in scenario.experiment.changes)


def changes_size(scenario: Scenario, name: str) -> bool:
    """Whether replicas of the service come and go."""
    specs = [state.experiment.services[name] for state in scenario.states]
    varies = len({spec.placement for spec in specs}) > 1
    return varies or is_deployed(scenario, name) or specs[0].autoscale is not None


def give_membership(world: World, service: Service, spec: ServiceSpec) -> None:
    """Let the replicas of a service come and go if its scenario says so."""
    if changes_size(world.scenario, service.name):
        propagation = None if spec.discovery is None else spec.discovery.propagation
        service.membership = Membership(world.environment, service, spec.replica_count, propagation)


def autoscale(world: World) -> None:
    """Start every autoscaler."""
    for name, service in world.services.items():
        spec = world.scenario.experiment.services[name]
        scale, membership = spec.autoscale, service.membership
        if scale is None or membership is None:
            continue
        rule = ScalingRule(scale.min, scale.max, scale.scale_down_after, spec.replica_count)
        if scale.metric == "utilization":
            load: Callable[[float], float] = Utilization(*_worked(service, spec), scale.target)
        else:
            load = Backlog(_waiting(world, service), scale.target)
        Autoscaler(world.environment, membership, rule, load, every=scale.every, startup=scale.startup).start()


def _worked(service: Service, spec: ServiceSpec) -> tuple[Callable[[float], float], float]:
    """What is worked at a service, in seconds so far, and by how many at one replica: cores, where it has some."""
    if service.servers is not None:
        return service.servers.running_seconds, spec.places if spec.cores is None else spec.cores
    return service.tally.busy_seconds, spec.places


def _waiting(world: World, service: Service) -> list[Callable[[], int]]:
    """What waits for a service: in its replicas' queues, in their hands, with brokers."""
    return [
        partial(_at_replicas, service),
        *(mail.holder.waiting for mail in world.mail if mail.service == service.name),
    ]


def _at_replicas(service: Service) -> int:
    return sum(replica.queued + len(replica.messages) for replica in service.replicas)
