"""What a family of tests can see: how large a difference must be, next to its own interval, to count in the family."""

from __future__ import annotations

import math

from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import CONFIDENCE
from experiments.statistics.verdicts import SIGNIFICANT


def resolution(count: int, family: int, confidence: float = CONFIDENCE) -> float:
    """Return from how many half widths of its interval on a difference is significant, as the first of its family.

    Holm's correction asks of the smallest p-value to lie below the level divided by the size of the family; the
    quantile of Student's t for that, divided by the one of the interval, is the factor. Those that follow need less.

    Args:
        count: replications (pairs) behind the difference.
        family: tests in the family, at least 1.
        confidence: of the interval.

    Returns:
        1 for a family of one at the usual level; infinite with fewer than two replications.
    """
    if count < 2:
        return math.inf
    needed = student_t_quantile(1 - SIGNIFICANT / (2 * family), count - 1)
    return needed / student_t_quantile(0.5 + confidence / 2, count - 1)
