"""Samplers: how a block of draws of each law is made.

Draws come from the generator's own samplers or from `math`, never from numpy's vectorised transcendental functions:
those differ in the last bit between CPUs. A law is drawn in its standard form and scaled where it can be, so that two
variants with other parameters of the same law meet the same luck.
"""

from __future__ import annotations

from itertools import accumulate
from math import exp, expm1, log, log1p
from typing import TYPE_CHECKING, assert_never

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

if TYPE_CHECKING:
    import numpy as np

    from simulator.kernel.random import Sampler


def sampler(law: AnyLaw) -> Sampler:
    """The sampler of `law`; draws are in seconds."""
    match law:
        case ConstantLaw():
            return lambda _, size: [law.value] * size
        case ExponentialLaw():
            return lambda generator, size: (generator.standard_exponential(size) * law.mean_).tolist()
        case UniformLaw():
            return lambda generator, size: (generator.random(size) * (law.high - law.low) + law.low).tolist()
        case LognormalLaw():
            mu, sigma = law.mu, law.sigma
            return lambda generator, size: generator.lognormal(mu, sigma, size).tolist()
        case GammaLaw():
            return lambda generator, size: (generator.standard_gamma(law.shape, size) * law.scale).tolist()
        case ErlangLaw():
            return lambda generator, size: (generator.standard_gamma(law.k, size) * (law.mean_ / law.k)).tolist()
        case WeibullLaw():
            return lambda generator, size: (generator.weibull(law.shape, size) * law.scale).tolist()
        case ParetoLaw():
            return _pareto(law)
        case NormalLaw():
            return _normal(law)
        case EmpiricalLaw():
            values = law.values
            return lambda generator, size: [values[int(luck * len(values))] for luck in generator.random(size).tolist()]
        case MixtureLaw():
            return _mixture(law)
        case _:
            assert_never(law)


def _pareto(law: ParetoLaw) -> Sampler:
    """By inversion; truncated (not heaped up) at the maximum."""
    mass = 1.0 if law.maximum is None else -expm1(law.alpha * log(law.minimum / law.maximum))

    power = -1.0 / law.alpha

    def sample(generator: np.random.Generator, size: int) -> list[float]:
        return [law.minimum * exp(power * log1p(-luck * mass)) for luck in generator.random(size).tolist()]

    return sample


def _normal(law: NormalLaw) -> Sampler:
    """Redrawn until it is not negative."""

    def sample(generator: np.random.Generator, size: int) -> list[float]:
        values: list[float] = (generator.standard_normal(size) * law.sd + law.mean_).tolist()
        for place, value in enumerate(values):
            while value < 0.0:
                value = law.mean_ + law.sd * float(generator.standard_normal())  # noqa: PLW2901 - redrawn
            values[place] = value
        return values

    return sample


def _mixture(law: MixtureLaw) -> Sampler:
    bounds = list(accumulate(part.weight for part in law.parts))
    samplers = [sampler(part.law) for part in law.parts]

    def sample(generator: np.random.Generator, size: int) -> list[float]:
        choices = generator.random(size).tolist()
        parts = [draw(generator, size) for draw in samplers]
        values = []
        for place, luck in enumerate(choices):
            target = luck * bounds[-1]
            part = next((number for number, bound in enumerate(bounds) if target < bound), len(bounds) - 1)
            values.append(parts[part][place])
        return values

    return sample
