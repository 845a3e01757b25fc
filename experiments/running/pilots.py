"""Pilot runs: a few replications from the very start, in which the end of the warm-up is looked for.

A pilot is played like any other run, with everything measured, and reduced to a few series where it was played.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.statistics.warm_up import BATCH, batch_means
from simulator.results import Columns, RunResult
from simulator.run import run_once
from simulator.spec.run import AUTO
from simulator.spec.scenario import Scenario

PILOTS = 3
"""Pilot replications of every variant at every sweep point."""

QUEUES = ("queue_length", "backlog")
"""What is waiting at services, and in brokers: the figures whose windows are added up over all of them."""


@dataclass(frozen=True, slots=True)
class Series:
    """What one pilot observed of one thing, averaged in batches.

    Attributes:
        operation: a workload's name; ``services`` or ``brokers``: all of them together.
        measure: ``answer_latency`` or ``completion`` (seconds, by arrival), ``queue_length`` or ``backlog``.
        times: when each batch begins: the arrival of its first request, or the begin of the window; in seconds.
        means: the batches' means.
    """

    operation: str
    measure: str
    times: tuple[float, ...]
    means: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pilot:
    """What is left of a pilot run: its series, and what it counted."""

    series: tuple[Series, ...]
    facts: dict[str, float]


def needs_pilots(scenario: Scenario) -> bool:
    """Say whether a scenario's warm-up is still to be found."""
    return scenario.experiment.run.warmup == AUTO


def pilot_of(scenario: Scenario) -> Scenario:
    """Return the scenario as its pilots play it: measured from the start, with a row per request."""
    return with_run(scenario, warmup=0.0, record="requests")


def with_run(scenario: Scenario, **settings: Any) -> Scenario:
    """Return a scenario with other values in its ``run`` table."""
    run = scenario.experiment.run.model_copy(update=settings)
    return replace(scenario, experiment=scenario.experiment.model_copy(update={"run": run}))


def play_pilot(scenario: Scenario, replication: int) -> Pilot:
    """Play one pilot."""
    result = run_once(scenario, replication)
    return Pilot(tuple(series_of(result)), result.facts)


def series_of(result: RunResult) -> Iterator[Series]:
    """Return a run's series: answers and completions of each workload, and what waits in queues and brokers."""
    if result.requests is not None:
        yield from _of_requests(result.requests)
    for metric, together in zip(QUEUES, ("services", "brokers"), strict=True):
        windows = _added_up(result.timeline, metric)
        if windows:
            yield Series(together, metric, tuple(windows), tuple(windows.values()))


def _of_requests(requests: Columns) -> Iterator[Series]:
    operations, arrived = np.asarray(requests["operation"]), np.asarray(requests["arrived"])
    for operation in sorted(set(operations.tolist())):
        own = operations == operation
        for measure, column in (("answer_latency", "answered"), ("completion", "completed")):
            # Requests are rows in order of arrival; whoever never got there has no time and is left out.
            took = np.asarray(requests[column])[own] - arrived[own]
            ended = np.isfinite(took)
            begins = arrived[own][ended][::BATCH].tolist()
            means = batch_means(took[ended].tolist(), BATCH)
            yield Series(operation, measure, tuple(begins[: len(means)]), tuple(means))


def _added_up(timeline: Columns, metric: str) -> dict[float, float]:
    """Return a figure's sum over all components, by the begin of the window."""
    parts: dict[float, list[float]] = {}
    rows = zip(timeline["metric"], timeline["time"], timeline["value"], strict=True)
    for name, time, value in rows:
        if name == metric and math.isfinite(value):
            parts.setdefault(float(time), []).append(float(value))
    return {time: math.fsum(parts[time]) for time in sorted(parts)}


def averaged(series: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean of several series batch by batch, as far as all of them go."""
    return [math.fsum(values) / len(values) for values in zip(*series, strict=False)]
