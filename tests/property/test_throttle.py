"""The throttle's window counts what a list of all calls would, and its share is always a probability."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.outcomes import Outcome
from simulator.policies.throttle import BUCKETS, Throttle, Window
from simulator.spec.policies import ThrottleSpec

CALLS = st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=80) | st.lists(
    st.tuples(st.integers(5, 20), st.booleans()), min_size=40, max_size=80
)
"""Tenths of a second since the call before, and whether it was accepted."""


@settings(max_examples=100)
@given(CALLS, st.integers(0, 400))
def test_the_window_counts_what_lies_in_its_parts(calls: list[tuple[int, bool]], silence: int) -> None:
    window, now, all_calls = Window(float(BUCKETS)), 0, []
    for gap, accepted in calls:
        now += gap
        window.advance(now / 10)
        window.count(int(accepted))
        all_calls.append((now // 10, accepted))
    now += silence
    window.advance(now / 10)
    inside = [accepted for part, accepted in all_calls if part > now // 10 - BUCKETS]
    assert (window.requests, window.accepts) == (len(inside), sum(inside))


@settings(max_examples=100)
@given(
    CALLS,
    st.fixed_dictionaries(
        {
            "multiplier": st.floats(1.0, 5.0),
            "aggression": st.floats(1.0, 5.0),
            "max_rejection": st.floats(0.0, 1.0),
            "window": st.sampled_from([1.0, 7.0, 120.0]),
        }
    ),
)
def test_the_share_is_a_probability_below_its_cap(calls: list[tuple[int, bool]], written: dict[str, Any]) -> None:
    throttle, now = Throttle(ThrottleSpec.model_validate(written)), 0.0
    for gap, accepted in calls:
        now += gap / 10
        share = throttle.probability(now)
        assert 0.0 <= share <= written["max_rejection"]
        assert share < 1.0
        throttle.record(Outcome.OK if accepted else Outcome.TIMEOUT, now)
