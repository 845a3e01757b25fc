"""Builds what says when requests arrive and how many at once: the processes with their random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.kernel.laws import sampler
from simulator.spec.arrivals import (
    ClosedArrivals,
    ConstantArrivals,
    ConstantBatch,
    DiurnalArrivals,
    MmppArrivals,
    PoissonArrivals,
    RenewalArrivals,
    SpikeArrivals,
    StagesArrivals,
    TraceArrivals,
)
from simulator.spec.laws import ExponentialLaw
from simulator.workload import arrivals, batches

if TYPE_CHECKING:
    from simulator.kernel.random import Streams
    from simulator.spec.arrivals import AnyArrivals, AnyBatch
    from simulator.spec.laws import AnyLaw

UNIT = ExponentialLaw.model_validate({"mean": 1.0})
"""Distances of a process of rate 1."""


def arrival_times(streams: Streams, name: str, spec: AnyArrivals, load: float) -> Iterator[float]:
    """When the requests (or batches) of the open workload entry `name` arrive, in order, seconds from the start."""
    place = f"arrivals/{name}"

    def draws(law: AnyLaw, where: str = place) -> Iterator[float]:
        return iter(streams.sequence(where, sampler(law)))

    match spec:
        case PoissonArrivals():
            return arrivals.poisson(spec, load, draws(UNIT))
        case ConstantArrivals():
            return arrivals.constant(spec, load)
        case RenewalArrivals():
            return arrivals.renewal(spec, load, draws(spec.law))
        case StagesArrivals():
            return arrivals.stages(spec, load, draws(UNIT))
        case SpikeArrivals():
            return arrivals.spike(spec, load, draws(UNIT))
        case DiurnalArrivals():
            return arrivals.diurnal(spec, load, draws(UNIT))
        case MmppArrivals():
            return arrivals.mmpp(spec, load, draws(UNIT), draws(UNIT, f"{place}/states"))
        case TraceArrivals():
            return arrivals.trace(spec, load)
        case ClosedArrivals():
            raise AssertionError("closed users have no arrival times")


def batch_sizes(streams: Streams, name: str, spec: AnyBatch) -> Iterator[int]:
    """How many requests each arrival of the workload entry `name` brings."""
    if isinstance(spec, ConstantBatch):
        return batches.constant(spec.size)
    return batches.geometric(spec.mean, iter(streams.sequence(f"batch/{name}")))
