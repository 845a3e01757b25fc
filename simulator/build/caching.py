"""Builds caches, and the steps that look into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.build.state import has_originals
from simulator.build.world import Held
from simulator.services.cached import Cached, NamedCache
from simulator.services.cached_reads import CachedReads
from simulator.services.caching import FOR_EVER, Terms
from simulator.services.steps import Work
from simulator.spec.laws import ConstantLaw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.build.world import World
    from simulator.services.operation import Operation
    from simulator.services.sequence import Step
    from simulator.services.service import Service
    from simulator.spec.steps import CachedSpec


def cached_step(
    world: World, service: Service, operation: Operation, spec: CachedSpec, place: str, steps: Sequence[Step]
) -> Cached:
    """The step at `place` that looks into one of the service's caches, with `steps` for its misses."""
    details = world.scenario.experiment.services[service.name]
    named = details.operations[operation.name.partition(".")[2]].key
    kind = CachedReads if has_originals(world) else Cached
    return kind(
        f"cached {place}",
        _cache(world, service, spec),
        world.key_of(named),
        steps,
        _hit(world, operation, spec, place, details.contention),
        single_flight=spec.single_flight,
    )


def _cache(world: World, service: Service, spec: CachedSpec) -> NamedCache:
    """The service's cache of that name: made for the first step that uses it (all agree on its settings)."""
    key = (service.name, spec.name)
    if key not in world.caches:
        terms = Terms(
            FOR_EVER if spec.ttl is None else spec.ttl, spec.sliding, spec.stale_while_revalidate, spec.capacity
        )
        made = world.caches[key] = NamedCache(service.replicas, terms)
        if spec.single_flight:
            world.held.append(Held(f"the cache {spec.name} of {service.name}", made.flights))
    return world.caches[key]


def _hit(world: World, operation: Operation, spec: CachedSpec, place: str, contention: float) -> Work | None:
    """What a hit costs: work like any other, so that slowdowns and contention hold for it."""
    if isinstance(spec.hit, ConstantLaw) and spec.hit.value == 0.0:
        return None
    law = world.draws(f"hit/{place}", spec.hit)
    return Work(f"hit {place}", operation.number, law, contention, None, effect=False, undo_time=None)
