"""What a service's executions share at each replica: its processor, its pools, and the line in front of its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.build.world import Held
from simulator.services.equipment import UNBOUNDED
from simulator.services.lines import by_priority, fifo, lifo
from simulator.services.pools import Pool, PoolTally
from simulator.services.processing import Processing
from simulator.services.processor import ByPriority, Sharing
from simulator.services.workers import ServerTally

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.build.world import World
    from simulator.services.lines import Opened
    from simulator.services.processor import Processor
    from simulator.services.replica import Replica
    from simulator.services.service import Service
    from simulator.spec.services import ServiceSpec

LINES: dict[str, Callable[[], Opened]] = {"fifo": fifo, "codel": fifo, "lifo": lifo, "priority": by_priority}
"""How requests wait for a worker, by discipline; under `ps` and preemption they do not, but for pauses."""


def line_of(spec: ServiceSpec) -> Callable[[], Opened]:
    """What opens the line of a replica."""
    return LINES.get(spec.queue.discipline, fifo)


def has_processor(spec: ServiceSpec) -> bool:
    """Whether work goes through a processor at this service."""
    return spec.cores is not None or spec.queue.shares


def equip(world: World, service: Service, spec: ServiceSpec) -> None:
    """Give a service's replicas their processors and pools, and the service what counts them."""
    if has_processor(spec):
        service.servers = ServerTally()
        for replica in service.replicas:
            replica.processing = _processing(world, spec, service.servers)
    service.pools.update((name, PoolTally()) for name in sorted(spec.pools))
    for replica in service.replicas:
        replica.pools = [_pool(world, replica, spec, name, tally) for name, tally in service.pools.items()]


def hold_at_most(service: Service, spec: ServiceSpec) -> None:
    """Let the replicas of a service hold as many waiting requests as its queue now says."""
    capacity = UNBOUNDED if spec.queue.capacity is None else spec.queue.capacity
    for replica in service.replicas:
        if spec.queue.shares and replica.processing is not None:
            replica.processing.most = spec.places + capacity
        else:
            replica.hold_at_most(capacity)


def _processing(world: World, spec: ServiceSpec, tally: ServerTally) -> Processing:
    processor: Processor
    if spec.queue.shares:
        servers = int(spec.places)
        processor = ByPriority(servers) if spec.queue.preemptive else Sharing(servers)
        capacity = spec.queue.capacity
        most = UNBOUNDED if capacity is None else servers + capacity
        return Processing(world.environment, processor, tally, most)
    assert spec.cores is not None
    return Processing(world.environment, Sharing(spec.cores), tally)


def _pool(world: World, replica: Replica, spec: ServiceSpec, name: str, tally: PoolTally) -> Pool:
    pool = Pool(spec.pools[name].size, tally)
    world.held.append(Held(f"the pool {name} of {replica.name}", lambda: pool.out))
    return pool
