"""Inversion: the value that a law gives to a given piece of luck.

Luck comes as the score of a standard normal law, because that is what attempts of one request can share in parts (see
`kernel.luck`), and because a score is as precise far above the median as far below it, which a probability close to 1
is not. The value at score z is the law's quantile at Phi(z): a higher score never gives a shorter time, but for a
mixture with parts that overlap (see `_mixture`).

Everything here is computed one number at a time by `math`, `statistics` (whose inverse is a rational approximation:
Wichura, algorithm AS 241, Applied Statistics 37, 1988) and, for gamma and Erlang laws, the incomplete gamma functions
of `scipy.special`: none of them chooses its instructions by the length of an array, as numpy's functions do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from math import erfc, exp, expm1, log, log1p, sqrt
from statistics import NormalDist
from typing import assert_never

from simulator.spec.laws import (
    AnyLaw,
    ConstantLaw,
    EmpiricalLaw,
    ErlangLaw,
    ExponentialLaw,
    GammaLaw,
    LognormalLaw,
    MixtureLaw,
    NormalLaw,
    ParetoLaw,
    UniformLaw,
    WeibullLaw,
)

Inverse = Callable[[float], float]
"""From a standard normal score to a value of the law (seconds)."""

_HALF = sqrt(0.5)
_STANDARD = NormalDist()
_LEAST = 2.0**-1022
_MOST = 1.0 - 2.0**-53


def below(score: float) -> float:
    """Phi: the probability that a standard normal draw lies below `score`. Precise for low scores."""
    return 0.5 * erfc(-_HALF * score)


def above(score: float) -> float:
    """The probability that a standard normal draw lies above `score`. Precise for high scores."""
    return 0.5 * erfc(_HALF * score)


def score(probability: float) -> float:
    """The score that a standard normal draw stays below with that probability (0 and 1 count as the nearest float)."""
    return _STANDARD.inv_cdf(min(max(probability, _LEAST), _MOST))


def inverse(law: AnyLaw) -> Inverse:
    """How `law` turns luck into a value."""
    match law:
        case ConstantLaw():
            return lambda _: law.value
        case ExponentialLaw():
            return lambda luck: law.mean_ * _hazard(luck)
        case UniformLaw():
            return lambda luck: law.low + (law.high - law.low) * below(luck)
        case LognormalLaw():
            mu, sigma = law.mu, law.sigma
            return lambda luck: exp(mu + sigma * luck)
        case GammaLaw():
            return _gamma(law.shape, law.scale)
        case ErlangLaw():
            return _gamma(float(law.k), law.mean_ / law.k)
        case WeibullLaw():
            power = 1.0 / law.shape
            return lambda luck: law.scale * _hazard(luck) ** power
        case ParetoLaw():
            return _pareto(law)
        case NormalLaw():
            return _normal(law)
        case EmpiricalLaw():
            values = sorted(law.values)
            return lambda luck: values[min(int(below(luck) * len(values)), len(values) - 1)]
        case MixtureLaw():
            return _mixture(law)
        case _:
            assert_never(law)


def _hazard(luck: float) -> float:
    """The standard exponential law: -log of the probability above."""
    return -log1p(-below(luck)) if luck < 0.0 else -log(above(luck))


def _gamma(shape: float, scale: float) -> Inverse:
    from scipy.special import gammainccinv, gammaincinv

    def value(luck: float) -> float:
        standard = gammaincinv(shape, below(luck)) if luck < 0.0 else gammainccinv(shape, above(luck))
        return float(standard) * scale

    return value


def _pareto(law: ParetoLaw) -> Inverse:
    if law.maximum is None:
        return lambda luck: law.minimum * exp(_hazard(luck) / law.alpha)
    mass = -expm1(law.alpha * log(law.minimum / law.maximum))
    power, maximum = -1.0 / law.alpha, law.maximum
    return lambda luck: min(law.minimum * exp(power * log1p(-below(luck) * mass)), maximum)


def _normal(law: NormalLaw) -> Inverse:
    """What lies below 0 is cut off, as if drawn again; counted from above, where the law is whole."""
    kept = above(-law.mean_ / law.sd)
    return lambda luck: max(law.mean_ - law.sd * score(above(luck) * kept), 0.0)


def _mixture(law: MixtureLaw) -> Inverse:
    """Luck chooses the part, and what is left of it the value there; parts come in the order of their means.

    The law is exactly the mixture. Where the parts overlap, a higher score can give a lower value: then the ranks of
    two attempts agree a little less than those of their scores.
    """
    parts = sorted(law.parts, key=lambda part: part.law.mean())
    inverses = [inverse(part.law) for part in parts]
    bounds = [0.0, *accumulate(part.weight for part in parts)]

    def value(luck: float) -> float:
        target = below(luck) * bounds[-1]
        number = min(bisect_right(bounds, target), len(parts)) - 1
        width = bounds[number + 1] - bounds[number]  # 0 for a weight that is lost in the sum
        rest = (target - bounds[number]) / width if width else 1.0
        return inverses[number](score(rest))

    return value
