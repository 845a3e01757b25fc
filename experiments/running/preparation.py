"""From a loaded experiment to everything that is known before the first run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.language import Document
from experiments.results.cells import Cells, Setting
from experiments.results.manifest import Description, digest
from experiments.results.objectives import Objective
from experiments.running.batching import is_cut
from experiments.running.measuring import measure_of, objectives_of
from experiments.running.plan import Plan, plan_runs
from experiments.running.warmed_up import WarmedUp
from experiments.statistics.batch_means import BATCHES
from simulator.metrics.phases import named_periods
from simulator.run import Measure
from simulator.spec.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An experiment, ready to be played.

    Attributes:
        plan: the runs.
        measure: what the objectives need measured.
        objectives: as the tables judge them.
        requests: whether a row per request is kept.
        description: what the manifest and the reports say about the experiment.
    """

    plan: Plan
    measure: Measure
    objectives: tuple[Objective, ...]
    requests: bool
    description: Description

    def with_warmups(self, found: WarmedUp) -> Prepared:
        """The same with a number in place of every warm-up that had to be found."""
        reference = [scenario for scenario in found.scenarios if scenario.variant == self.description.baseline]
        warmups = {scenario.point: scenario.experiment.run.measured_from for scenario in reference}
        description = replace(
            self.description,
            warmup=max(warmups.values()),
            warmups={point: warmups[point] for point in self.description.points},
            experiment=_resolved(found.scenarios),
            pilots=found.pilots,
        )
        return replace(self, plan=replace(self.plan, scenarios=found.scenarios), description=description)

    def with_replications(self, cells: Cells) -> Prepared:
        """The same with the numbers of replications that were played, where a precision decided them."""
        if all(scenario.experiment.run.stopping is None for scenario in self.plan.scenarios):
            return self
        baseline = self.description.baseline
        played = {point: cells.replications(Setting(baseline, point)) for point in self.description.points}
        description = replace(self.description, replications=max(played.values()), replications_at=played)
        return replace(self, description=description)


def prepare(document: Document, variants: Sequence[str] = (), command: str = "", *, first: int = 0) -> Prepared:
    """Plan an experiment.

    Args:
        document: the loaded file.
        variants: those to play; none named: all.
        command: what plays it again, for the record.
        first: number of the first replication.

    Raises:
        ExperimentError: a variant is unknown.
    """
    scenarios = document.scenarios(list(variants) or None)
    plan = plan_runs(scenarios, first)
    return Prepared(
        plan=plan,
        measure=measure_of(document.objectives),
        objectives=objectives_of(document.objectives),
        requests=any(scenario.experiment.run.record == "requests" for scenario in plan.scenarios),
        description=replace(_description(document, scenarios, command), first_replication=first),
    )


def _description(document: Document, scenarios: Sequence[Scenario], command: str) -> Description:
    played = list(dict.fromkeys(scenario.variant for scenario in scenarios))
    baseline = document.baseline if document.baseline in played else min(played)
    chosen = next(scenario for scenario in scenarios if scenario.variant == baseline)
    reference = chosen.experiment
    return Description(
        name=document.name,
        description=document.description,
        variants=played,
        baseline=baseline,
        points=list(dict.fromkeys(scenario.point for scenario in scenarios)),
        axes={axis: list(values) for axis, values in document.axes.items()},
        workloads=[entry.name for entry in reference.workload],
        phases=named_periods(chosen),
        warmup=0.0,
        warmups={},
        duration=reference.run.duration,
        replications=max(scenario.experiment.run.first_round for scenario in scenarios),
        batches=BATCHES if all(is_cut(scenario) for scenario in scenarios) else 0,
        limits=_limits(document),
        seed=reference.run.seed,
        experiment=_resolved(scenarios),
        experiment_text=document.source,
        included_files={name: digest(text) for name, text in document.included.items()},
        command=command,
    )


def _limits(document: Document) -> list[tuple[str, str, str, float]]:
    return sorted(
        (wanted.operation, wanted.phase, wanted.metric, wanted.within)
        for wanted in objectives_of(document.objectives)
        if wanted.within is not None
    )


def _resolved(scenarios: Sequence[Scenario]) -> Mapping[str, Any]:
    """Return the experiment as played, by variant and point."""
    resolved: dict[str, dict[str, Any]] = {}
    for scenario in scenarios:
        content = scenario.experiment.model_dump(mode="json", by_alias=True)
        resolved.setdefault(scenario.variant, {})[scenario.point] = content
    return resolved
