"""What the figures of an experiment cannot bear: the rows of ``cautions.csv``, and what finders look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.results.cells import Cell, Cells, Setting
from experiments.results.comparisons import ComparisonRow
from experiments.results.objectives import ObjectiveRow
from reports.caution_words import Caution
from reports.evidence import COMPONENT_PREFIXES
from simulator.spec.scenario import Scenario

__all__ = ["Caution", "Finished"]


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

    def asked_for(self, setting: Setting, metrics: Collection[str]) -> Iterator[Cell]:
        """Yield the figures of a setting that readers look at: workloads' ``metrics``, and whatever objectives name."""
        named = {Cell(row.phase, row.operation, row.metric) for row in self.objectives}
        for cell, _values in self.cells.rows(setting):
            of_workload = cell.metric in metrics and not cell.operation.startswith(COMPONENT_PREFIXES)
            if of_workload or cell in named:
                yield cell
