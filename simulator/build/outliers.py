"""Builds outlier detectors: who shares one, and what its balancers pick from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.policies.ejecting import Ejector
from simulator.services.balancing import Healthy

if TYPE_CHECKING:
    from simulator.build.policies import Shared
    from simulator.build.world import World
    from simulator.services.replica import Replica
    from simulator.spec.policies import OutlierSpec
    from simulator.spec.scenario import Edge


def ejector(
    world: World, shared: Shared, edge: Edge, caller: Replica | None, number: int, spec: OutlierSpec
) -> Ejector[Healthy]:
    """The detector of one caller replica for the called service: all operations with the same settings share it, as
    they share a proxy's cluster. With ``scope: edge`` all replicas of the caller do."""
    own = spec.scope == "caller"

    def make() -> Ejector[Healthy]:
        listing = world.services[edge.service].listing
        made = Ejector(world.environment, spec, Healthy(listing, spec.panic_threshold))
        made.observe(world.breaker_tally(edge.caller, edge.service), world.services[edge.service].replicas)
        made.start()
        if own and caller is not None:
            caller.when_crashed.append(made.reset)
        return made

    return shared.once(("outlier", edge.caller, number if own else -1, edge.service, spec), make)
