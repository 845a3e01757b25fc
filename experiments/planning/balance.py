"""Whether the replicas of a service are loaded alike: a load is that of their mean, which the busiest may exceed."""

from __future__ import annotations

from simulator.spec.experiment import ExperimentSpec


def uneven_by(experiment: ExperimentSpec, component: str) -> str | None:
    """Say what keeps requests from being spread evenly over the replicas of a service, or of a pool's service.

    Returns:
        The setting as it is written; None where there is one replica, or all get the same share.
    """
    kind, _, name = component.partition(":")
    if kind not in ("service", "pool"):
        return None
    service = experiment.services[name.partition("/")[0]]
    if service.replica_count == 1 and service.autoscale is None:
        return None
    balancing = service.balancing
    if balancing.sticky is not None:
        return f"sticky: {balancing.sticky}"
    return None if balancing.prefer is None else f"prefer: {balancing.prefer}"
