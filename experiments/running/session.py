"""An experiment from its plan to its results folder: data first, then the page, then into place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from experiments.results.branches import BranchRow, branch_rows, splits_of
from experiments.results.cautions import Caution, Finished, cautions_of
from experiments.results.cells import Setting
from experiments.results.comparisons import ComparisonRow, comparison_rows
from experiments.results.csvfile import write_csv
from experiments.results.effects import EffectRow, LossRow
from experiments.results.folder import staged
from experiments.results.manifest import manifest_of, write_manifest
from experiments.results.objectives import ObjectiveRow, objective_rows
from experiments.results.recorder import Recorder
from experiments.results.summary import SummaryRow, summary_rows
from experiments.running.batching import play_once
from experiments.running.executor import Play, crew
from experiments.running.preparation import Prepared
from experiments.running.rounds import play_rounds
from experiments.running.warmed_up import pilot_tasks, warmed_up
from experiments.running.watch import UNWATCHED, Watch
from simulator.results import RunResult
from simulator.spec.scenario import Scenario

Show = Callable[[Path], None]
"""Adds what people look at to a folder that holds the data files and the manifest."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it.

    Attributes:
        folder: the results.
        objectives: what was asked for, judged.
        show_error: why pictures or page are missing or incomplete, though the data are there; None if all is well.
    """

    folder: Path
    objectives: tuple[ObjectiveRow, ...]
    show_error: BaseException | None = None


def play(
    prepared: Prepared,
    target: Path,
    *,
    jobs: int = 1,
    overwrite: bool = False,
    watch: Watch = UNWATCHED,
    show: Show | None = None,
) -> Played:
    """Play an experiment and put its results folder at ``target``.

    If ``show`` fails or is interrupted the data are put in place all the same, and the error is handed back.

    Raises:
        FolderRefused: the place is taken.
        RunFailed: a run failed; nothing is written.
        OSError: the folder cannot be written; what was there is as it was.
    """
    with staged(target, overwrite=overwrite) as stage:
        objectives = _write_data(prepared, stage, jobs, watch)
        error = _shown(show, stage)
    return Played(target, objectives, error)


def _write_data(prepared: Prepared, folder: Path, jobs: int, watch: Watch) -> tuple[ObjectiveRow, ...]:
    start = time.perf_counter()
    watch.expect(len(pilot_tasks(prepared.plan)) + len(prepared.plan.tasks))
    warmed = warmed_up(prepared.plan, folder, jobs, watch)
    prepared = prepared.with_warmups(warmed)
    recorder = _recorded(prepared, folder, jobs, watch)
    prepared = prepared.with_replications(recorder.cells)
    wall_time = time.perf_counter() - start
    cells, description = recorder.cells, prepared.description
    tested = {objective.metric for objective in prepared.objectives}
    judged = objective_rows(cells, prepared.objectives)
    compared = comparison_rows(cells, description.baseline, tested)
    write_csv(folder / "summary.csv", SummaryRow._fields, summary_rows(cells))
    write_csv(folder / "comparisons.csv", ComparisonRow._fields, compared)
    write_csv(folder / "objectives.csv", ObjectiveRow._fields, judged)
    write_csv(folder / "effects.csv", EffectRow._fields, recorder.effects.effects())
    write_csv(folder / "losses.csv", LossRow._fields, recorder.effects.losses())
    splits = splits_of(prepared.plan.scenarios)
    if splits:
        write_csv(folder / "branches.csv", BranchRow._fields, branch_rows(cells, splits, tested))
    finished = Finished(
        folder=folder,
        scenarios={Setting(scenario.variant, scenario.point): scenario for scenario in prepared.plan.scenarios},
        cells=cells,
        baseline=description.baseline,
        comparisons=compared,
        objectives=judged,
        searched=warmed.searched,
    )
    write_csv(folder / "cautions.csv", Caution._fields, cautions_of(finished))
    manifest = manifest_of(description, folder, wall_time=wall_time, jobs=jobs, totals=recorder.totals)
    write_manifest(folder, manifest)
    return tuple(judged)


def _recorded(prepared: Prepared, folder: Path, jobs: int, watch: Watch) -> Recorder:
    """Play all replications and write what comes of them."""
    plan = prepared.plan
    run: Play[Scenario, RunResult] = partial(play_once, measure=prepared.measure)
    with (
        crew(plan.scenarios, run, jobs=min(jobs, len(plan.tasks)), done=watch.done) as players,
        Recorder(folder, requests=prepared.requests) as recorder,
    ):
        for task, result in play_rounds(plan, players, folder, watch.expect):
            recorder.add(task.setting, task.replication, result)
    return recorder


def _shown(show: Show | None, folder: Path) -> BaseException | None:
    """Draw; the data are safe already, so not even Ctrl-C may lose them."""
    if show is None:
        return None
    try:
        show(folder)
    except (Exception, KeyboardInterrupt) as error:
        return error
    return None
