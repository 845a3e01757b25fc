"""One long run instead of many: its figures in consecutive batches of equal length, and what they say of the whole.

Batches that are long enough are nearly independent, so their spread tells how sure the run's figure is. Whether they
are long enough, von Neumann's ratio tells: neighbours that resemble each other more than chance allows are joined,
from 32 batches down to 8. See Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3; Schmeiser, Operations
Research 30 (1982), who shows that more than about 30 batches gain nothing; von Neumann, Ann. Math. Statist. 12 (1941);
the level of the test is that of Fishman and Yarberry, INFORMS J. Computing 9 (1997).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from experiments.statistics.distributions import normal_quantile
from experiments.statistics.intervals import mean, present

BATCHES = 32
"""Into so many batches a run is cut."""

FEWEST = 8
"""They are joined until so many are left."""

LEVEL = 0.10
"""Independent batches are taken for correlated this often, at each number of batches."""

LEVELS = tuple(BATCHES >> shift for shift in range((BATCHES // FEWEST).bit_length()))
"""The numbers of batches that are tried, in this order."""

Part = TypeVar("Part")


def resemblance(values: Sequence[float]) -> float:
    """Return how much neighbours resemble each other: about their correlation; NaN of fewer than three, or of equals.

    One minus half of von Neumann's ratio of the mean squared difference of neighbours to the variance. NaNs are left
    out, infinite values say nothing.
    """
    kept = present(values)
    centre = mean(kept)
    if len(kept) < 3 or not math.isfinite(centre):
        return math.nan
    squares = math.fsum((value - centre) ** 2 for value in kept)
    if not squares:
        return math.nan
    steps = math.fsum((after - before) ** 2 for before, after in pairwise(kept))
    return 1.0 - steps / (2.0 * squares)


def correlated(values: Sequence[float], level: float = LEVEL) -> bool:
    """Say whether neighbours resemble each other more than those of independent values do, but for a share ``level``.

    For independent normal values the resemblance is nearly normal with mean 0 and variance (n - 2) / (n² - 1).
    """
    found, number = resemblance(values), len(present(values))
    if math.isnan(found):
        return False
    return found > normal_quantile(1 - level) * math.sqrt((number - 2) / (number**2 - 1))


def longer(values: Sequence[float]) -> float:
    """Return how many times longer batches must be so that they would not be taken for correlated.

    The correlation of neighbours falls about as their length grows.
    """
    return max(2.0, math.ceil(resemblance(values) * 10.0))


def joined(values: Sequence[float], sizes: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the values of pairs of neighbouring batches, and their sizes.

    Args:
        values: one per batch; NaN: none.
        sizes: over how much each was taken. NaN: over its time, which is the same for all.
    """
    pairs = list(zip(values[::2], values[1::2], sizes[::2], sizes[1::2], strict=True))
    return [_joined(*pair) for pair in pairs], [one + two for *_, one, two in pairs]


def _joined(first: float, second: float, of_first: float, of_second: float) -> float:
    if math.isnan(of_first) or math.isnan(of_second):
        return first / 2 + second / 2
    if not of_first or not of_second:
        return second if of_second else first
    return (first * of_first + second * of_second) / (of_first + of_second)


def linearised(values: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return one value per batch whose spread is that batch's part in the error of the whole.

    For figures of time the values themselves. For a ratio the ratio plus the residual: see
    `experiments.statistics.ratios`. A batch without any size is as the whole.
    """
    total = math.fsum(sizes)
    if math.isnan(total) or not total:
        return list(values)
    centre = math.fsum(value * size for value, size in zip(values, sizes, strict=True) if size) / total
    if not math.isfinite(centre):
        return list(values)
    number = len(values)
    return [
        centre + (value - centre) * size * number / total if size else centre
        for value, size in zip(values, sizes, strict=True)
    ]
