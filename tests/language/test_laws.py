"""Mean and variance of every law against numerical integration of its textbook density."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import integrate, stats

from simulator.spec.base import FROM_FILE
from simulator.spec.laws import AnyLaw, LawSpec

ADAPTER: TypeAdapter[AnyLaw] = TypeAdapter(LawSpec)


def law(written: Any) -> AnyLaw:
    return ADAPTER.validate_python(written, context=dict(FROM_FILE))


def moments(density: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Mean and variance by quadrature, in pieces so that no peak is missed."""
    edges = [low + (high - low) * (step / 16) ** 3 for step in range(17)]

    def integral(function: Callable[[float], float]) -> float:
        return math.fsum(integrate.quad(function, a, b, limit=200)[0] for a, b in pairwise(edges))

    mass = integral(density)
    mean = integral(lambda t: t * density(t)) / mass
    return mean, integral(lambda t: (t - mean) ** 2 * density(t)) / mass


LOGNORMAL_SIGMA = math.log(5.0) / stats.norm.ppf(0.99)
CASES: list[tuple[dict[str, Any], Callable[[float], float], float, float]] = [
    ({"dist": "exponential", "mean": "2s"}, stats.expon(scale=2).pdf, 0, 120),
    ({"dist": "uniform", "low": "1s", "high": "3s"}, stats.uniform(1, 2).pdf, 1, 3),
    ({"dist": "lognormal", "median": "1s", "p99": "5s"}, stats.lognorm(LOGNORMAL_SIGMA).pdf, 0, 400),
    ({"dist": "gamma", "mean": "2s", "cv": 0.5}, stats.gamma(4, scale=0.5).pdf, 0, 60),
    ({"dist": "gamma", "mean": "2s", "cv": 0.8}, stats.gamma(1 / 0.64, scale=2 * 0.64).pdf, 0, 120),
    ({"dist": "erlang", "mean": "3s", "k": 3}, stats.gamma(3, scale=1).pdf, 0, 80),
    ({"dist": "weibull", "scale": "1s", "shape": 1.5}, stats.weibull_min(1.5).pdf, 0, 40),
    ({"dist": "pareto", "minimum": "1s", "alpha": 1.5, "maximum": "20s"}, lambda t: t**-2.5, 1, 20),
    ({"dist": "pareto", "minimum": "1s", "alpha": 2, "maximum": "20s"}, lambda t: t**-3, 1, 20),
    ({"dist": "pareto", "minimum": "1s", "alpha": 1, "maximum": "20s"}, lambda t: t**-2, 1, 20),
    ({"dist": "normal", "mean": "1s", "sd": "1s"}, stats.norm(1, 1).pdf, 0, 12),
    ({"dist": "normal", "mean": "0s", "sd": "1s"}, stats.norm(0, 1).pdf, 0, 12),
]


@pytest.mark.parametrize(("written", "density", "low", "high"), CASES, ids=[str(case[0]) for case in CASES])
def test_mean_and_variance_are_those_of_the_density(
    written: dict[str, Any], density: Callable[[float], float], low: float, high: float
) -> None:
    mean, variance = moments(density, low, high)
    assert law(written).mean() == pytest.approx(mean, rel=1e-6)
    assert law(written).variance() == pytest.approx(variance, rel=1e-5)


def test_a_lognormal_by_mean_and_cv_has_them() -> None:
    given = law({"dist": "lognormal", "mean": "2s", "cv": 0.7})
    assert given.mean() == pytest.approx(2)
    assert math.sqrt(given.variance()) / given.mean() == pytest.approx(0.7)


def test_a_lognormal_has_the_99th_percentile_that_was_written() -> None:
    given = law({"dist": "lognormal", "median": "60ms", "p99": "400ms"})
    share_below = stats.lognorm(given.sigma, scale=math.exp(given.mu)).cdf(0.4)  # type: ignore[union-attr]
    assert share_below == pytest.approx(0.99)


def test_a_duration_is_the_constant_law() -> None:
    assert (law("2ms").mean(), law("2ms").variance()) == (0.002, 0.0)


def test_an_unbounded_pareto_can_have_infinite_moments() -> None:
    given = {alpha: law({"dist": "pareto", "minimum": "1s", "alpha": alpha}) for alpha in (0.9, 1.5, 3)}
    assert math.isinf(given[0.9].mean())
    assert given[1.5].mean() == pytest.approx(3)
    assert math.isinf(given[1.5].variance())
    assert given[3].variance() == pytest.approx(0.75)


def test_a_mixture_has_the_moments_of_its_parts() -> None:
    parts = [{"weight": 3, "law": "1s"}, {"weight": 1, "law": {"dist": "exponential", "mean": "5s"}}]
    mixture = law({"dist": "mixture", "parts": parts})
    assert mixture.mean() == pytest.approx(0.75 * 1 + 0.25 * 5)
    assert mixture.variance() == pytest.approx(0.75 * 1 + 0.25 * 50 - 2.0**2)


def test_a_mixture_with_an_infinite_part_is_infinite() -> None:
    heavy = {"dist": "pareto", "minimum": "1s", "alpha": 0.5}
    mixture = law({"dist": "mixture", "parts": [{"weight": 1, "law": "1s"}, {"weight": 1, "law": heavy}]})
    assert math.isinf(mixture.mean())
    assert math.isinf(mixture.variance())


def test_an_empirical_law_has_the_moments_of_its_values() -> None:
    given = law({"dist": "empirical", "values": ["1s", "2s", "6s"]})
    assert given.mean() == pytest.approx(3)
    assert given.variance() == pytest.approx(14 / 3)


@pytest.mark.parametrize(
    "written",
    [
        {"dist": "lognormal", "median": "1s"},
        {"dist": "lognormal", "median": "2s", "p99": "1s"},
        {"dist": "lognormal", "median": "2s", "p99": "3s", "mean": "1s"},
        {"dist": "exponential", "mean": 0},
        {"dist": "exponential"},
        {"dist": "erlang", "mean": "1s", "k": 1.5},
        {"dist": "pareto", "minimum": "2s", "alpha": 1, "maximum": "1s"},
        {"dist": "weibull", "scale": "1s", "shape": 0},
        {"dist": "empirical", "values": []},
        {"dist": "mixture", "parts": []},
        {"dist": "constant", "value": 5},
        {"value": "5s"},
    ],
)
def test_what_is_no_law_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        law(written)
