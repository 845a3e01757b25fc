"""Replications that fall into two groups: some recover and some never do, and their mean describes none of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from experiments.statistics.distributions import fisher_two_sided
from experiments.statistics.intervals import mean, present
from experiments.statistics.paired import Difference

SMALLEST = 2
"""Finite replications that make a group: one alone is an outlier. Infinite ones are a group from the first on."""

APART = 0.25
"""Groups matter if the gap between them is at least this share of the upper group's mean."""

_LIMITS = (
    (4, 0.0004), (5, 0.002), (6, 0.0045), (7, 0.007), (8, 0.010), (10, 0.015),
    (12, 0.020), (15, 0.027), (20, 0.038), (30, 0.052), (50, 0.08),
)  # fmt: skip
"""From so many replications on: the share of the variance that two groups may leave unexplained.

At most one in a thousand samples of a normal, an exponential, or a lognormal distribution (sigma 0.5 or 1) can be split
so well. The skewed ones decide: simulated with 500,000 samples each; held by `tests/statistics/test_modes.py`.
"""


class Group(NamedTuple):
    """Some replications that are alike: how many, and their mean (infinite: never)."""

    size: int
    mean: float


class Groups(NamedTuple):
    """Two groups of replications.

    Attributes:
        lower: those with the small values.
        upper: those with the large ones, or the infinite ones.
        boundary: values above it belong to the upper group.
    """

    lower: Group
    upper: Group
    boundary: float


def groups_of(values: Sequence[float], noise: float = 0.0) -> Groups | None:
    """Return the two groups that the replications of a figure fall into, or None if there are none.

    Infinite against finite values are always two. Else the best split in two, each with at least `SMALLEST`, must
    leave so little of the variance that a single skewed distribution does so in at most one sample of a thousand
    (`_LIMITS`), and the groups must be `APART`.

    Args:
        values: one per replication, not negative; NaNs are left out.
        noise: variance that every value has at least, since it rests on few events: 0 and 1 orphans are no groups.
    """
    kept = sorted(present(values))
    finite = [value for value in kept if math.isfinite(value)]
    if len(finite) < len(kept):
        return _split(kept, len(finite)) if finite else None
    found = best_split(finite)
    if found is None:
        return None
    place, within, total = found
    if not total or max(within, noise * len(finite)) / total > _limit(len(finite)):
        return None
    groups = _split(finite, place)
    return groups if finite[place] - finite[place - 1] >= APART * groups.upper.mean else None


def best_split(ascending: Sequence[float]) -> tuple[int, float, float] | None:
    """Return where finite values are best cut in two groups: how many are below, and the sums of squares.

    The sums are within the two groups and in total. None with too few values for two groups.
    """
    count = len(ascending)
    if count < 2 * SMALLEST:
        return None
    centre = mean(ascending)
    gaps = [value - centre for value in ascending]
    sums = list(accumulate(gaps))
    total = math.fsum(gap * gap for gap in gaps)

    def between(place: int) -> float:
        below, above = sums[place - 1], sums[-1] - sums[place - 1]
        return below * below / place + above * above / (count - place)

    place = max(range(SMALLEST, count - SMALLEST + 1), key=lambda where: (between(where), -where))
    parts = (ascending[:place], ascending[place:])
    centres = [mean(part) for part in parts]
    within = math.fsum((value - own) ** 2 for part, own in zip(parts, centres, strict=True) for value in part)
    return place, within, total


def boundary_between(first: Sequence[float], second: Sequence[float]) -> float:
    """Return what cuts the replications of two variants, taken together, in two groups: values above it are upper.

    Infinite values are a group where there are any; else the best split decides. NaN: too few values.
    """
    together = sorted(present([*first, *second]))
    finite = [value for value in together if math.isfinite(value)]
    if finite and len(finite) < len(together):
        return finite[-1]
    found = best_split(finite)
    return math.nan if found is None else _split(finite, found[0]).boundary


class Division(NamedTuple):
    """The replications of two variants, cut in two groups together.

    Attributes:
        boundary: see `boundary_between`; NaN: they cannot be cut.
        above: how many of the first and of the second lie above it.
        of: how many replications either has.
    """

    boundary: float
    above: tuple[int, int]
    of: tuple[int, int]

    @property
    def difference(self) -> Difference:
        """How much larger the first variant's share in the upper group is; no interval.

        Fisher's exact test, which takes the two as independent: where they are paired it errs on the careful side.
        """
        count = min(self.of)
        if count and not math.isnan(self.boundary):
            gap = self.above[0] / self.of[0] - self.above[1] / self.of[1]
            p_value = fisher_two_sided(self.above[0], self.of[0], self.above[1], self.of[1])
        else:
            gap = p_value = math.nan
        p_value = p_value if count >= SMALLEST else math.nan
        return Difference(gap, math.nan, math.nan, p_value, count, identical=False, grouped=True)


def divided(first: Sequence[float], second: Sequence[float]) -> Division:
    """Cut the replications of two variants in two groups (`boundary_between`); neither vector holds a NaN."""
    boundary = boundary_between(first, second)
    above = sum(value > boundary for value in first), sum(value > boundary for value in second)
    return Division(boundary, above, (len(first), len(second)))


def both_sometimes_never(first: Sequence[float], second: Sequence[float]) -> bool:
    """Say whether both sides have infinite values: then no mean tells which has more of them, and groups do."""
    return any(map(math.isinf, first)) and any(map(math.isinf, second))


def _split(ascending: Sequence[float], place: int) -> Groups:
    lower, upper = ascending[:place], ascending[place:]
    boundary = lower[-1] if math.isinf(upper[0]) else lower[-1] / 2 + upper[0] / 2
    return Groups(Group(len(lower), mean(lower)), Group(len(upper), mean(upper)), boundary)


def _limit(count: int) -> float:
    return max(limit for size, limit in _LIMITS if size <= count)
