"""Rate limiters never let more through than they promise, and never refuse what they could let through."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.policies.rate_limit import limiter_of
from simulator.spec.policies import RateLimitSpec

GAPS = st.lists(st.integers(0, 40), min_size=1, max_size=60)
"""Twentieths of a second between calls."""
LIMITS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["token_bucket", "gcra", "cycles"]),
        "limit": st.integers(1, 5),
        "period": st.sampled_from([0.5, 1.0, 3.0]),
        "burst": st.none() | st.integers(1, 6),
        "max_wait": st.sampled_from([0.0, 0.7, 2.0, "unlimited"]),
        "refusal": st.sampled_from(["at_once", "after_max_wait"]),
    }
)


def begins(spec: RateLimitSpec, gaps: list[int]) -> list[float]:
    """When the allowed calls begin."""
    limiter, now, found = limiter_of(spec), 0, []
    for gap in gaps:
        now += gap
        verdict = limiter.acquire(now / 20)
        if verdict.allowed:
            found.append(now / 20 + verdict.wait)
        assert spec.max_wait is None or verdict.wait <= spec.max_wait + 1e-9
        assert verdict.allowed is (verdict.retry_after == 0.0)
    return found


@settings(max_examples=100)
@given(LIMITS, GAPS)
def test_no_more_begin_than_the_burst_and_the_rate_allow(written: dict[str, Any], gaps: list[int]) -> None:
    spec = RateLimitSpec.model_validate(written)
    times = begins(spec, gaps)
    assert times == sorted(times), "a later call overtook one that had reserved its turn"
    rate = spec.limit / spec.period
    slack = spec.limit if spec.kind == "cycles" else 0  # two periods may touch any stretch of time
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            stretch = times[last] - begin
            assert last - first + 1 <= spec.at_once + slack + stretch * rate + 1e-6


@settings(max_examples=100)
@given(st.integers(1, 5), st.integers(1, 6), GAPS)
def test_a_bucket_is_a_count_of_tokens(limit: int, burst: int, gaps: list[int]) -> None:
    """The virtual scheduling form decides as the bucket does that the name promises."""
    spec = RateLimitSpec.model_validate({"limit": limit, "period": 2.0, "burst": burst})
    limiter, now, tokens = limiter_of(spec), 0, Fraction(burst)
    for gap in gaps:
        now += gap
        tokens = min(Fraction(burst), tokens + Fraction(gap * limit, 40))
        allowed = limiter.acquire(now / 20).allowed
        assert allowed is (tokens >= 1)
        tokens -= int(allowed)
