"""Every law of the language keeps the promises of its spec: mean, variance, shape, support, same draws every time.

The seed is fixed, so these tests are red or green for everybody. Over random seeds each interval of a moment below
would be missed with probability 6e-5 (4 standard errors), and each shape with probability 1e-4: all together a
false alarm in about 0.5 % of tries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from simulator.kernel.laws import sampler
from simulator.kernel.random import Streams
from simulator.spec.laws import AnyLaw, LawSpec

SIZE = 40_000
ERRORS = 4.0
"""Standard errors that a sample moment may be off."""
SHAPE_LEVEL = 1e-4


class Case(NamedTuple):
    """A law as it is written (in seconds), its cumulative distribution, and its support."""

    law: dict[str, Any]
    cdf: Callable[[Any], Any] | None
    low: float = 0.0
    high: float = math.inf


SIGMA = math.log(5) / stats.norm.ppf(0.99)
MIXED = {
    "dist": "mixture",
    "parts": [
        {"weight": 3, "law": {"dist": "uniform", "low": 0.0, "high": 1.0}},
        {"weight": 1, "law": {"dist": "exponential", "mean": 4.0}},
    ],
}

CASES = {
    "constant": Case({"dist": "constant", "value": 0.25}, None, 0.25, 0.25),
    "exponential": Case({"dist": "exponential", "mean": 0.2}, stats.expon(scale=0.2).cdf),
    "uniform": Case({"dist": "uniform", "low": 0.5, "high": 2.0}, stats.uniform(0.5, 1.5).cdf, 0.5, 2.0),
    "lognormal by p99": Case({"dist": "lognormal", "median": 0.1, "p99": 0.5}, stats.lognorm(SIGMA, scale=0.1).cdf),
    "lognormal by cv": Case(
        {"dist": "lognormal", "mean": 0.1, "cv": 0.5},
        stats.lognorm(math.sqrt(math.log(1.25)), scale=0.1 / math.sqrt(1.25)).cdf,
    ),
    "gamma": Case({"dist": "gamma", "mean": 0.3, "cv": 0.5}, stats.gamma(4, scale=0.075).cdf),
    "gamma wider than exponential": Case({"dist": "gamma", "mean": 0.3, "cv": 2.0}, stats.gamma(0.25, scale=1.2).cdf),
    "erlang": Case({"dist": "erlang", "mean": 0.9, "k": 3}, stats.gamma(3, scale=0.3).cdf),
    "weibull": Case({"dist": "weibull", "scale": 2.0, "shape": 1.5}, stats.weibull_min(1.5, scale=2.0).cdf),
    "pareto": Case({"dist": "pareto", "minimum": 0.1, "alpha": 5.0}, stats.pareto(5, scale=0.1).cdf, 0.1),
    "truncated pareto": Case(
        {"dist": "pareto", "minimum": 1.0, "alpha": 1.0, "maximum": 10.0},
        lambda x: (1 - 1 / np.asarray(x)) / 0.9,
        1.0,
        10.0,
    ),
    "normal": Case({"dist": "normal", "mean": 5.0, "sd": 1.0}, stats.truncnorm(-5, np.inf, loc=5.0).cdf),
    "normal cut at zero": Case({"dist": "normal", "mean": 0.5, "sd": 1.0}, stats.truncnorm(-0.5, np.inf, loc=0.5).cdf),
    "mixture": Case(MIXED, lambda x: 0.75 * np.clip(x, 0, 1) + 0.25 * stats.expon(scale=4.0).cdf(x)),
    "empirical": Case({"dist": "empirical", "values": [0.1, 0.2, 0.2, 1.5]}, None, 0.1, 1.5),
}
WITHOUT_MEAN = {"dist": "pareto", "minimum": 1.0, "alpha": 0.8}
WITHOUT_VARIANCE = {"dist": "pareto", "minimum": 1.0, "alpha": 1.5}

every_law = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def law_of(written: dict[str, Any]) -> AnyLaw:
    law: AnyLaw = TypeAdapter(LawSpec).validate_python(written)
    return law


def sample(written: dict[str, Any], seed: int = 7) -> Any:
    """Draws as the simulator makes them: in blocks of one stream."""
    streams = Streams(seed, 0)
    draw, key = sampler(law_of(written)), streams.key("law")
    blocks = [streams.block(key, number, draw, 500) for number in range(SIZE // 500)]
    assert all(len(block) == 500 for block in blocks)
    return np.array(blocks).ravel()


@every_law
def test_sample_mean_is_the_laws_mean(case: Case) -> None:
    law = law_of(case.law)
    error = math.sqrt(law.variance() / SIZE)
    assert abs(sample(case.law).mean() - law.mean()) <= ERRORS * error + 1e-12 * law.mean()


@every_law
def test_sample_variance_is_the_laws_variance(case: Case) -> None:
    law, values = law_of(case.law), sample(case.law)
    squares = (values - law.mean()) ** 2
    error = squares.std() / math.sqrt(SIZE)
    assert abs(squares.mean() - law.variance()) <= ERRORS * error + 1e-12 * law.mean() ** 2


@every_law
def test_draws_stay_within_the_laws_support(case: Case) -> None:
    values = sample(case.law)
    assert case.low <= values.min()
    assert values.max() <= case.high


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.cdf is not None])
def test_draws_have_the_laws_shape(name: str) -> None:
    case = CASES[name]
    assert case.cdf is not None
    assert stats.kstest(sample(case.law), case.cdf).pvalue > SHAPE_LEVEL


@every_law
def test_the_same_stream_gives_the_same_draws(case: Case) -> None:
    assert sample(case.law).tobytes() == sample(case.law).tobytes()


@pytest.mark.parametrize("name", [name for name in CASES if name != "constant"])
def test_another_seed_gives_other_draws(name: str) -> None:
    assert sample(CASES[name].law).tobytes() != sample(CASES[name].law, seed=8).tobytes()


def test_empirical_values_come_as_often_as_they_are_listed() -> None:
    values = sample(CASES["empirical"].law)
    counts = [int((values == value).sum()) for value in (0.1, 0.2, 1.5)]
    assert stats.chisquare(counts, [SIZE / 4, SIZE / 2, SIZE / 4]).pvalue > SHAPE_LEVEL
    assert sum(counts) == SIZE


@pytest.mark.parametrize(("written", "mean"), [(WITHOUT_MEAN, math.inf), (WITHOUT_VARIANCE, 3.0)])
def test_a_heavy_tail_says_that_its_moments_are_infinite(written: dict[str, Any], mean: float) -> None:
    law = law_of(written)
    assert law.mean() == pytest.approx(mean)
    assert law.variance() == math.inf
    assert np.isfinite(sample(written)).all()


@pytest.mark.parametrize(
    ("written", "mean", "variance"),
    [
        ({"dist": "uniform", "low": 1.0, "high": 3.0}, 2.0, 1 / 3),
        ({"dist": "exponential", "mean": 0.5}, 0.5, 0.25),
        ({"dist": "lognormal", "mean": 2.0, "cv": 0.5}, 2.0, 1.0),
        ({"dist": "gamma", "mean": 2.0, "cv": 0.5}, 2.0, 1.0),
        ({"dist": "erlang", "mean": 2.0, "k": 4}, 2.0, 1.0),
        ({"dist": "weibull", "scale": 2.0, "shape": 1.0}, 2.0, 4.0),
        ({"dist": "pareto", "minimum": 1.0, "alpha": 3.0}, 1.5, 0.75),
        ({"dist": "empirical", "values": [1.0, 3.0]}, 2.0, 1.0),
        (MIXED, 0.75 * 0.5 + 0.25 * 4.0, 0.75 / 3 + 0.25 * 32.0 - 1.375**2),
    ],
    ids=lambda value: value["dist"] if isinstance(value, dict) else "",
)
def test_moments_are_those_of_the_textbook(written: dict[str, Any], mean: float, variance: float) -> None:
    law = law_of(written)
    assert law.mean() == pytest.approx(mean)
    assert law.variance() == pytest.approx(variance)
