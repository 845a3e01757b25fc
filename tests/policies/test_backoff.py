"""Delays before retries, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.policies.backoff import delay, is_random
from simulator.spec.policies import BackoffSpec

INFINITE = float("inf")


def spec(**settings: Any) -> BackoffSpec:
    return BackoffSpec.model_validate(settings)


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
    "no wait at all": Case({"kind": "exponential", "base": 0.0}, 0.9, [0.0, 0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_delay(case: Case) -> None:
    backoff = spec(**case.settings)
    previous, delays = backoff.base, []
    for retry in range(1, 5):
        previous = delay(backoff, retry, case.luck, previous)
        delays.append(previous)
    assert delays == pytest.approx(case.expected, rel=1e-12)


def test_without_a_backoff_a_retry_comes_at_once() -> None:
    assert delay(None, 1, 0.5, 0.0) == 0.0


@pytest.mark.parametrize(("settings", "capped"), [({}, INFINITE), ({"max": 5.0}, 5.0)])
def test_a_delay_beyond_all_numbers_is_infinite_or_the_cap(settings: dict[str, float], capped: float) -> None:
    assert delay(spec(**EXPONENTIAL, **settings), 5000, 0.0, 0.1) == capped


@pytest.mark.parametrize(
    ("settings", "random"),
    [
        (FIXED, False),
        (LINEAR, False),
        (EXPONENTIAL, False),
        (DECORRELATED, True),
        ({**FIXED, "jitter": {"kind": "full"}}, True),
        ({**LINEAR, "jitter": {"kind": "additive", "max": 0.1}}, True),
    ],
)
def test_only_a_random_delay_draws(settings: dict[str, Any], random: bool) -> None:
    backoff = spec(**settings)
    assert is_random(backoff) is random
    assert (delay(backoff, 2, 0.1, 0.3) != delay(backoff, 2, 0.9, 0.3)) is random


jitters = st.sampled_from(["none", "full", "equal"]).map(lambda kind: {"kind": kind})


@given(
    st.sampled_from(["fixed", "linear", "exponential", "decorrelated"]),
    jitters,
    st.sampled_from(["after_jitter", "before_jitter"]),
    st.integers(1, 60),
    st.floats(0, 1, exclude_max=True),
    st.floats(0.01, 5.0),
)
def test_no_delay_exceeds_the_cap_or_is_negative(
    kind: str, jitter: dict[str, str], cap: str, retry: int, luck: float, previous: float
) -> None:
    backoff = spec(kind=kind, base=0.01, max=2.0, cap=cap, jitter=jitter)
    assert 0.0 <= delay(backoff, retry, luck, previous) <= 2.0
