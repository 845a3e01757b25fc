"""Wires a scenario into a world, in order of name, so that the order of keys in a file changes nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.build.calls import CallBuilder
from simulator.build.changes import Changes, foresee
from simulator.build.clients import ClientBuilder
from simulator.build.effects import mark_effects
from simulator.build.faults import build_faults
from simulator.build.membership import autoscale, give_membership, is_deployed, placement_of
from simulator.build.messages import MessageBuilder
from simulator.build.network import Network
from simulator.build.replicas import replica_of
from simulator.build.request_reply import foresee_queues
from simulator.build.resources import equip, line_of
from simulator.build.state import give_state
from simulator.build.steps import StepBuilder, mistakes_of, remembered_for
from simulator.build.styles import StyleBuilder
from simulator.build.world import World
from simulator.services.balancing import Listing
from simulator.services.discovery import HealthChecks
from simulator.services.equipment import UNBOUNDED, Equipment
from simulator.services.operation import Operation
from simulator.services.service import Service
from simulator.services.workers import WorkTally
from simulator.spec.faults import CrashFault, PauseFault
from simulator.spec.network import ZONE

if TYPE_CHECKING:
    from simulator.network.channel import Channels
    from simulator.services.replica import Replica
    from simulator.spec.faults import AnyFault
    from simulator.spec.scenario import Scenario
    from simulator.spec.services import OperationSpec, ServiceSpec


def build(scenario: Scenario, replication: int) -> World:
    """The wired model of one run, with nothing started yet."""
    world = World.empty(scenario, replication)
    for name, spec in scenario.experiment.services.items():
        world.services[name] = _service(world, name, spec)
    give_state(world)
    network = Network(world)
    messages = MessageBuilder(world, network)
    messages.brokers_and_topics()
    _operations(world, messages)
    messages.subscribe()
    mark_effects(world)
    calls = CallBuilder(world, network, messages)
    clients = ClientBuilder(world, calls)
    clients.routes()
    _compose_calls(world, calls)
    foresee(world)
    foresee_queues(world, messages)
    clients.build()
    _discovery(world)
    autoscale(world)
    build_faults(world)
    Changes(world, calls, clients, network).schedule()
    return world


def _service(world: World, name: str, spec: ServiceSpec) -> Service:
    tally = WorkTally()
    capacity = UNBOUNDED if spec.queue.capacity is None or spec.queue.shares else spec.queue.capacity
    paths = sum(entry.path is not None for entry in world.scenario.experiment.workload)
    equipment = Equipment(
        workers=UNBOUNDED if spec.queue.shares else spec.places,
        capacity=capacity,
        line=line_of(spec),
        holds_worker=spec.holds_worker,
        operations=len(spec.operations) + paths,
        can_crash=_hit_by(world, name, CrashFault) or is_deployed(world.scenario, name),
    )
    placement = placement_of(world.scenario, name)
    replicas = [replica_of(world, name, number, equipment, tally, spec) for number in range(len(placement))]
    for replica, zone in zip(replicas, placement, strict=True):
        replica.place(zone)
    service = Service(name, spec.places, replicas, Listing(replicas), tally)
    equip(world, service, spec)
    give_membership(world, service, spec)
    for number, (operation, details) in enumerate(spec.operations.items()):
        service.operations[operation] = _operation(world, name, operation, number, details)
    return service


def _hit_by(world: World, service: str, kind: type[AnyFault]) -> bool:
    """Whether a fault of that kind strikes the service, or a zone that it can have replicas in."""
    zones = placement_of(world.scenario, service)
    faults = world.scenario.experiment.faults
    targets = (fault.parsed_target for fault in faults if isinstance(fault, kind))
    return any(target.name in zones if target.kind == "zone" else target.name == service for target in targets)


def _operation(world: World, service: str, name: str, number: int, spec: OperationSpec) -> Operation:
    full_name = f"{service}.{name}"
    operation = Operation(
        full_name,
        service,
        number,
        at_once=None if spec.does_work else mistakes_of(world, full_name, spec),
        server_errors=spec.server_errors.share,
        pushback=spec.pushback,
        chance=world.chance(f"server_errors/{full_name}", spec.server_errors.per_request),
        effect=spec.effect,
        remembered_for=remembered_for(spec),
        can_pause=_hit_by(world, service, PauseFault),
    )
    if spec.effect:
        world.leaving.append(operation)
    return operation


def _operations(world: World, messages: MessageBuilder) -> None:
    styles = StyleBuilder(world, messages)
    for service in world.services.values():
        spec = world.scenario.experiment.services[service.name]
        for name, operation in service.operations.items():
            steps = StepBuilder(world, service, spec, operation)
            steps.build(spec.operations[name])
            operation.program = styles.program(operation, spec.operations[name], steps.specs)


def _compose_calls(world: World, calls: CallBuilder) -> None:
    for service in world.services.values():
        for number, replica in enumerate(service.replicas):
            for edge, undo in service.outgoing:
                replica.calls.append(calls.replicas_call(edge, undo, replica, number))


def _discovery(world: World) -> None:
    for service in world.services.values():
        spec = world.scenario.experiment.services[service.name].discovery
        if spec is not None:
            HealthChecks(
                world.environment, spec, service.replicas, service.listing, partial(_cut_off, world.channels)
            ).start()


def _cut_off(channels: Channels, replica: Replica) -> bool:
    """Whether a partition lies round a replica's zone: who asks for its health is outside."""
    return bool(replica.zone) and any(
        border.dropped.value or border.refused.value for border in channels.borders(f"{ZONE}{replica.zone}")
    )
