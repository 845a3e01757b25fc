"""What only one of two folders has, so that nothing of it was compared: a check has to say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from experiments.results.cells import Cell, Setting
from experiments.results.comparing.figures import Figures
from experiments.statistics.intervals import present


class Missing(NamedTuple):
    """What would be tested if both had it: a figure; or a setting, with phase, operation and metric empty."""

    side: str
    """The one that has it: ``before`` or ``after``."""
    variant: str
    point: str
    phase: str
    operation: str
    metric: str


def missing_between(before: Figures, after: Figures, tested: Callable[[Cell], bool]) -> list[Missing]:
    """Return what only one of the two has, settings first: variants and points, then figures that would be tested."""
    settings = set(before.settings()), set(after.settings())
    sides = "before", "after"
    found = [
        Missing(side, *setting, "", "", "")
        for side, mine, other in zip(sides, settings, reversed(settings), strict=True)
        for setting in sorted(mine - other)
    ]
    for setting in sorted(settings[0] & settings[1]):
        cells = _measured(before, setting, tested), _measured(after, setting, tested)
        for side, own, others in zip(sides, cells, reversed(cells), strict=True):
            found += [Missing(side, *setting, *cell) for cell in sorted(own - others)]
    return found


def _measured(figures: Figures, setting: Setting, tested: Callable[[Cell], bool]) -> set[Cell]:
    cells = figures.cells(setting, figures.numbers(setting))
    return {cell for cell, values in cells.rows(setting) if tested(cell) and present(values)}
