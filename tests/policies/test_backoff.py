"""Delays before retries, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulator.policies.backoff import Waits
from simulator.spec.policies import BackoffSpec

INFINITE = float("inf")


def spec(**settings: Any) -> BackoffSpec:
    return BackoffSpec.model_validate(settings)


def waits(backoff: BackoffSpec | None, luck: float, number: int) -> list[float]:
    """The waits of one call before its retries 1, 2, …, all with the same luck."""
    course = Waits(backoff)
    return [course.next(luck) for _ in range(number)]


class Case(NamedTuple):
    """Settings, a uniform draw, and the delays before retries 1, 2, 3, 4 (each is the previous of the next)."""

    settings: dict[str, Any]
    luck: float
    expected: list[float]


FIXED = {"kind": "fixed", "base": 0.5}
LINEAR = {"kind": "linear", "base": 1.0}
EXPONENTIAL = {"kind": "exponential", "base": 0.1}
DECORRELATED = {"kind": "decorrelated", "base": 0.1}

CASES = {
    "fixed": Case(FIXED, 0.9, [0.5, 0.5, 0.5, 0.5]),
    "linear: (attempt + 1) times base, as the brief's first client": Case(LINEAR, 0.9, [1.0, 2.0, 3.0, 4.0]),
    "exponential": Case(EXPONENTIAL, 0.9, [0.1, 0.2, 0.4, 0.8]),
    "exponential times 3": Case({**EXPONENTIAL, "multiplier": 3.0}, 0.9, [0.1, 0.3, 0.9, 2.7]),
    "multiplier does not touch linear": Case({**LINEAR, "multiplier": 3.0}, 0.0, [1.0, 2.0, 3.0, 4.0]),
    "capped": Case({**EXPONENTIAL, "max": 0.3}, 0.0, [0.1, 0.2, 0.3, 0.3]),
    "linear capped": Case({**LINEAR, "max": 2.5}, 0.0, [1.0, 2.0, 2.5, 2.5]),
    "full jitter": Case({**EXPONENTIAL, "jitter": {"kind": "full"}}, 0.5, [0.05, 0.1, 0.2, 0.4]),
    "full jitter, no luck": Case({**EXPONENTIAL, "jitter": {"kind": "full"}}, 0.0, [0.0, 0.0, 0.0, 0.0]),
    "full jitter on fixed": Case({**FIXED, "jitter": {"kind": "full"}}, 0.25, [0.125, 0.125, 0.125, 0.125]),
    "equal jitter": Case({**EXPONENTIAL, "jitter": {"kind": "equal"}}, 0.5, [0.075, 0.15, 0.3, 0.6]),
    "equal jitter, no luck": Case({**EXPONENTIAL, "jitter": {"kind": "equal"}}, 0.0, [0.05, 0.1, 0.2, 0.4]),
    "equal jitter on linear": Case({**LINEAR, "jitter": {"kind": "equal"}}, 0.5, [0.75, 1.5, 2.25, 3.0]),
    "the brief's exercise: base 2^attempt + U[0, 100 ms)": Case(
        {"kind": "exponential", "base": 1.0, "jitter": {"kind": "additive", "max": 0.1}}, 0.4, [1.04, 2.04, 4.04, 8.04]
    ),
    "additive jitter on fixed": Case(
        {**FIXED, "jitter": {"kind": "additive", "max": 0.2}}, 0.75, [0.65, 0.65, 0.65, 0.65]
    ),
    "proportional jitter, low": Case(
        {**FIXED, "jitter": {"kind": "proportional", "share": 0.5}}, 0.0, [0.25, 0.25, 0.25, 0.25]
    ),
    "proportional jitter, middle": Case(
        {**EXPONENTIAL, "jitter": {"kind": "proportional", "share": 0.2}}, 0.5, [0.1, 0.2, 0.4, 0.8]
    ),
    "proportional jitter, gRPC": Case(
        {**EXPONENTIAL, "jitter": {"kind": "proportional", "share": 0.2}}, 0.75, [0.11, 0.22, 0.44, 0.88]
    ),
    "cap after full jitter": Case({**EXPONENTIAL, "max": 0.3, "jitter": {"kind": "full"}}, 0.5, [0.05, 0.1, 0.2, 0.3]),
    "cap before full jitter": Case(
        {**EXPONENTIAL, "max": 0.3, "cap": "before_jitter", "jitter": {"kind": "full"}}, 0.5, [0.05, 0.1, 0.15, 0.15]
    ),
    "cap after additive jitter": Case(
        {**FIXED, "max": 0.6, "jitter": {"kind": "additive", "max": 0.4}}, 0.5, [0.6, 0.6, 0.6, 0.6]
    ),
    "cap before additive jitter": Case(
        {**FIXED, "max": 0.6, "cap": "before_jitter", "jitter": {"kind": "additive", "max": 0.4}},
        0.5,
        [0.7, 0.7, 0.7, 0.7],
    ),
    "cap before equal jitter": Case(
        {**EXPONENTIAL, "max": 0.2, "cap": "before_jitter", "jitter": {"kind": "equal"}}, 0.5, [0.075, 0.15, 0.15, 0.15]
    ),
    "cap before proportional jitter": Case(
        {**EXPONENTIAL, "max": 0.2, "cap": "before_jitter", "jitter": {"kind": "proportional", "share": 0.5}},
        0.9,
        [0.14, 0.28, 0.28, 0.28],
    ),
    "decorrelated, no luck": Case(DECORRELATED, 0.0, [0.1, 0.1, 0.1, 0.1]),
    "decorrelated: U(base, 3 previous)": Case(DECORRELATED, 0.5, [0.2, 0.35, 0.575, 0.9125]),
    "decorrelated capped, and grows on from the cap": Case({**DECORRELATED, "max": 0.3}, 0.5, [0.2, 0.3, 0.3, 0.3]),
    "a floor under exponential": Case({**EXPONENTIAL, "min": 0.3}, 0.0, [0.3, 0.3, 0.4, 0.8]),
    "full jitter between the floor and the delay": Case(
        {**EXPONENTIAL, "min": 0.1, "jitter": {"kind": "full"}}, 0.5, [0.1, 0.15, 0.25, 0.45]
    ),
    "resilience4j: whole milliseconds at each step": Case(
        {"kind": "exponential", "base": 0.5, "multiplier": 1.5, "rounded_down_to": 0.001},
        0.0,
        [0.5, 0.75, 1.125, 1.687],
    ),
    "whole milliseconds after the jitter too": Case(
        {**FIXED, "jitter": {"kind": "proportional", "share": 0.5}, "rounded_down_to": 0.001}, 0.3333, [0.416] * 4
    ),
    "no wait at all": Case({"kind": "exponential", "base": 0.0}, 0.9, [0.0, 0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_delay(case: Case) -> None:
    backoff = spec(**case.settings)
    assert waits(backoff, case.luck, 4) == pytest.approx(case.expected, rel=1e-12)


def test_without_a_backoff_a_retry_comes_at_once() -> None:
    assert waits(None, 0.5, 2) == [0.0, 0.0]


@pytest.mark.parametrize(("settings", "capped"), [({}, INFINITE), ({"max": 5.0}, 5.0)])
@pytest.mark.parametrize("more", [{}, {"rounded_down_to": 0.001}, {"jitter": {"kind": "equal"}}])
def test_a_delay_beyond_all_numbers_is_infinite_or_the_cap(
    settings: dict[str, float], capped: float, more: dict[str, Any]
) -> None:
    assert waits(spec(**EXPONENTIAL, **settings, **more), 0.0, 5000)[-1] == capped


def test_pollys_curve_ends_in_the_cap_too() -> None:
    assert waits(spec(kind="polly_v2", base=1.0, max=8.0), 0.5, 1100)[-2:] == [8.0, 8.0]
    assert waits(spec(kind="polly_v2", base=1.0), 0.5, 1100)[-2:] == [INFINITE, INFINITE]


def test_pollys_curve_by_hand() -> None:
    # f(0.5) = 1.414214 * 0.888386 = 1.256368, and divided by 1.4 that is 0.897405.
    # f(1.5) = 2.828427 * 0.985198 = 2.786561, and its distance divided by 1.4 is 1.093.
    assert waits(spec(kind="polly_v2", base=1.0), 0.5, 2) == pytest.approx([0.897405, 1.093], abs=1e-5)


def test_a_backoff_that_begins_anew_waits_as_at_first() -> None:
    for settings in (EXPONENTIAL, DECORRELATED, {"kind": "polly_v2", "base": 0.1}):
        course = Waits(spec(**settings))
        first = [course.next(0.5) for _ in range(3)]
        course.begin_anew()
        assert [course.next(0.5) for _ in range(3)] == first


def test_another_base_changes_one_wait_and_not_the_growth() -> None:
    course = Waits(spec(**EXPONENTIAL))
    assert [course.next(0.0), course.next(0.0, 1.0), course.next(0.0)] == [0.1, 2.0, 0.4]


@pytest.mark.parametrize(
    ("settings", "random"),
    [
        (FIXED, False),
        (LINEAR, False),
        (EXPONENTIAL, False),
        (DECORRELATED, True),
        ({"kind": "polly_v2", "base": 0.1}, True),
        ({**FIXED, "jitter": {"kind": "full"}}, True),
        ({**LINEAR, "jitter": {"kind": "additive", "max": 0.1}}, True),
    ],
)
def test_only_a_random_delay_depends_on_luck(settings: dict[str, Any], random: bool) -> None:
    backoff = spec(**settings)
    assert backoff.random is random
    assert (waits(backoff, 0.1, 2) != waits(backoff, 0.9, 2)) is random


@pytest.mark.parametrize("kind", ["decorrelated", "polly_v2"])
def test_a_backoff_with_its_own_chance_takes_no_jitter(kind: str) -> None:
    with pytest.raises(ValidationError, match="takes no jitter"):
        spec(kind=kind, base=0.1, jitter={"kind": "full"})


jitters = st.sampled_from(["none", "full", "equal"]).map(lambda kind: {"kind": kind})


@given(
    st.sampled_from(["fixed", "linear", "exponential", "decorrelated", "polly_v2"]),
    jitters,
    st.sampled_from(["after_jitter", "before_jitter"]),
    st.sampled_from([None, 0.001, 0.007]),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=60),
)
def test_no_delay_exceeds_the_cap_or_is_negative(
    kind: str, jitter: dict[str, str], cap: str, step: float | None, lucks: list[float]
) -> None:
    taken = {"kind": "none"} if kind in ("decorrelated", "polly_v2") else jitter
    course = Waits(spec(kind=kind, base=0.01, max=2.0, cap=cap, jitter=taken, rounded_down_to=step))
    assert all(0.0 <= course.next(luck) <= 2.0 for luck in lucks)
