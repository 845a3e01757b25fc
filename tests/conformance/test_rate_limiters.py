"""Rate limiters against recorded behaviour: resilience4j's AtomicRateLimiter and throttled's GCRA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.replay.rate_limiters import RateLimiterPlayer

FILE = Path(__file__).with_name("policy_vectors.json")
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads(FILE.read_text(encoding="utf-8"))["vectors"]
    if case["policy"] == "rate_limiter"
}
NANOSECOND = 1e-9
"""The recorded clocks count nanoseconds."""


def agrees(found: tuple[str, float], expected: list[Any]) -> bool:
    """Whether a decision is the recorded one; a wait of null was not reported."""
    word, seconds = expected
    return found[0] == word and (seconds is None or abs(found[1] - seconds) < NANOSECOND)


def test_the_data_has_both_limiters() -> None:
    assert set(CASES) == {"rl-r4j-nowait", "rl-gcra"}


@pytest.mark.parametrize("name", CASES)
def test_every_verdict_is_the_recorded_one(name: str) -> None:
    case = CASES[name]
    player = RateLimiterPlayer(case["policy"], case["params"])
    found = [player.play(event).found for event in case["events"]]
    wrong = [entry for entry in zip(case["events"], found, case["expect"], strict=True) if not agrees(*entry[1:])]
    assert wrong == []
