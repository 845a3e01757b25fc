"""What so many replications can decide: the smallest difference that is seen, and how many it takes to see one."""

from __future__ import annotations

import math

from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import share_interval
from experiments.statistics.verdicts import SIGNIFICANT

POWER = 0.80
"""The probability with which a difference is to be seen."""

MOST = 100_000
"""More replications than anybody plays."""


def smallest_visible(replications: int, tests: int = 1, *, level: float = SIGNIFICANT, power: float = POWER) -> float:
    """Return the smallest paired difference that is seen, in standard deviations of the differences.

    Seen with probability ``power`` by the two-sided paired t test at ``level / tests``, which is what Holm's correction
    asks of the first of a family; from the noncentral t distribution. See Cohen, Statistical Power Analysis, chapter 2.

    Args:
        replications: pairs.
        tests: size of the family, at least 1.
        level: false alarms of the whole family.
        power: the probability to see it.

    Returns:
        Infinite below two replications.
    """
    from scipy.special import nctdtrinc

    if replications < 2:
        return math.inf
    degrees = replications - 1
    critical = student_t_quantile(1 - level / tests / 2, degrees)
    return float(nctdtrinc(degrees, 1 - power, critical)) / math.sqrt(replications)


def replications_to_see(
    difference: float, tests: int = 1, *, level: float = SIGNIFICANT, power: float = POWER
) -> int | None:
    """Return how many replications show a difference of so many standard deviations; None: more than `MOST`.

    Arguments: see `smallest_visible`. ``difference`` may have either sign.
    """
    size = abs(difference)

    def seen(count: int) -> bool:
        return smallest_visible(count, tests, level=level, power=power) <= size

    if not size or math.isnan(size) or not seen(MOST):
        return None
    low, high = 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if seen(middle) else (middle, high)
    return high


def replications_for_groups(tests: int = 1, level: float = SIGNIFICANT) -> int:
    """Return how many replications it takes until Fisher's exact test can decide a comparison at all.

    That is where all replications of one variant never recover, say, and all of the other do.
    """
    return next(count for count in range(2, MOST) if 2 / math.comb(2 * count, count) < level / tests)


def replications_to_judge(share: float, bound: float, played: int, most: int) -> int | None:
    """Return from how many replications on a share of them lies wholly on one side of a bound, by its exact interval.

    Args:
        share: of the replications, as it was measured; it is taken to stay so.
        bound: what it is held against.
        played: replications so far; more than these are asked for.
        most: None if it would take more than so many.
    """
    for number in range(played + 1, most + 1):
        ones = round(share * number)
        found = share_interval([1.0] * ones + [0.0] * (number - ones))
        if found.low >= bound or found.high <= bound:
            return number
    return None
