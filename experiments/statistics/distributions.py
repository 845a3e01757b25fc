"""The few quantiles and probabilities that the statistics need, from SciPy's special functions.

`scipy.special` is imported at the first use, so that commands which compute nothing start fast; `scipy.stats`, which
takes several times as long to import, is not needed.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb


@lru_cache(maxsize=1024)
def student_t_quantile(probability: float, degrees: float) -> float:
    """Return the value that Student's t with ``degrees`` (≥ 1) degrees of freedom stays below with ``probability``."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))


def student_t_two_sided(statistic: float, degrees: int) -> float:
    """Return the probability that Student's t lies at least as far from 0 as ``statistic`` (infinite allowed)."""
    from scipy.special import stdtr

    return min(1.0, 2.0 * float(stdtr(degrees, -abs(statistic))))


def normal_quantile(probability: float) -> float:
    """Return the value that a standard normal variable stays below with this probability."""
    from scipy.special import ndtri

    return float(ndtri(probability))


@lru_cache(maxsize=1024)
def beta_quantile(probability: float, alpha: float, beta: float) -> float:
    """Return the ``probability`` quantile (0 to 1) of the beta distribution with ``alpha`` and ``beta`` above 0."""
    from scipy.special import betaincinv

    return float(betaincinv(alpha, beta, probability))


@lru_cache(maxsize=1024)
def gamma_quantile(probability: float, shape: float) -> float:
    """Return the ``probability`` quantile of the gamma distribution with this shape (above 0) and scale 1."""
    from scipy.special import gammaincinv

    return float(gammaincinv(shape, probability))


def beta_share(value: float, alpha: float, beta: float) -> float:
    """Return the probability that a beta variable with ``alpha`` and ``beta`` above 0 stays below ``value``."""
    from scipy.special import betainc

    return float(betainc(alpha, beta, value))


def binomial_lower_tail(successes: int, trials: int) -> float:
    """Return the probability of at most ``successes`` heads in ``trials`` tosses of a fair coin, exactly."""
    ways: int = sum(comb(trials, count) for count in range(successes + 1))
    return ways / (1 << trials)


def fisher_two_sided(first: int, of_first: int, second: int, of_second: int) -> float:
    """Return the two-sided p-value of Fisher's exact test that two shares are equal.

    ``first`` of ``of_first`` against ``second`` of ``of_second``. All tables with the same margins that are no more
    probable than this one count; their probabilities are compared as whole numbers, so no rounding decides.
    """
    total = first + second

    def weight(count: int) -> int:
        return comb(of_first, count) * comb(of_second, total - count)

    seen = weight(first)
    possible = range(max(0, total - of_second), min(total, of_first) + 1)
    no_likelier = sum(weight(count) for count in possible if weight(count) <= seen)
    return no_likelier / comb(of_first + of_second, total)
