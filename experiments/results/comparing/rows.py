"""Two results folders of the same experiment, before and after a change: what got better, what got worse.

Every figure that both folders have is compared for itself. Those that are tested form one family, so that a comparison
in which nothing changed calls anything at all better or worse in at most one case of twenty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from experiments.results.cells import Cell, Setting, metric_named
from experiments.results.comparing.differences import Compared, Split, compared
from experiments.results.comparing.figures import Figures
from experiments.results.comparing.pairing import pairing_of
from experiments.results.comparisons import HEADLINE, ComparisonRow, shown_difference
from experiments.statistics.holm import holm
from experiments.statistics.verdicts import ComparisonVerdict, comparison_verdict


class ComparedRow(NamedTuple):
    """One figure before and after.

    ``difference`` is after minus before, and ``verdict`` says how the figure fares after the change. ``tested``: the
    figure belongs to the family; then ``p_value`` is corrected (Holm) over the whole comparison and decides the
    verdict. For the rest it is NaN and the verdict, a hint rather than a test, goes by the uncorrected one.
    ``paired``: the replications of both were played on the same random numbers and compared one by one.
    """

    variant: str
    point: str
    phase: str
    operation: str
    metric: str
    unit: str
    before: float
    after: float
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    verdict: ComparisonVerdict
    tested: bool
    paired: bool
    used: int
    """Pairs, or replications of the smaller side, that had a value."""
    split: Split | None
    """Where replications fall into two groups: how many into which. Then there is no difference and no interval."""


@dataclass(frozen=True, slots=True)
class Family:
    """Which figures are tests: the headline metrics of the workloads, and what objectives name.

    Attributes:
        workloads: names of the workloads.
        objectives: operation and metric of every objective.
    """

    workloads: frozenset[str]
    objectives: frozenset[tuple[str, str]]

    def holds(self, cell: Cell) -> bool:
        """Say whether a figure belongs to the family. What services and calls do shows in their workloads."""
        headline = cell.metric in HEADLINE and cell.operation in self.workloads
        return headline or (cell.operation, cell.metric) in self.objectives


def compared_rows(before: Figures, after: Figures, family: Family) -> list[ComparedRow]:
    """Compare every figure that both have, in order of variant, point, phase, operation and metric.

    Where a setting has the same seed in both, replications of the same number are compared with each other, if there
    are at least two; else the two groups are compared as independent of each other.
    """
    found = list(_pairs(before, after))
    raw = [pair.found.difference.p_value if _is_member(pair, family) else math.nan for pair in found]
    rows = [_row(pair, family, p_value) for pair, p_value in zip(found, holm(raw), strict=True)]
    return sorted(rows, key=lambda row: row[:6])


def csv_rows(rows: Iterable[ComparedRow], before: str, after: str) -> list[ComparisonRow]:
    """Return the rows with the columns of ``comparisons.csv``.

    ``variant_a`` is the variant after the change as ``AFTER/VARIANT``, ``variant_b`` the same before it; ``before`` and
    ``after`` name the folders.
    """
    return [
        ComparisonRow(
            f"{after}/{row.variant}", f"{before}/{row.variant}", row.point, row.phase, row.operation, row.metric,
            row.unit, row.difference, row.ci_low, row.ci_high, row.p_value, row.verdict,
        )
        for row in rows
    ]  # fmt: skip


class _Pair(NamedTuple):
    setting: Setting
    cell: Cell
    paired: bool
    found: Compared


def _pairs(before: Figures, after: Figures) -> Iterator[_Pair]:
    for setting in before.settings():
        chosen = pairing_of(setting, before, after)
        paired = not chosen.apart
        old, new = before.cells(setting, chosen.before), after.cells(setting, chosen.after)
        for cell, _ in old.rows(setting):
            found = compared(setting, cell, old, new, paired=paired)
            if found is not None:
                yield _Pair(setting, cell, paired, found)


def _is_member(pair: _Pair, family: Family) -> bool:
    """Say whether a figure counts in the family: what is the same but for rounding cannot be called different."""
    return family.holds(pair.cell) and not pair.found.difference.identical


def _row(pair: _Pair, family: Family, corrected: float) -> ComparedRow:
    metric, found, is_test = metric_named(pair.cell.metric), pair.found, family.holds(pair.cell)
    difference = found.difference
    verdict = comparison_verdict(difference, metric.better, corrected if is_test else difference.p_value)
    shown = math.nan if not is_test else 1.0 if difference.identical else corrected
    return ComparedRow(
        *pair.setting, *pair.cell, metric.unit, found.before, found.after,
        shown_difference(difference), difference.low, difference.high, shown, verdict, is_test, pair.paired,
        difference.count, found.split,
    )  # fmt: skip
