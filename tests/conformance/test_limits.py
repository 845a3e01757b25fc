"""Adaptive limits against what Netflix's concurrency-limits did when it was given the same samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.policies.adapting import RULES
from simulator.spec.policies import LimitSpec

VECTORS = json.loads(Path(__file__).with_name("policy_vectors.json").read_text(encoding="utf-8"))["vectors"]
CASES = {case["id"]: case for case in VECTORS if case["policy"] == "concurrency_limit"}
OUR_KEYS = {"timeout_s": "timeout"}
ALWAYS_SO = {"threshold": "max(1,int(log10(limit)))"}
"""What the recording states and is no parameter here."""


def spec(params: dict[str, Any]) -> LimitSpec:
    """The recorded parameters in the language's own words."""
    for key, value in ALWAYS_SO.items():
        assert params.get(key, value) == value
    ours = {OUR_KEYS.get(key, key): value for key, value in params.items() if key not in ALWAYS_SO}
    return LimitSpec.model_validate(ours)


def test_the_recording_has_the_cases_that_are_expected_here() -> None:
    assert set(CASES) == {"cl-vegas", "cl-aimd"}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_limit_after_each_sample_is_the_recorded_one(name: str) -> None:
    case = CASES[name]
    read = spec(case["params"])
    rule = RULES[read.kind](read, lambda: 0.0)
    limits = []
    for time, kind, rtt, inflight, dropped in case["events"]:
        assert kind == "sample"
        limits.append(rule.sample(rtt, inflight, dropped, time))
        assert rule.limit(time) == limits[-1]
    assert limits == case["expect"]
