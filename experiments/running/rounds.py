"""Replications in rounds: after each one, sweep points whose figures are not precise enough get more.

All variants of a point get the same number, since they are compared run by run. Decisions are made on complete rounds
only, so they do not depend on which run ends first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from experiments.results.cells import Cells, Setting
from experiments.results.precision import precision_of
from experiments.running.executor import Crew
from experiments.running.plan import Plan, Task
from experiments.running.spool import Spool
from experiments.statistics.stopping import next_number
from simulator.results import RunResult
from simulator.spec.scenario import Scenario

SPOOL = ".spool"
"""Folder for results between their round and their turn, within the results folder."""

Expect = Callable[[int], None]
"""Told how many more runs there will be."""


def play_rounds(
    plan: Plan, crew: Crew[Scenario, RunResult], folder: Path, expect: Expect
) -> Iterator[tuple[Task, RunResult]]:
    """Play everything and yield it in the order in which it is recorded, whatever round it was played in.

    Args:
        plan: what to play.
        crew: plays it.
        folder: results wait here for their turn if there can be more than one round.
        expect: told of further rounds.

    Raises:
        RunFailed: a run failed.
    """
    if all(scenario.experiment.run.stopping is None for scenario in plan.scenarios):
        yield from crew.play(plan.tasks)
        return
    looks = _Looks(plan)
    tasks = plan.tasks
    with Spool(folder / SPOOL) as spool:
        while tasks:
            for task, result in crew.play(tasks):
                spool.put(task, result)
                looks.add(task, result)
            tasks = looks.next_round()
            expect(len(tasks))
        yield from spool.results()


class _Looks:
    """What was played so far, and what that asks for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._cells = Cells()

    def add(self, task: Task, result: RunResult) -> None:
        """Take one run's figures; the replications of a setting come in their order."""
        self._cells.add(task.setting, result.metrics, result.order_statistics)

    def next_round(self) -> tuple[Task, ...]:
        """Return the runs that are still wanted: none when every point is done."""
        points: dict[str, int] = {}
        for scenario in self._plan.scenarios:
            points[scenario.point] = max(points.get(scenario.point, 0), self._wanted(scenario))
        settings = self._cells.settings()
        played = {setting: self._cells.replications(setting) for setting in settings}
        return self._plan.further(played, {setting: points[setting.point] for setting in settings})

    def _wanted(self, scenario: Scenario) -> int:
        played = self._cells.replications(Setting(scenario.variant, scenario.point))
        found = precision_of(self._cells, scenario)
        return played if found is None else next_number(found.interval, found.target, played, found.most)
