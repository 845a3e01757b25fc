"""Differences that are none: the last bits of figures that were added up in another order, or from other times."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.statistics.paired import Difference

ROUNDING = 1e-9
"""Up to this share of the larger of the two, a difference lies within what arithmetic leaves over."""


def but_for_rounding(found: Difference, first: Sequence[float], second: Sequence[float], *, paired: bool) -> Difference:
    """Return ``found``, or "the same" if all values of two vectors are the same but for rounding.

    Rounding differs hardly from one replication to another, so that a test is as sure of it as can be. A time in
    seconds has a relative error of 1e-16 for every time that it was added to or subtracted from, which is about 1e-11
    for milliseconds after a day: nothing that a model tells apart is as near as 1e-9.

    Args:
        found: the difference of the two as their metric is compared.
        first: one value per replication; NaN: none.
        second: likewise.
        paired: whether values of the same place belong together; then those are compared, and both sides must lack
            the same ones. Else all values of both sides have to be the same.
    """
    sides = [[value for value in side if not math.isnan(value)] for side in (first, second)]
    if found.identical or not all(sides):
        return found
    every = [*sides[0], *sides[1]]
    pairs = list(zip(first, second, strict=True)) if paired else [(min(every), max(every))]
    if not all(_same(*pair) for pair in pairs):
        return found
    return Difference(0.0, 0.0, 0.0, 1.0, min(map(len, sides)), identical=True)


def _same(one: float, two: float) -> bool:
    return (math.isnan(one) and math.isnan(two)) or math.isclose(one, two, rel_tol=ROUNDING)
