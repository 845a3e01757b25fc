"""From numbers to words. Where the numbers do not decide, the word says so."""

from __future__ import annotations

import math
from typing import Literal

from experiments.statistics.intervals import Interval
from experiments.statistics.paired import Difference

Better = Literal["higher", "lower", "neither"]
ComparisonVerdict = Literal["better", "worse", "differs", "same", "inconclusive"]
ObjectiveVerdict = Literal["met", "missed", "undecided"]

SIGNIFICANT = 0.05
"""A (corrected) p-value below this counts as a difference."""


def comparison_verdict(difference: Difference, better: Better, p_value: float) -> ComparisonVerdict:
    """Say how the first variant fares against the second.

    Args:
        difference: first minus second.
        better: the direction in which the metric is good.
        p_value: corrected for the family where there is one, else as it is; NaN decides nothing.

    Returns:
        ``same`` only if every replication is identical; ``differs`` where neither direction is good.
    """
    if difference.identical:
        return "same"
    if not p_value < SIGNIFICANT or math.isnan(difference.estimate):
        return "inconclusive"
    if better == "neither":
        return "differs"
    return "better" if (difference.estimate > 0) == (better == "higher") else "worse"


def objective_verdict(
    interval: Interval, bound: float, *, at_most: bool, highest: float = math.inf
) -> ObjectiveVerdict:
    """Say whether a bound holds: only an interval that lies wholly on one side of it decides.

    A bound at the end of the figure's range (at most 0; at least `highest`) says that something must never happen. No
    number of requests proves that, so it is met where it was never seen.

    Args:
        interval: of the figure.
        bound: in the figure's unit.
        at_most: the figure must not exceed the bound; else it must reach it.
        highest: the largest value that the figure can have; the smallest is 0.
    """
    if interval.estimate == bound == (0.0 if at_most else highest):
        return "met"
    good_end, bad_end = (interval.high, interval.low) if at_most else (interval.low, interval.high)
    if (good_end <= bound) if at_most else (good_end >= bound):
        return "met"
    if (bad_end > bound) if at_most else (bad_end < bound):
        return "missed"
    return "undecided"
