"""Plays the pilots of whatever says ``warmup: auto``, writes what they saw, and puts a number in its place."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from experiments.results.cells import Setting
from experiments.results.csvfile import write_csv
from experiments.results.parquet import SCHEMAS, ParquetStream, table_of
from experiments.results.warmup import NAME, WarmupRow
from experiments.running.executor import execute
from experiments.running.pilots import PILOTS, Pilot, needs_pilots, pilot_of, play_pilot, with_run
from experiments.running.plan import Plan, Task
from experiments.running.warming import Observed, in_windows, observed, warmup_of
from experiments.running.watch import Watch
from simulator.spec.scenario import Scenario


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """Scenarios with a number for a warm-up.

    Attributes:
        scenarios: all of the plan, in its order.
        pilots: how many pilot runs it took.
        searched: the settings whose warm-up they looked for.
    """

    scenarios: tuple[Scenario, ...]
    pilots: int
    searched: frozenset[Setting] = frozenset()


def pilot_tasks(plan: Plan) -> list[Task]:
    """Return the pilot runs that a plan needs: the same replications whichever ones are played afterwards."""
    return [
        Task(position, Setting(scenario.variant, scenario.point), replication, scenario.experiment.run.seed)
        for position, scenario in enumerate(plan.scenarios)
        if needs_pilots(scenario)
        for replication in range(PILOTS)
    ]


def warmed_up(plan: Plan, folder: Path, jobs: int, watch: Watch) -> WarmedUp:
    """Play the pilots and write ``warmup.csv`` and ``pilots.parquet``; without any, nothing happens.

    Raises:
        RunFailed: a pilot failed.
    """
    tasks = pilot_tasks(plan)
    if not tasks:
        return WarmedUp(plan.scenarios, 0)
    book = _Book(plan)
    subjects = [pilot_of(scenario) if needs_pilots(scenario) else scenario for scenario in plan.scenarios]
    with ParquetStream(folder / "pilots.parquet", SCHEMAS["pilots"]) as stream:
        waiting: dict[int, Pilot] = {}
        for task, pilot in execute(subjects, tasks, play_pilot, jobs=jobs, done=watch.done):
            waiting[task.replication] = pilot
            if len(waiting) == PILOTS:
                _write(stream, book.add(task.scenario, task.setting, waiting), plan.scenarios[task.scenario])
                waiting.clear()
    write_csv(folder / NAME, WarmupRow._fields, book.rows)
    return WarmedUp(book.scenarios(), len(tasks), frozenset(task.setting for task in tasks))


@dataclass
class _Book:
    """What the pilots ask for: the longest of a point counts for all its variants, up to half of the shortest run of
    them, of which something is to be left."""

    plan: Plan
    rows: list[WarmupRow] = field(default_factory=list)
    longest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    most: dict[str, float] = field(default_factory=lambda: defaultdict(lambda: math.inf))

    def add(self, position: int, setting: Setting, pilots: dict[int, Pilot]) -> Sequence[Observed]:
        everything = observed(setting, pilots)
        run = self.plan.scenarios[position].experiment.run
        self.longest[setting.point] = max(self.longest[setting.point], warmup_of(everything, run))
        self.most[setting.point] = min(self.most[setting.point], run.duration / 2)
        self.rows += [row for thing in everything for row in thing.rows()]
        return everything

    def scenarios(self) -> tuple[Scenario, ...]:
        found = {point: min(longest, self.most[point]) for point, longest in self.longest.items()}
        return tuple(
            with_run(scenario, warmup=found[scenario.point]) if needs_pilots(scenario) else scenario
            for scenario in self.plan.scenarios
        )


def _write(stream: ParquetStream, everything: Sequence[Observed], scenario: Scenario) -> None:
    """Write what a setting's pilots saw as one row group."""
    names = ("operation", "measure", "time", "value", "statistic")
    rows: dict[int, list[tuple[str, str, float, float, float]]] = defaultdict(list)
    for thing in everything:
        for replication, windows in in_windows(thing, scenario.experiment.run):
            rows[replication] += [(thing.operation, thing.measure, *window) for window in windows]
    tables = []
    for replication, found in sorted(rows.items()):
        columns = dict(zip(names, (list(values) for values in zip(*found, strict=True)), strict=True))
        tables.append(table_of("pilots", scenario.variant, scenario.point, replication, columns))
    stream.write(tables)
