"""Two versions in one run: are the shares of errors, or the mean latencies, different, and how many requests does it
take to see it?

Unlike everything else here these tests take requests of one run as independent. Requests that queue together are not,
so with load near a service's capacity they see differences too early.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.statistics.distributions import fisher_two_sided, normal_quantile

SMALL = 5
"""With a smaller expected count in any cell of the table the two shares are compared exactly (Cochran's rule)."""

LEVEL = 0.05
POWER = 0.80


@dataclass(frozen=True, slots=True)
class Sample:
    """Finite values of one version: how many, their mean, and their sum of squared distances from it."""

    count: int = 0
    mean: float = math.nan
    squares: float = 0.0

    @property
    def variance(self) -> float:
        """The variance with count - 1 in the denominator; NaN below two values."""
        return self.squares / (self.count - 1) if self.count > 1 else math.nan

    def joined(self, other: Sample) -> Sample:
        """Both together, without the values (Chan, Golub and LeVeque, Technical Report STAN-CS-79-773)."""
        if not self.count or not other.count:
            return other if other.count else self
        count = self.count + other.count
        gap = other.mean - self.mean
        squares = self.squares + other.squares + gap * gap * self.count * other.count / count
        return Sample(count, self.mean + gap * other.count / count, squares)


def shares_p_value(first: int, of_first: int, second: int, of_second: int) -> float:
    """Return the two-sided p-value for equal shares of errors; NaN where one version had no request.

    Pooled z test without continuity correction; Fisher's exact test where an expected count is below `SMALL` (and the
    table is small enough to go through). See Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd
    ed., chapter 3.
    """
    if not of_first or not of_second:
        return math.nan
    total, errors = of_first + of_second, first + second
    pooled = errors / total
    if pooled in (0.0, 1.0):
        return 1.0
    if min(of_first, of_second) * min(pooled, 1 - pooled) < SMALL:
        return min(1.0, fisher_two_sided(first, of_first, second, of_second))
    error = math.sqrt(pooled * (1 - pooled) * (1 / of_first + 1 / of_second))
    return normal_two_sided((first / of_first - second / of_second) / error)


def means_p_value(first: Sample, second: Sample) -> float:
    """Return Welch's two-sided p-value for equal means; NaN below two values on either side.

    Degrees of freedom by Welch and Satterthwaite. See B. L. Welch, Biometrika 34 (1947).
    """
    if first.count < 2 or second.count < 2:
        return math.nan
    parts = first.variance / first.count, second.variance / second.count
    spread = parts[0] + parts[1]
    gap = first.mean - second.mean
    if not spread:
        return 0.0 if gap else 1.0
    degrees = spread**2 / (parts[0] ** 2 / (first.count - 1) + parts[1] ** 2 / (second.count - 1))
    return student_t_tails(gap / math.sqrt(spread), degrees)


def size_for_shares(
    first: float, second: float, ratio: float = 1.0, *, level: float = LEVEL, power: float = POWER
) -> float:
    """Return how many requests the first version needs until a difference of error shares is seen.

    Seen with probability ``power`` by a two-sided test at ``level``, looked at once. Fleiss, Levin and Paik,
    formula 4.14 (without continuity correction).

    Args:
        first: the first version's share, from 0 to 1.
        second: the other's.
        ratio: requests of the second version for each of the first.
        level: false alarms.
        power: the probability to see the difference.

    Returns:
        Requests of the first version; infinite where the two are equal.
    """
    if first == second:
        return math.inf
    pooled = (first + ratio * second) / (1 + ratio)
    under_equality = normal_quantile(1 - level / 2) * math.sqrt((ratio + 1) * pooled * (1 - pooled))
    under_difference = normal_quantile(power) * math.sqrt(ratio * first * (1 - first) + second * (1 - second))
    return (under_equality + under_difference) ** 2 / (ratio * (first - second) ** 2)


def size_for_means(
    difference: float,
    first_sd: float,
    second_sd: float,
    ratio: float = 1.0,
    *,
    level: float = LEVEL,
    power: float = POWER,
) -> float:
    """Return how many values of the first version show a difference of means, as `size_for_shares`; normal limit."""
    if not difference:
        return math.inf
    both = normal_quantile(1 - level / 2) + normal_quantile(power)
    return both**2 * (first_sd**2 + second_sd**2 / ratio) / difference**2


def normal_two_sided(statistic: float) -> float:
    """Return the probability that a standard normal variable lies at least as far from 0."""
    return math.erfc(abs(statistic) / math.sqrt(2))


def student_t_tails(statistic: float, degrees: float) -> float:
    """Return the same of Student's t with any number of degrees of freedom above 0."""
    from scipy.special import stdtr

    return min(1.0, 2.0 * float(stdtr(degrees, -abs(statistic))))
