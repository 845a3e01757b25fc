"""How one figure differs between two folders, the way that suits the metric."""

from __future__ import annotations

import math
from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting, Vector
from experiments.results.estimators import interval_of, sizes_known
from experiments.results.modes import groups_at
from experiments.results.paired_figures import counted_as, difference_of
from experiments.statistics.distributions import fisher_two_sided
from experiments.statistics.intervals import present
from experiments.statistics.modes import both_sometimes_never, boundary_between
from experiments.statistics.paired import Difference
from experiments.statistics.paired_ratios import Sized
from experiments.statistics.rounding import but_for_rounding
from experiments.statistics.unpaired import unpaired_difference
from experiments.statistics.unpaired_ratios import unpaired_ratio_difference


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
    one, two = _sized(after, setting, cell), _sized(before, setting, cell)
    if one is None or two is None or not present([*one.values, *two.values]):
        return None
    old, new = (interval_of(cell.metric, list(side.values), list(side.sizes)).estimate for side in (two, one))
    found = difference_of(cell.metric, one, two) if paired else unpaired_of(cell.metric, one, two)
    found = but_for_rounding(found, one.values, two.values, paired=paired)
    grouped = cell.metric != "recovered" and any(groups_at(side, setting, cell) is not None for side in (before, after))
    grouped = grouped or both_sometimes_never(one.values, two.values)
    if found.identical or not grouped:
        return Compared(old, new, found, None)
    difference, split = _by_groups(present(one.values), present(two.values))
    return Compared(old, new, difference, split)


def unpaired_of(metric: str, one: Sized, two: Sized) -> Difference:
    """Compare values of one metric of replications that have nothing in common, as the metric is estimated."""
    if metric == "recovered":
        return unpaired_difference(one.values, two.values, shares=True)
    counts, kind, (one, two) = counted_as(metric, one, two)
    known = all(sizes_known(list(side.values), list(side.sizes)) for side in (one, two))
    if counts and known:
        return unpaired_ratio_difference(one, two, kind)
    return unpaired_difference(one.values, two.values)


def _by_groups(after: Vector, before: Vector) -> tuple[Difference, Split | None]:
    """Compare how many replications fall into which group, by Fisher's exact test, which needs no pairs."""
    boundary, count = boundary_between(after, before), min(len(after), len(before))
    if math.isnan(boundary):
        return Difference(math.nan, math.nan, math.nan, math.nan, count, identical=False, grouped=True), None
    above = sum(value > boundary for value in after), sum(value > boundary for value in before)
    p_value = fisher_two_sided(above[0], len(after), above[1], len(before)) if count > 1 else math.nan
    gap = above[0] / len(after) - above[1] / len(before) if count else math.nan
    split = Split(boundary, above[1], len(before), above[0], len(after))
    return Difference(gap, math.nan, math.nan, p_value, count, identical=False, grouped=True), split


def _sized(cells: Cells, setting: Setting, cell: Cell) -> Sized | None:
    values = cells.vector(setting, cell)
    return None if values is None else Sized(values, cells.sizes(setting, cell))
