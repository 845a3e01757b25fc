"""When requests arrive. Each process gives the times of one workload entry, in order, in seconds from the start.

All but the constant one draw unit-rate distances first and scale them, so the same luck serves every rate: a sweep
over load compares designs on common random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, repeat
from math import sqrt
from operator import truediv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.spec.workload import (
        ConstantArrivals,
        PoissonArrivals,
        RenewalArrivals,
        StagesArrivals,
    )


def constant(spec: ConstantArrivals, load: float) -> Iterator[float]:
    """Every 1/rate seconds, the first after one such distance."""
    number = 0
    rate = spec.rate * load
    while True:
        number += 1
        yield number / rate


def poisson(spec: PoissonArrivals, load: float, unit: Iterator[float]) -> Iterator[float]:
    """A Poisson process; `unit` gives exponential distances of mean 1, without end."""
    return accumulate(map(truediv, unit, repeat(spec.rate * load)))


def renewal(spec: RenewalArrivals, load: float, distances: Iterator[float]) -> Iterator[float]:
    """Independent distances, shortened by the load."""
    return accumulate(map(truediv, distances, repeat(load)))


def stages(spec: StagesArrivals, load: float, unit: Iterator[float]) -> Iterator[float]:
    """A Poisson process whose rate is held or ramped linearly stage by stage; after the last stage it ends.

    The times are those of a unit-rate process on the scale of the expected number of arrivals (time change: Cinlar,
    Introduction to Stochastic Processes, section 4.7).
    """
    begin = 0.0
    rate = 0.0
    ahead = next(unit)
    for stage in spec.stages:
        first = rate if stage.rate is None else stage.rate * load
        last = first if stage.ramp_to is None else stage.ramp_to * load
        slope = (last - first) / stage.for_
        expected = 0.0
        total = (first + last) / 2 * stage.for_
        while expected + ahead <= total:
            expected += ahead
            yield begin + _time_of(expected, first, slope)
            ahead = next(unit)
        ahead -= total - expected
        begin += stage.for_
        rate = last


def _time_of(expected: float, first: float, slope: float) -> float:
    """When a rate of ``first + slope * t`` has brought `expected` arrivals."""
    if slope == 0.0:
        return expected / first
    return 2.0 * expected / (first + sqrt(max(0.0, first * first + 2.0 * slope * expected)))
