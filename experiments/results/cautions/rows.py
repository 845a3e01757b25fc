"""What the figures of an experiment cannot bear: the rows of ``cautions.csv``, and what finders look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from experiments.results.cells import Cells, Setting
from experiments.results.comparisons import ComparisonRow
from experiments.results.objectives import ObjectiveRow
from simulator.spec.scenario import Scenario


class Caution(NamedTuple):
    """One thing that a reader should know before any figure.

    ``variant``, ``point``, ``phase``, ``operation`` and ``metric`` say which figures are concerned; empty: all of them.
    ``kind`` is one of `reports.caution_words.KINDS`, ``detail`` a sentence with the numbers: what is wrong, and what
    would help.
    """

    variant: str
    point: str
    phase: str
    operation: str
    metric: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An experiment whose runs are over.

    Attributes:
        folder: holds the Parquet files.
        scenarios: what was played, by variant and point.
        cells: the figures of all replications.
        baseline: the variant that the others are compared with.
        comparisons: rows of ``comparisons.csv``.
        objectives: rows of ``objectives.csv``.
        searched: the settings whose warm-up was looked for by pilot runs.
    """

    folder: Path
    scenarios: Mapping[Setting, Scenario]
    cells: Cells
    baseline: str
    comparisons: Sequence[ComparisonRow]
    objectives: Sequence[ObjectiveRow]
    searched: frozenset[Setting] = frozenset()
