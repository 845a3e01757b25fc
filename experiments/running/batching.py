"""Which runs are cut into batches: those that are their variant's only one, and steady."""

from __future__ import annotations

from dataclasses import replace

from experiments.language.warm_up import timed_things
from experiments.statistics.batch_means import BATCHES
from simulator.results import RunResult
from simulator.run import Measure, run_once
from simulator.spec.scenario import Scenario


def is_cut(scenario: Scenario) -> bool:
    """Say whether a scenario is one long run of something that does not follow the clock.

    What happens at a set time happens once in the run: its batches would not be samples of the same.
    """
    experiment = scenario.experiment
    steady = not experiment.phases and not any(timed_things(experiment))
    return steady and experiment.run.stopping is None and experiment.run.replications == 1


def play_once(scenario: Scenario, replication: int, *, measure: Measure) -> RunResult:
    """Play one replication, in batches if it is the only one."""
    return run_once(scenario, replication, measure=replace(measure, batches=BATCHES) if is_cut(scenario) else measure)
