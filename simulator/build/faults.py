"""Builds the faults: those at a stated time, and those at random with their random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.faults.breakdowns import Breakdowns, Breaking
from simulator.faults.schedule import FaultSchedule
from simulator.kernel.laws import sampler

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.faults.schedule import Unit
    from simulator.spec.faults import AnyFault
    from simulator.spec.laws import AnyLaw


def build_faults(world: World) -> None:
    """Put every fault of the experiment on the clock of a world that is complete."""
    replicas = {service.name: service.replicas for service in world.services.values()}
    operations = {
        operation.name: operation for service in world.services.values() for operation in service.operations.values()
    }
    schedule = FaultSchedule(
        world.environment, replicas, operations, world.channels, world.brokers, world.draws, world.caches
    )
    for number, fault in enumerate(world.scenario.experiment.faults):
        if fault.mtbf is None or fault.mttr is None:
            schedule.add(fault, number)
        else:
            units = [_breaking(world, fault, unit, fault.mtbf, fault.mttr) for unit in schedule.units(fault, number)]
            Breakdowns(world.environment, units, fault.crews).start(fault.at)


def _breaking(world: World, fault: AnyFault, unit: Unit, well: AnyLaw, repair: AnyLaw) -> Breaking:
    place = f"fault/{fault.name}/{unit.name}"
    return Breaking(
        unit,
        world.streams.sequence(f"{place}/well", sampler(well)).draw,
        world.streams.sequence(f"{place}/repair", sampler(repair)).draw,
    )
