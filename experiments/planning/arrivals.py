"""How many requests a workload entry sends per second: on average over the measured window, and at its peak."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from simulator.spec.arrivals import (
    AnyArrivals,
    AnyBatch,
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
from simulator.spec.run import AUTO, RunSpec
from simulator.spec.workload import WorkloadSpec


class Rate(NamedTuple):
    """Requests per second: the mean over [warmup, duration), and the highest rate in it. A warm-up that is still to be
    found counts as none."""

    mean: float
    peak: float


class _Piece(NamedTuple):
    """A time (seconds from the start) in which the rate goes evenly from `first` to `last`."""

    begin: float
    end: float
    first: float
    last: float

    def at(self, time: float) -> float:
        """The rate at a time in it."""
        if self.first == self.last:
            return self.first
        return self.first + (self.last - self.first) * (time - self.begin) / (self.end - self.begin)


def begins(run: RunSpec) -> float:
    """Where the measured window begins, in seconds; 0 where that is still to be found."""
    return 0.0 if run.warmup == AUTO else run.measured_from


def rate_of(entry: WorkloadSpec, run: RunSpec) -> Rate:
    """The rate of an open workload entry, its batches and the run's load counted in.

    Raises:
        ValueError: closed users have no rate of their own: what they send depends on how they are answered.
    """
    factor = run.load * _batch_mean(entry.batch)
    found = _rate(entry.arrivals, run)
    return Rate(found.mean * factor, found.peak * factor)


def _batch_mean(batch: AnyBatch | None) -> float:
    if batch is None:
        return 1.0
    return float(batch.size) if isinstance(batch, ConstantBatch) else batch.mean


def _rate(spec: AnyArrivals, run: RunSpec) -> Rate:
    """At load 1, in arrivals per second."""
    match spec:
        case PoissonArrivals() | ConstantArrivals():
            return Rate(spec.rate, spec.rate)
        case RenewalArrivals():
            rate = 0.0 if math.isinf(spec.law.mean()) else 1.0 / spec.law.mean()
            return Rate(rate, rate)
        case MmppArrivals():
            whole = math.fsum(state.for_ for state in spec.states)
            mean = math.fsum(state.rate * state.for_ for state in spec.states) / whole
            return Rate(mean, max(state.rate for state in spec.states))
        case StagesArrivals():
            return _over(_stage_pieces(spec), run)
        case SpikeArrivals():
            return _over(_spike_pieces(spec, run.duration), run)
        case DiurnalArrivals():
            return _diurnal(spec, run)
        case TraceArrivals():
            return _trace(spec, run)
        case ClosedArrivals():
            raise ValueError("closed users have no rate of their own")


def _over(pieces: Iterable[_Piece], run: RunSpec) -> Rate:
    """Mean and peak of a rate that is made of pieces."""
    requests, peak = 0.0, 0.0
    for piece in pieces:
        begin, end = max(piece.begin, run.measured_from), min(piece.end, run.duration)
        if begin < end:
            first, last = piece.at(begin), piece.at(end)
            requests += (first + last) / 2 * (end - begin)
            peak = max(peak, first, last)
    return Rate(requests / (run.duration - run.measured_from), peak)


def _stage_pieces(spec: StagesArrivals) -> Iterator[_Piece]:
    begin = rate = 0.0
    for stage in spec.stages:
        first = rate if stage.rate is None else stage.rate
        rate = first if stage.ramp_to is None else stage.ramp_to
        yield _Piece(begin, begin + stage.for_, first, rate)
        begin += stage.for_


def _spike_pieces(spec: SpikeArrivals, duration: float) -> Iterator[_Piece]:
    begin, at = 0.0, spec.at
    while at < duration:
        yield _Piece(begin, at, spec.rate, spec.rate)
        yield _Piece(at, at + spec.for_, spec.peak, spec.peak)
        begin = at + spec.for_
        at = at + spec.every if spec.every is not None else math.inf
    yield _Piece(begin, max(duration, begin), spec.rate, spec.rate)


def _diurnal(spec: DiurnalArrivals, run: RunSpec) -> Rate:
    level, swing = (spec.high + spec.low) / 2, (spec.high - spec.low) / 2
    turn = 2 * math.pi / spec.period

    def until(time: float) -> float:
        return level * time + swing * math.sin(turn * (time - spec.peak_at)) / turn

    first_peak = spec.peak_at + math.ceil((run.measured_from - spec.peak_at) / spec.period) * spec.period
    at_ends = [level + swing * math.cos(turn * (time - spec.peak_at)) for time in (run.measured_from, run.duration)]
    mean = (until(run.duration) - until(run.measured_from)) / (run.duration - run.measured_from)
    return Rate(mean, spec.high if first_peak <= run.duration else max(at_ends))


def _trace(spec: TraceArrivals, run: RunSpec) -> Rate:
    """By counting: the mean over the window, and the fullest of its pieces of `run.window`. `load` plays a trace so
    many times as fast, which the caller multiplies in: so the window is that much longer in the trace's own time."""
    begin, end = run.measured_from * run.load, run.duration * run.load
    length = run.window * run.load
    number = max(1, math.ceil((end - begin) / length))
    bounds = [bisect_left(spec.times, min(begin + k * length, end)) for k in range(number + 1)]
    fullest = max(later - earlier for earlier, later in pairwise(bounds))
    return Rate((bounds[-1] - bounds[0]) / (end - begin), fullest / length)
