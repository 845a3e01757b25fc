"""How often the intervals of the tables hold the truth: many experiments are played, and their rows looked up.

An experiment is 20 replications of one seed, as every run plays them; its first five and ten replications are
experiments as well. The tables are made from them by what makes `summary.csv` and `comparisons.csv`. One long run is
played through the public door, since its interval comes from its batches.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from experiments.language import Document, load
from experiments.results.cells import Cells, Setting
from experiments.results.comparisons import comparison_rows
from experiments.results.reading import Results
from experiments.results.summary import summary_rows
from experiments.running.preparation import prepare
from experiments.running.session import play
from experiments.statistics.intervals import Interval, share_interval
from simulator.results import RunResult
from simulator.run import run_once
from simulator.spec.scenario import Scenario
from tests.statistical.known import EVERY, Figure, Known

FIRST_SEED = 1001

EXPERIMENTS = 300
"""How many are played of each kind."""

FEWEST = 264
"""Covered by at least so many of them with a probability of 99.9 %, if 93 % is the true coverage."""


class Seen(NamedTuple):
    """One interval of one experiment.

    Attributes:
        figure: which figure's, as `Figure.shown`. replications: how many the experiment had.
        low, high: its ends. truth: what it should hold.
    """

    figure: str
    replications: int
    low: float
    high: float
    truth: float

    @property
    def below(self) -> bool:
        """Whether the truth lies below the interval."""
        return self.truth < self.low

    @property
    def above(self) -> bool:
        """Whether the truth lies above the interval; an end that is not there excludes nothing."""
        return self.truth > self.high


class Coverage(NamedTuple):
    """What became of many intervals.

    Attributes:
        experiments: how many; `covered` of them hold the truth, `below` and `above` miss it on that side.
        open: how many have no upper end.
        width: their median width, as a share of the truth; infinite if half of them are open.
    """

    experiments: int
    covered: int
    below: int
    above: int
    open: int
    width: float

    @property
    def interval(self) -> Interval:
        """The share that holds the truth, with its own exact 95 % interval."""
        return share_interval([1.0] * self.covered + [0.0] * (self.experiments - self.covered))


def coverage_of(seen: Iterable[Seen]) -> Coverage:
    """What becomes of intervals of one kind."""
    intervals = list(seen)
    below = sum(one.below for one in intervals)
    above = sum(one.above for one in intervals)
    widths = sorted(math.inf if math.isnan(one.high) else one.high - max(one.low, 0.0) for one in intervals)
    return Coverage(
        experiments=len(intervals),
        covered=len(intervals) - below - above,
        below=below,
        above=above,
        open=sum(math.isnan(one.high) for one in intervals),
        width=widths[len(widths) // 2] / intervals[0].truth,
    )


def measured(experiments: int, jobs: int, kinds: Sequence[Known] = EVERY) -> dict[tuple[str, int], Coverage]:
    """Play so many independent experiments of each kind: the coverage by figure and number of replications."""
    seeds = range(FIRST_SEED, FIRST_SEED + experiments)
    seen: dict[tuple[str, int], list[Seen]] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for known in kinds:
            for found in pool.map(partial(intervals, known), seeds, chunksize=5):
                for one in found:
                    seen.setdefault((one.figure, one.replications), []).append(one)
    return {key: coverage_of(found) for key, found in seen.items()}


def intervals(known: Known, seed: int) -> list[Seen]:
    """The intervals of one experiment of one seed, by each of its numbers of replications."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "experiment.yaml"
        file.write_text(known.text, encoding="utf-8")
        document = load(file, [f"run.seed={seed}"])
        if known.replications == (1,):
            made = {1: _written(document, Path(folder) / "results")}
        else:
            made = _tables(document, known.replications)
    return [_seen(figure, number, rows) for number, rows in made.items() for figure in known.figures]


Rows = Mapping[tuple[bool, str, str, str], tuple[float, float]]
"""The ends of the intervals by: whether compared, variant, operation, metric."""


def _written(document: Document, folder: Path) -> Rows:
    """What `summary.csv` says after a run through the public door."""
    play(prepare(document), folder)
    summary = Results(folder).summary
    rows = summary[summary["phase"] == "all"].to_dict("records")
    return {
        (False, row["variant"], row["operation"], row["metric"]): (float(row["ci_low"]), float(row["ci_high"]))
        for row in rows
    }


def _tables(document: Document, numbers: Sequence[int]) -> dict[int, Rows]:
    """The tables of the first replications, by their number."""
    runs = {
        _setting(scenario): [run_once(scenario, number) for number in range(max(numbers))]
        for scenario in document.scenarios()
    }
    return {number: tables(runs, number) for number in numbers}


def _setting(scenario: Scenario) -> Setting:
    return Setting(scenario.variant, scenario.point)


def tables(runs: Mapping[Setting, Sequence[RunResult]], replications: int) -> Rows:
    """The intervals of `summary.csv` and `comparisons.csv` of the first `replications` runs, over the whole window."""
    cells = Cells()
    for setting, results in runs.items():
        for result in results[:replications]:
            cells.add(setting, result.metrics, result.order_statistics)
    baseline = min(setting.variant for setting in runs)
    rows = {
        (False, row.variant, row.operation, row.metric): (row.ci_low, row.ci_high)
        for row in summary_rows(cells)
        if row.phase == "all"
    }
    compared = {
        (True, row.variant_a, row.operation, row.metric): (row.ci_low, row.ci_high)
        for row in comparison_rows(cells, baseline)
        if row.phase == "all"
    }
    return rows | compared


def _seen(figure: Figure, replications: int, rows: Rows) -> Seen:
    low, high = rows[figure.compared, figure.variant, figure.operation, figure.metric]
    return Seen(figure.shown, replications, low, high, figure.truth)
