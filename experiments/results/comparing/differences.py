"""How one figure differs between two folders, the way that suits the metric."""

from __future__ import annotations

import math
from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting
from experiments.results.estimators import interval_of
from experiments.results.modes import groups_at
from experiments.results.paired_figures import Place, difference_of, sized
from experiments.statistics.intervals import present
from experiments.statistics.modes import both_sometimes_never, divided
from experiments.statistics.paired import Difference


class Split(NamedTuple):
    """Replications in two groups: how many of how many lie above ``boundary``, before and after."""

    boundary: float
    before: int
    of_before: int
    after: int
    of_after: int


class Compared(NamedTuple):
    """One figure of one setting in both folders.

    Attributes:
        before: the figure as the tables estimate it, over the replications that are compared.
        after: the same after the change.
        difference: after minus before; where there are groups, of the shares in the upper one.
        split: the groups that the replications fall into, if they do; then a mean describes none of them.
    """

    before: float
    after: float
    difference: Difference
    split: Split | None


def compared(setting: Setting, cell: Cell, before: Cells, after: Cells, *, paired: bool) -> Compared | None:
    """Compare one figure; None where one side does not have it, or neither measured anything.

    Args:
        setting: the variant and point.
        cell: what the figure is about.
        before: figures of replications; if ``paired`` the same ones, in the same order, as ``after``.
        after: figures of replications after the change.
        paired: whether replications are compared one by one.
    """
    place = Place(setting, cell)
    one, two = sized(after, place), sized(before, place)
    if one is None or two is None or not present([*one.values, *two.values]):
        return None
    old, new = (interval_of(cell.metric, list(side.values), list(side.sizes)).estimate for side in (two, one))
    found = difference_of(cell.metric, one, two, paired=paired)
    grouped = cell.metric != "recovered" and any(groups_at(side, setting, cell) is not None for side in (before, after))
    grouped = grouped or both_sometimes_never(one.values, two.values)
    if found.identical or not grouped:
        return Compared(old, new, found, None)
    groups = divided(present(one.values), present(two.values))
    cut = Split(groups.boundary, groups.above[1], groups.of[1], groups.above[0], groups.of[0])
    return Compared(old, new, groups.difference, None if math.isnan(groups.boundary) else cut)
