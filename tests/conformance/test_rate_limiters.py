"""Rate limiters against recorded behaviour: resilience4j's AtomicRateLimiter and throttled's GCRA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.policies.rate_limit import Verdict, limiter_of
from simulator.spec.policies import RateLimitSpec

FILE = Path(__file__).with_name("policy_vectors.json")
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads(FILE.read_text(encoding="utf-8"))["vectors"]
    if case["policy"] == "rate_limiter"
}
NANOSECOND = 1e-9
"""The recorded clocks count nanoseconds."""


def spec_of(params: dict[str, Any]) -> RateLimitSpec:
    """The spec of a vector's parameters. Recorded limiters refuse at once: the wait of a caller is not in the data."""
    if params["kind"] == "gcra":
        written = {"kind": "gcra", "limit": 1, "period": params["emission_interval_s"], "burst": params["burst"]}
    else:
        wait = params["timeout_s"]
        written = {"preset": "resilience4j", "limit": params["limit"], "period": params["period_s"], "max_wait": wait}
    return RateLimitSpec.model_validate(written)


def agrees(verdict: Verdict, expected: list[Any]) -> bool:
    """Whether a verdict is the recorded one; a wait of null was not reported."""
    word, seconds = expected
    wait = verdict.wait if verdict.allowed else verdict.retry_after
    same_wait = seconds is None or abs(wait - seconds) < NANOSECOND
    return verdict.allowed is (word == "allowed") and same_wait


def test_the_data_has_both_limiters() -> None:
    assert set(CASES) == {"rl-r4j-nowait", "rl-gcra"}


@pytest.mark.parametrize("name", CASES)
def test_every_verdict_is_the_recorded_one(name: str) -> None:
    case = CASES[name]
    limiter = limiter_of(spec_of(case["params"]))
    verdicts = [limiter.acquire(time) for time, _ in case["events"]]
    wrong = [
        (event, verdict, expected)
        for event, verdict, expected in zip(case["events"], verdicts, case["expect"], strict=True)
        if not agrees(verdict, expected)
    ]
    assert wrong == []
