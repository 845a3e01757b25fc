"""Objectives as the language states them, as the tables judge them, and as what a run has to measure for them."""

from __future__ import annotations

from collections.abc import Iterable

from experiments.language.objectives import ObjectiveSpec
from experiments.results.objectives import Objective
from simulator.run import Measure


def measure_of(specs: Iterable[ObjectiveSpec]) -> Measure:
    """Return what the runs must measure beyond the usual, in an order that does not depend on the file's."""
    wanted = list(specs)
    limits = {(spec.operation, spec.within) for spec in wanted if spec.metric == "good" and spec.within is not None}
    bounds = [spec for spec in wanted if spec.bounds_recovery]
    good = sorted(limits)
    recovery = sorted((spec.operation, spec.metric, spec.bound, spec.direction == "at_most") for spec in bounds)
    return Measure(good=tuple(good), recovery=tuple(recovery))


def objectives_of(specs: Iterable[ObjectiveSpec]) -> tuple[Objective, ...]:
    """Return the objectives by their names in the tables: ``good`` with several limits is told apart by its limit."""
    wanted = list(specs)
    good = measure_of(wanted).good
    return tuple(_objective(spec, good) for spec in wanted)


def _objective(spec: ObjectiveSpec, good: tuple[tuple[str, float], ...]) -> Objective:
    metric = _good_name(spec, good) if spec.metric == "good" else spec.metric
    phase = spec.phase or "all"
    return Objective(spec.operation, phase, metric, spec.bound, spec.direction == "at_most", spec.within)


def _good_name(spec: ObjectiveSpec, good: tuple[tuple[str, float], ...]) -> str:
    limits = [within for operation, within in good if operation == spec.operation]
    return "good" if spec.within == limits[0] else f"good@{spec.within:g}"
