"""``comparisons.csv``: every variant against the baseline, replication by replication on the same random numbers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting, metric_named
from experiments.results.differences import difference_between
from experiments.results.paired_figures import Place
from experiments.statistics.holm import holm
from experiments.statistics.paired import Difference
from experiments.statistics.verdicts import ComparisonVerdict, comparison_verdict

HEADLINE = frozenset({"throughput", "goodput", "error_rate", "latency_p99", "completion_p99", "orphaned", "duplicates"})
"""Metrics whose comparisons are tests: corrected for how many variants are tried, and given a p-value."""


class ComparisonRow(NamedTuple):
    """How one variant differs from the baseline.

    ``difference`` is ``variant_a`` minus ``variant_b``, and ``verdict`` says how ``variant_a`` fares. For headline
    metrics and those that objectives name ``p_value`` is corrected (Holm) over the variants compared at this point
    in this phase, and decides the verdict; for the rest it is empty and the verdict, a hint rather than a test, goes by
    the uncorrected one. Where replications fall into two groups there is neither difference nor interval: the verdict
    says whose fall into the better group more often.
    """

    variant_a: str
    variant_b: str
    point: str
    phase: str
    operation: str
    metric: str
    unit: str
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    verdict: ComparisonVerdict


class _Pair(NamedTuple):
    variant: str
    point: str
    cell: Cell
    difference: Difference


def comparison_rows(cells: Cells, baseline: str, tested: Collection[str] = ()) -> list[ComparisonRow]:
    """Compare every other variant with the baseline at each point where both have the figure.

    Where one of the two has fewer replications, the first ones of both are compared.

    Args:
        cells: the figures of all replications.
        baseline: the variant that the others are compared with; without its figures there is nothing to compare.
        tested: metrics named in objectives: tested like the headline ones.

    Returns:
        Rows in order of variant, point, phase, operation and metric.
    """
    families: dict[tuple[str, Cell], list[_Pair]] = defaultdict(list)
    for pair in _pairs(cells, baseline):
        families[pair.point, pair.cell].append(pair)
    rows = [row for family in families.values() for row in _judged(family, baseline, HEADLINE.union(tested))]
    return sorted(rows, key=lambda row: row[:6])


def _pairs(cells: Cells, baseline: str) -> list[_Pair]:
    pairs = []
    for setting in cells.settings():
        if setting.variant == baseline:
            continue
        reference = Setting(baseline, setting.point)
        for cell, _values in cells.rows(setting):
            found = difference_between(cells, Place(setting, cell), Place(reference, cell))
            if found is not None:
                pairs.append(_Pair(*setting, cell, found))
    return pairs


def _judged(family: list[_Pair], baseline: str, tested: Collection[str]) -> list[ComparisonRow]:
    is_test = family[0].cell.metric in tested
    raw = [pair.difference.p_value for pair in family]
    return [
        _row(pair, baseline, p_value, shown=p_value if is_test else math.nan)
        for pair, p_value in zip(family, holm(raw) if is_test else raw, strict=True)
    ]


def _row(pair: _Pair, baseline: str, p_value: float, shown: float) -> ComparisonRow:
    metric = metric_named(pair.cell.metric)
    found = pair.difference
    verdict = comparison_verdict(found, metric.better, p_value)
    return ComparisonRow(
        pair.variant, baseline, pair.point, *pair.cell, metric.unit,
        shown_difference(found), found.low, found.high, shown, verdict,
    )  # fmt: skip


def shown_difference(found: Difference) -> float:
    """Return the difference in the metric's unit; NaN where groups of replications were compared."""
    return math.nan if found.grouped else found.estimate
