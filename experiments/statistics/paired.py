"""Paired differences: two variants on the same random numbers, replication by replication."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.statistics.distributions import fisher_two_sided, student_t_quantile, student_t_two_sided
from experiments.statistics.intervals import CONFIDENCE, mean, standard_error

CONSTANT = 1e-9
"""A standard error below this share of the difference is rounding: the difference is the same in every replication."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher the first variant is than the second.

    Attributes:
        estimate: mean of the paired differences; ±infinity if only one side has infinite values, NaN if it cannot be
            said.
        low: lower end of Student's t interval; NaN where there is none (one pair, infinite values, shares).
        high: upper end.
        p_value: two-sided, for the hypothesis that there is no difference; NaN where it cannot be said. Not
            corrected for how many are looked at: see `experiments.statistics.holm`.
        count: pairs used.
        identical: all replications of the two are the same to the last bit.
        grouped: not means are compared but which of two groups the replications fall into: the estimate is then the
            difference of their shares in the upper group.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    count: int
    identical: bool
    grouped: bool = False


def paired_difference(
    first: Sequence[float], second: Sequence[float], *, shares: bool = False, confidence: float = CONFIDENCE
) -> Difference:
    """Compare two vectors that hold one value per replication, in the same order.

    Pairs with a NaN are dropped. Finite values get Student's t over the differences; where all differences are the
    same, the sign test (`of_constants`). If a value is infinite (a
    percentile that some requests never reach) a mean difference has no distribution: then the shares of replications
    with infinite values are compared by Fisher's exact test, which ignores the pairing and errs on the careful side.
    With ``shares`` the values are zeros and ones, and these are compared by Fisher's exact test.

    Raises:
        ValueError: the two differ in length.
    """
    if len(first) != len(second):
        raise ValueError(f"paired vectors must have the same length, got {len(first)} and {len(second)}")
    pairs = [pair for pair in zip(first, second, strict=True) if not any(map(math.isnan, pair))]
    left, right = [one for one, _ in pairs], [two for _, two in pairs]
    if pairs and left == right and _same_gaps(first, second):
        return Difference(0.0, 0.0, 0.0, 1.0, len(pairs), identical=True)
    if shares:
        return _of_shares(left, right, mean(left) - mean(right))
    if any(map(math.isinf, left)) or any(map(math.isinf, right)):
        return _of_shares([*map(math.isinf, left)], [*map(math.isinf, right)], _gap(left, right))
    return _of_means([one - two for one, two in pairs], confidence)


def _same_gaps(first: Sequence[float], second: Sequence[float]) -> bool:
    return all(math.isnan(one) == math.isnan(two) for one, two in zip(first, second, strict=True))


def _gap(left: list[float], right: list[float]) -> float:
    difference = mean(left) - mean(right)
    return difference if math.isinf(difference) else math.nan


def _of_means(differences: list[float], confidence: float) -> Difference:
    count, centre = len(differences), mean(differences)
    if count < 2:
        return Difference(centre, math.nan, math.nan, math.nan, count, identical=False)
    error = standard_error(differences)
    if constant(centre, error):
        return of_constants(centre, 2.0 ** (1 - count), count, confidence)
    return of_students_t(centre, error, count, confidence)


def constant(centre: float, error: float) -> bool:
    """Whether a difference is not 0 and the same in all replications, so that their spread says nothing of chance."""
    return error <= CONSTANT * abs(centre) and centre != 0.0


def of_constants(centre: float, p_value: float, count: int, confidence: float = CONFIDENCE) -> Difference:
    """Return a difference that is the same in all replications, with the p-value of an exact test of that.

    In pairs it is the sign test's, 2^(1 - n). Where that does not decide there is no interval either: a deterministic
    model has such differences, and so have two replications of a handful of requests.
    """
    low = high = centre if p_value < 1 - confidence else math.nan
    return Difference(centre, low, high, p_value, count, identical=False)


def of_students_t(centre: float, error: float, count: int, confidence: float = CONFIDENCE) -> Difference:
    """Return a difference with its standard error over ``count`` (2 or more) replications; Student's t."""
    half = student_t_quantile(0.5 + confidence / 2, count - 1) * error
    statistic = centre / error if error else math.copysign(math.inf, centre) if centre else 0.0
    p_value = student_t_two_sided(statistic, count - 1)
    return Difference(centre, centre - half, centre + half, p_value, count, identical=False)


def _of_shares(left: Sequence[float], right: Sequence[float], estimate: float) -> Difference:
    count = len(left)
    p_value = math.nan
    if count >= 2:
        p_value = fisher_two_sided(sum(map(bool, left)), count, sum(map(bool, right)), count)
    return Difference(estimate, math.nan, math.nan, p_value, count, identical=False)
