"""Adaptive limits against what Netflix's concurrency-limits did when it was given the same samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.replay.limits import LimitPlayer, spec_of
from simulator.policies.adapting import RULES

VECTORS = json.loads(Path(__file__).with_name("policy_vectors.json").read_text(encoding="utf-8"))["vectors"]
CASES = {case["id"]: case for case in VECTORS if case["policy"] == "concurrency_limit"}


def test_the_recording_has_the_cases_that_are_expected_here() -> None:
    assert set(CASES) == {"cl-vegas", "cl-aimd"}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_limit_after_each_sample_is_the_recorded_one(name: str) -> None:
    case = CASES[name]
    player = LimitPlayer(case["policy"], case["params"])
    assert [player.play(event).found for event in case["events"]] == case["expect"]


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_limit_holds_until_the_next_sample(name: str) -> None:
    case = CASES[name]
    read = spec_of(case["policy"], case["params"])
    rule = RULES[read.kind](read, lambda: 0.0)
    for time, _, rtt, inflight, dropped in case["events"]:
        after = rule.sample(rtt, inflight, dropped, time)
        assert rule.limit(time) == after
