"""From the spec of a service to one of its replicas: a plain one, or one that guards itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.build.handling import handles_batches
from simulator.build.membership import changes_size
from simulator.build.world import Held
from simulator.policies.adapting import limiter
from simulator.services.collecting import collecting
from simulator.services.membership import departing
from simulator.services.replica import Replica
from simulator.services.sharing import GuardedSharedReplica, SharedReplica
from simulator.services.shedding import Codel, ExpectedWait, GuardedReplica, QueueLength, Shedder
from simulator.spec.shedding import CodelShed, QueueLengthShed

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.policies.adaptive_limit import Limiter
    from simulator.services.equipment import Equipment
    from simulator.services.workers import WorkTally
    from simulator.spec.services import ServiceSpec
    from simulator.spec.shedding import AnyShed


def replica_of(
    world: World, service: str, number: int, equipment: Equipment, tally: WorkTally, spec: ServiceSpec
) -> Replica:
    """Replica `number` of a service. Who sheds nothing pays nothing: only a guarded one looks at each request."""
    limit, shed = spec.adaptive_limit, _shed(spec)
    changes = changes_size(world.scenario, service)
    batches = handles_batches(world, service)
    if shed is None and limit is None:
        kind = SharedReplica if spec.queue.shares else Replica
        kind = collecting(kind) if batches else kind
        kind = departing(kind) if changes else kind
        return kind(world.environment, service, number, equipment, tally)
    made = None
    if limit is not None:
        made = limiter(limit, world.streams.sequence(f"adaptive_limit/{service}[{number}]").draw)
        world.held.append(Held(f"the adaptive limit of {service}[{number}]", partial(_in_hand, made)))
    guarded = GuardedSharedReplica if spec.queue.shares else GuardedReplica
    guarded = collecting(guarded) if batches else guarded
    guarded = departing(guarded) if changes else guarded
    return guarded(
        world.environment,
        service,
        number,
        equipment,
        tally,
        shedder=lambda: _shedder(shed),
        limiter=made,
    )


def _shed(spec: ServiceSpec) -> AnyShed | None:
    """What a service sheds by: its `shed`, or the discipline `codel` of its queue, which is the same thing."""
    if spec.queue.discipline == "codel":
        return CodelShed(target=spec.queue.target, interval=spec.queue.interval)
    return spec.shed


def _in_hand(limit: Limiter) -> int:
    return limit.inflight


def _shedder(spec: AnyShed | None) -> Shedder:
    if spec is None:
        return Shedder()
    if isinstance(spec, QueueLengthShed):
        return QueueLength(spec.max_length)
    if isinstance(spec, CodelShed):
        return Codel(spec.target, spec.interval)
    return ExpectedWait(spec.max_wait, spec.smoothing)
