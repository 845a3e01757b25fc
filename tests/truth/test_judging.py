"""The rule by which callsim is judged: an interval that misses the theory fails, and so does one that says nothing."""

from __future__ import annotations

import math

import pytest

from tests.truth.cases import Check, Comparison
from tests.truth.figures import metric
from tests.truth.judging import CONFIDENCE, judge_check, judge_comparison, with_peer

FIGURE = metric("work", "latency_mean")
CASE = "mm1_rho50_mean"  # 2 s
NEAR = [1.98, 2.01, 2.02, 1.99, 2.0, 2.01, 1.99, 2.0, 1.98, 2.02, 2.0, 2.0]


def check(precision: float = 0.05, tolerance: float = 0.0, scale: float = 1.0) -> Check:
    return Check(CASE, FIGURE, precision, scale=scale, tolerance=tolerance)


def test_an_interval_that_holds_the_theory_agrees() -> None:
    judged = judge_check("mm1", check(), NEAR)
    assert judged.agrees
    assert judged.theory == 2.0
    assert judged.callsim.low < 2.0 < judged.callsim.high


def test_an_interval_beside_the_theory_does_not() -> None:
    judged = judge_check("mm1", check(), [1.05 * value for value in NEAR])
    assert "disagrees with theory by +5" in judged.complaint


def test_an_approximation_may_be_off_by_what_is_stated() -> None:
    assert judge_check("mm1", check(tolerance=0.05), [1.05 * value for value in NEAR]).agrees
    assert not judge_check("mm1", check(tolerance=0.01), [1.05 * value for value in NEAR]).agrees


def test_an_interval_that_holds_everything_says_nothing() -> None:
    assert judge_check("mm1", check(precision=0.001), NEAR).complaint.startswith("too wide")


def test_one_replication_says_nothing() -> None:
    assert judge_check("mm1", check(), [2.0]).complaint.startswith("no interval")


def test_a_figure_without_chance_must_be_exact() -> None:
    assert judge_check("mm1", check(), [2.0] * 5).agrees
    assert not judge_check("mm1", check(), [2.0001] * 5).agrees


def test_theory_may_count_other_units() -> None:
    assert judge_check("mm1", check(scale=0.01), [value / 100 for value in NEAR]).agrees


def test_ciw_is_held_against_callsim_and_not_only_against_theory() -> None:
    judged = judge_check("mm1", check(), NEAR)
    assert with_peer(judged, check(), NEAR, NEAR[::-1]).agrees
    far = with_peer(judged, check(), NEAR, [1.1 * value for value in NEAR])
    assert far.complaint.startswith("differs from Ciw by -9")


def test_two_samples_that_agree_but_say_nothing_do_not_pass() -> None:
    comparison = Comparison("mean stay", FIGURE, "mean", precision=0.001)
    judged = judge_comparison("loop", comparison, NEAR, NEAR[::-1])
    assert "too uncertain" in judged.complaint
    assert math.isnan(judged.theory)


def test_the_level_is_shared_out() -> None:
    assert pytest.approx(0.01) == (1 - CONFIDENCE) * 300
