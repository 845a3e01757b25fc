"""Luck that attempts share: each attempt keeps its law, and two of one request agree as far as they were told to.

The seeds are fixed. Over random seeds a shape would be missed with probability 1e-4, a correlation with 6e-5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from simulator.kernel.inversion import above, below, inverse, score
from simulator.kernel.luck import SharedLuck
from simulator.kernel.random import Streams
from simulator.spec.base import FROM_FILE
from simulator.spec.chance import Chance, ChanceSpec
from simulator.spec.laws import AnyLaw, FreshLawSpec, LawSpec
from tests.contract.test_laws import CASES, SHAPE_LEVEL, law_of
from tests.kernel.making import make_root

SIZE = 1500
SHARES = (0.2, 0.4, 0.95)
CONTINUOUS = [name for name, case in CASES.items() if case.cdf is not None and name != "mixture"]
"""Laws whose inverse never goes down: the parts of this mixture overlap."""


def luck(share: float, name: str = "exponential", seed: int = 11) -> SharedLuck:
    streams = Streams(seed, 0)
    streams.lane("buy")
    return SharedLuck(streams, "work/shop.buy/0", share, inverse(law_of(CASES[name].law)))


def attempts(source: SharedLuck, number: int, size: int = SIZE) -> Any:
    """A row for each request, a column for each of its attempts."""
    roots = [make_root(ordinal) for ordinal in range(size)]
    return np.array([[source.draw(root) for _ in range(number)] for root in roots])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.cdf is not None])
def test_every_attempt_by_itself_follows_the_law(name: str) -> None:
    cdf = CASES[name].cdf
    assert cdf is not None
    for column in attempts(luck(0.6, name), 2).T:
        assert stats.kstest(column, cdf).pvalue > SHAPE_LEVEL


def test_empirical_values_come_as_often_as_they_are_listed() -> None:
    values = attempts(luck(0.6, "empirical"), 2)[:, 1]
    counts = [int((values == value).sum()) for value in (0.1, 0.2, 1.5)]
    assert stats.chisquare(counts, [SIZE / 4, SIZE / 2, SIZE / 4]).pvalue > SHAPE_LEVEL
    assert sum(counts) == SIZE


@pytest.mark.parametrize(("name", "share"), [(name, 0.6) for name in CONTINUOUS] + [("uniform", rho) for rho in SHARES])
def test_ranks_of_two_attempts_agree_as_stated(name: str, share: float) -> None:
    """Spearman's rank correlation of a Gaussian copula is 6/pi asin(rho/2) (Kruskal 1958)."""
    first, _, third = attempts(luck(share, name), 3).T
    expected = 6 / math.pi * math.asin(share / 2)
    assert abs(stats.spearmanr(first, third).statistic - expected) < 4 / math.sqrt(SIZE)


def test_parts_of_a_mixture_that_overlap_lose_little_of_it() -> None:
    first, second = attempts(luck(0.6, "mixture"), 2).T
    agreement = stats.spearmanr(first, second).statistic
    assert 0.3 < agreement < 6 / math.pi * math.asin(0.3) + 4 / math.sqrt(SIZE)


def test_requests_share_nothing_with_each_other() -> None:
    values = attempts(luck(0.95), 1)[:, 0]
    assert abs(stats.spearmanr(values[:-1], values[1:]).statistic) < 4 / math.sqrt(SIZE)


def test_a_request_that_shares_everything_has_one_value() -> None:
    values = attempts(luck(1.0), 5, size=50)
    assert (values == values[:, :1]).all()
    assert len(set(values[:, 0])) == 50


def test_the_kth_draw_does_not_depend_on_who_else_asked() -> None:
    together = attempts(luck(0.5), 3, size=700)
    alone = luck(0.5)
    root = make_root(650)
    assert [alone.draw(root) for _ in range(3)] == together[650].tolist()


def test_the_own_part_of_luck_is_not_used_up() -> None:
    source = Streams(1, 0)
    source.lane("buy")
    own = source.source("request/work")
    root = make_root(3)
    assert own.first(root) == own.first(root) == own.draw(root) != own.draw(root)


@pytest.mark.parametrize("name", list(CASES))
def test_the_inverse_is_the_quantile_function(name: str) -> None:
    case, value = CASES[name], inverse(law_of(CASES[name].law))
    scores = [-8.0, -3.0, -1.0, -0.1, 0.0, 0.4, 1.0, 3.0, 8.0]
    values = [value(luck) for luck in scores]
    assert case.low <= min(values)
    assert max(values) <= case.high
    if name in CONTINUOUS and case.cdf is not None:
        assert values == sorted(values)
        assert [float(case.cdf(x)) for x in values] == pytest.approx([below(luck) for luck in scores], abs=1e-12)


def test_the_far_tail_keeps_its_precision() -> None:
    """A probability that close to 1 is no float; the value that only one draw in 1e23 exceeds is one all the same."""
    assert inverse(law_of({"dist": "exponential", "mean": 1.0}))(10.0) == pytest.approx(-stats.norm.logsf(10.0))
    assert inverse(law_of({"dist": "gamma", "mean": 1.0, "cv": 1.0}))(10.0) == pytest.approx(-stats.norm.logsf(10.0))


def test_scores_and_probabilities_are_each_others_inverse() -> None:
    for luck in (-5.0, -1.0, 0.0, 2.0, 5.0):
        assert score(below(luck)) == pytest.approx(luck, abs=1e-8)
        assert below(luck) + above(luck) == pytest.approx(1.0)
    assert score(0.0) < -30
    assert score(1.0) > 8


def test_a_mixture_picks_each_part_as_often_as_its_weight_says() -> None:
    parts = [{"weight": 1, "law": 9.0}, {"weight": 3, "law": 2.0}]
    value = inverse(law_of({"dist": "mixture", "parts": parts}))
    assert [value(score(p)) for p in (0.01, 0.74, 0.76, 0.99)] == [2.0, 2.0, 9.0, 9.0]


def from_file(kind: Any, written: Any) -> Any:
    return TypeAdapter(kind).validate_python(written, context=dict(FROM_FILE))


def test_laws_and_shares_say_what_attempts_have_in_common() -> None:
    law: AnyLaw = from_file(LawSpec, {"dist": "exponential", "mean": "5ms", "per_request": "60%"})
    assert law.per_request == 0.6
    assert from_file(LawSpec, "5ms").per_request == 0.0
    assert from_file(Chance, "5%") == ChanceSpec(share=0.05)
    assert from_file(Chance, {"share": "5%", "per_request": "60%"}) == ChanceSpec(share=0.05, per_request=0.6)


@pytest.mark.parametrize(
    ("kind", "written", "word"),
    [
        (LawSpec, {"dist": "exponential", "mean": "5ms", "per_request": "160%"}, "100%"),
        (FreshLawSpec, {"dist": "exponential", "mean": "5ms", "per_request": "60%"}, "no request"),
        (
            LawSpec,
            {
                "dist": "mixture",
                "parts": [{"weight": 1, "law": {"dist": "exponential", "mean": "5ms", "per_request": 0.5}}],
            },
            "beside the mixture's parts",
        ),
        (Chance, {"per_request": "60%"}, "share"),
        (Chance, "5ms", "share"),
    ],
)
def test_what_has_no_meaning_is_refused(kind: Any, written: Any, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        from_file(kind, written)
