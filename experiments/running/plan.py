"""The runs of an experiment, in the order in which they are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from experiments.results.cells import Setting
from simulator.spec.scenario import Scenario


@dataclass(frozen=True, slots=True, order=True)
class Task:
    """One run. Tasks are in order of variant, point and replication, as scenarios are in a plan.

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
    """What is played: scenarios in order of variant and point, their replications counted from ``first``."""

    scenarios: tuple[Scenario, ...]
    first: int = 0

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The runs of the first round: all of them where numbers of replications are fixed."""
        counts = {_setting(scenario): scenario.experiment.run.first_round for scenario in self.scenarios}
        return self.further(dict.fromkeys(counts, 0), counts)

    def further(self, begin: Mapping[Setting, int], end: Mapping[Setting, int]) -> tuple[Task, ...]:
        """The runs from one number of replications to another, for the settings that have both."""
        return tuple(
            Task(position, setting, self.first + number, scenario.experiment.run.seed)
            for position, scenario in enumerate(self.scenarios)
            if (setting := _setting(scenario)) in begin and setting in end
            for number in range(begin[setting], end[setting])
        )


def plan_runs(scenarios: Iterable[Scenario], first: int = 0) -> Plan:
    """Plan the replications of every scenario, from number ``first`` on. The file's order makes no difference."""
    return Plan(tuple(sorted(scenarios, key=_setting)), first)


def _setting(scenario: Scenario) -> Setting:
    return Setting(scenario.variant, scenario.point)
