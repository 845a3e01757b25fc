"""The runs of an experiment, in the order in which they are recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from experiments.results.cells import Setting
from simulator.spec.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Task:
    """One run.

    Attributes:
        scenario: position of its scenario in the plan.
        setting: the scenario's variant and point.
        replication: 0 for the first.
        seed: the experiment's seed; with the replication's number it fixes every draw.
    """

    scenario: int
    setting: Setting
    replication: int
    seed: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All runs: scenarios in order of variant and point, the replications of each one after the other."""

    scenarios: tuple[Scenario, ...]
    tasks: tuple[Task, ...]


def plan_runs(scenarios: Iterable[Scenario]) -> Plan:
    """Plan the replications of every scenario. The file's order of variants and points makes no difference."""
    ordered = tuple(sorted(scenarios, key=_setting))
    tasks = [
        Task(position, _setting(scenario), replication, scenario.experiment.run.seed)
        for position, scenario in enumerate(ordered)
        for replication in range(scenario.experiment.run.replications)
    ]
    return Plan(ordered, tuple(tasks))


def _setting(scenario: Scenario) -> Setting:
    return Setting(scenario.variant, scenario.point)
