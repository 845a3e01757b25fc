"""Finds single runs whose batches depend on each other, so that their intervals are too narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import Cell, Setting
from experiments.results.comparisons import HEADLINE
from experiments.statistics.batch_means import FEWEST, longer, resemblance
from reports.evidence import ALL
from reports.words import counted, metric_words


class _Dependent(NamedTuple):
    """A figure whose batches resemble their neighbours, and by how much longer they would have to be."""

    times: float
    resemblance: float
    cell: Cell


def correlated_batches(finished: Finished) -> Iterator[Caution]:
    """Yield one caution a variant, point and operation: its headline or objective whose batches depend most."""
    for setting in finished.cells.settings():
        found: dict[str, list[_Dependent]] = {}
        for dependent in _dependent(finished, setting):
            found.setdefault(dependent.cell.operation, []).append(dependent)
        for _, every in sorted(found.items()):
            worst = max(every, key=lambda each: (each.resemblance, each.cell))
            yield Caution(*setting, *worst.cell, "correlated_batches", _detail(worst, len(every) - 1))


def _dependent(finished: Finished, setting: Setting) -> Iterator[_Dependent]:
    batches = finished.cells.batches(setting)
    if batches is None:
        return
    for cell in finished.asked_for(setting, HEADLINE):
        cut = batches.chosen(cell.operation, cell.metric) if cell.phase == ALL else None
        if cut is not None and cut.correlated:
            yield _Dependent(longer(cut.parts), resemblance(cut.parts), cell)


def _detail(worst: _Dependent, others: int) -> str:
    likewise = f" (likewise {counted(others, 'more figure')})" if others else ""
    return (
        f"{metric_words(worst.cell.metric)}: even {FEWEST} batches of the run depend on each other "
        f"(neighbours correlate by {worst.resemblance:.2f}), so its interval is likely too narrow{likewise}; "
        f"make the run about {worst.times:.0f} times longer, or play several replications"
    )
