"""Differences between two independent groups of replications: other seeds, so that nothing can be paired."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.statistics.distributions import fisher_two_sided, student_t_quantile
from experiments.statistics.intervals import CONFIDENCE, mean, present, standard_error
from experiments.statistics.paired import Difference, constant, of_constants
from experiments.statistics.two_samples import student_t_tails


def unpaired_difference(
    first: Sequence[float], second: Sequence[float], *, shares: bool = False, confidence: float = CONFIDENCE
) -> Difference:
    """Compare two vectors that hold one value per replication, of replications that have nothing in common.

    NaNs are dropped. Finite values get Welch's t with the degrees of freedom of Welch and Satterthwaite (B. L. Welch,
    Biometrika 34, 1947); where each group has but one value, the exact permutation test. If a value is infinite, the
    shares of replications with infinite values are compared by Fisher's exact test. With ``shares`` the values are
    zeros and ones, and these are compared by Fisher's exact test.

    Returns:
        ``count`` is the number of replications of the smaller group. ``identical``: all values of both groups are one
        and the same.
    """
    left, right = present(first), present(second)
    count = min(len(left), len(right))
    if count and len({*left, *right}) == 1:
        return Difference(0.0, 0.0, 0.0, 1.0, count, identical=True)
    gap = mean(left) - mean(right)
    if shares:
        return _of_shares([*map(bool, left)], [*map(bool, right)], gap)
    if any(map(math.isinf, left)) or any(map(math.isinf, right)):
        known = gap if math.isinf(gap) else math.nan
        return _of_shares([*map(math.isinf, left)], [*map(math.isinf, right)], known)
    if count < 2:
        return Difference(gap, math.nan, math.nan, math.nan, count, identical=False)
    return _welch(left, right, gap, confidence)


def _welch(left: list[float], right: list[float], gap: float, confidence: float) -> Difference:
    parts = standard_error(left) ** 2, standard_error(right) ** 2
    spread = parts[0] + parts[1]
    count = min(len(left), len(right))
    if constant(gap, math.sqrt(spread)):
        return of_constants(gap, separated_p_value(len(left), len(right)), count, confidence)
    if not spread:
        return Difference(gap, gap, gap, 1.0, count, identical=False)
    degrees = spread**2 / (parts[0] ** 2 / (len(left) - 1) + parts[1] ** 2 / (len(right) - 1))
    error = math.sqrt(spread)
    half = student_t_quantile(0.5 + confidence / 2, degrees) * error
    return Difference(gap, gap - half, gap + half, student_t_tails(gap / error, degrees), count, identical=False)


def separated_p_value(first: int, second: int) -> float:
    """Return how probable it is by chance that the values of two groups, all equal in each, lie apart; two-sided."""
    return min(1.0, 2 / math.comb(first + second, first))


def _of_shares(left: list[bool], right: list[bool], estimate: float) -> Difference:
    count = min(len(left), len(right))
    p_value = math.nan
    if count >= 2:
        p_value = fisher_two_sided(sum(left), len(left), sum(right), len(right))
    return Difference(estimate, math.nan, math.nan, p_value, count, identical=False)
