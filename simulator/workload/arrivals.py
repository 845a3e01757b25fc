"""When requests arrive. Each process gives the times of one workload entry, in order, in seconds from the start.

All but the constant one and traces draw unit-rate distances first and scale them, so the same luck serves every rate:
a sweep over load compares designs on common random numbers. How a rate that changes is followed: see `rates`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, cycle, repeat
from math import inf
from operator import truediv
from typing import TYPE_CHECKING

from simulator.workload.rates import Cosine, Piece, cosine, piecewise

if TYPE_CHECKING:
    from simulator.spec.arrivals import (
        ConstantArrivals,
        DiurnalArrivals,
        MmppArrivals,
        PoissonArrivals,
        RenewalArrivals,
        SpikeArrivals,
        StagesArrivals,
        TraceArrivals,
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
    """A Poisson process whose rate is held or ramped linearly stage by stage; after the last stage it ends."""
    return piecewise(_stage_pieces(spec, load), unit)


def _stage_pieces(spec: StagesArrivals, load: float) -> Iterator[Piece]:
    rate = 0.0
    for stage in spec.stages:
        first = rate if stage.rate is None else stage.rate * load
        last = first if stage.ramp_to is None else stage.ramp_to * load
        yield Piece(first, last, stage.for_)
        rate = last


def spike(spec: SpikeArrivals, load: float, unit: Iterator[float]) -> Iterator[float]:
    """A Poisson process at one rate, and at another while a spike lasts."""
    return piecewise(_spike_pieces(spec, load), unit)


def _spike_pieces(spec: SpikeArrivals, load: float) -> Iterator[Piece]:
    rate, peak = spec.rate * load, spec.peak * load
    if spec.at:
        yield Piece(rate, rate, spec.at)
    while True:
        yield Piece(peak, peak, spec.for_)
        rest = inf if spec.every is None else spec.every - spec.for_
        yield Piece(rate, rate, rest)


def diurnal(spec: DiurnalArrivals, load: float, unit: Iterator[float]) -> Iterator[float]:
    """A Poisson process whose rate follows a cosine."""
    level, swing = (spec.high + spec.low) / 2 * load, (spec.high - spec.low) / 2 * load
    return cosine(Cosine(level, swing, spec.period, spec.peak_at), unit)


def mmpp(spec: MmppArrivals, load: float, unit: Iterator[float], sojourns: Iterator[float]) -> Iterator[float]:
    """A Markov-modulated Poisson process; `sojourns` gives exponential times of mean 1; `load` shortens none."""
    pieces = (
        Piece(state.rate * load, state.rate * load, max(stay * state.for_, SHORTEST))
        for state, stay in zip(cycle(spec.states), sojourns, strict=False)
    )
    return piecewise(pieces, unit)


SHORTEST = 1e-9
"""Seconds that a state lasts at least: a draw may be 0."""


def trace(spec: TraceArrivals, load: float) -> Iterator[float]:
    """The times of a file, `load` times as fast."""
    return map(truediv, spec.times, repeat(load))
