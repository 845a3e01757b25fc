"""``callsim replay`` from outside: what it prints, and how it leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from experiments.replay.cases import Case
from experiments.replay.common import WrongCase
from experiments.replay.playing import play_case
from simulator.spec.base import Spec
from simulator.spec.policies import BreakerSpec, LimitSpec, RateLimitSpec
from tests.cli.conftest import Callsim, callsim

__all__ = ["callsim"]

RECORDED = Path(__file__).parents[1] / "conformance" / "policy_vectors.json"
INNER = ("type", "size", "bucket", "anchor", "permits", "longer_than", "rate")
CASE: dict[str, Any] = {
    "id": "ours",
    "policy": "circuit_breaker/callsim",
    "params": {"max_failures": 2, "open_for": "10s"},
    "events": [[0, "call", "failure"], [1, "call", "failure"], [11, "call", "success"], [11.5, "call", "success"]],
    "expect": [["allowed", "closed"], ["allowed", "open"], ["rejected", "open"], ["allowed", "closed"]],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "incident.json"


def write(file: Path, data: Any) -> str:
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(file)


def test_every_recorded_case_passes(callsim: Callsim) -> None:
    result = callsim("replay", str(RECORDED), "--quiet")
    assert (result.exit_code, result.stdout) == (0, "50 passed, 0 failed, 0 unsupported, 35 scenarios skipped\n")


def test_each_event_is_a_line_with_decision_state_and_expectation(callsim: Callsim, file: Path) -> None:
    result = callsim("replay", write(file, CASE))
    lines = [line.split() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert lines[0] == ["ours", "(circuit_breaker/callsim):", "passed"]
    assert lines[3] == ["1", "call", "failure", "allowed", "open", "allowed", "open"]
    assert lines[4] == ["11", "call", "success", "rejected", "open", "rejected", "open"]
    assert result.stdout.splitlines()[-1] == "1 passed, 0 failed, 0 unsupported, 0 scenarios skipped"


def test_a_difference_is_marked_and_leaves_with_3(callsim: Callsim, file: Path) -> None:
    wrong = {**CASE, "expect": [*CASE["expect"][:3], ["rejected", "open"]]}
    result = callsim("replay", write(file, [CASE | {"id": "right"}, wrong]), "--quiet")
    marked = [line for line in result.stdout.splitlines() if "differs" in line]
    assert result.exit_code == 3
    assert len(marked) == 1
    assert marked[0].split()[0] == "11.5"
    assert "right" not in result.stdout
    assert result.stdout.splitlines()[-1] == "1 passed, 1 failed, 0 unsupported, 0 scenarios skipped"


def test_without_expectations_a_case_is_played_and_passes(callsim: Callsim, file: Path) -> None:
    silent = {key: value for key, value in CASE.items() if key not in ("expect", "id")}
    result = callsim("replay", write(file, silent))
    assert result.exit_code == 0
    assert result.stdout.startswith("case 1 (circuit_breaker/callsim): passed\n")
    assert "rejected  open" in result.stdout


def test_null_says_nothing_of_an_event_a_decision_or_a_state(callsim: Callsim, file: Path) -> None:
    loose = {**CASE, "expect": [None, [None, "open"], ["rejected", None], None]}
    assert callsim("replay", write(file, loose)).exit_code == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"policy": "circuit_breaker/polyl"}, "did you mean 'polly'"),
        ({"policy": "backoff"}, "'backoff'"),
        ({"params": {"max_failurs": 2}}, "did you mean 'max_failures'"),
        ({"policy": "circuit_breaker/r4j", "params": {"min_cals": 2}}, "'min_cals'; did you mean 'min_calls'"),
        ({"policy": "circuit_breaker/gobreaker", "params": {"trip_rule": "moon"}}, "trip_rule: 'moon'"),
        ({"policy": "rate_limiter", "params": {"kind": "leaky"}}, "of kind 'leaky'"),
        ({"policy": "rate_limiter", "params": {"kind": "gcra", "limit": 3}}, "'limit'"),
        ({"policy": "concurrency_limit", "params": {"kind": "aimd", "alpha": 3}}, "'alpha'"),
    ],
)
def test_what_no_adapter_knows_is_named_and_leaves_with_3(
    callsim: Callsim, file: Path, change: dict[str, Any], named: str
) -> None:
    result = callsim("replay", write(file, {**CASE, **change}), "--quiet")
    assert result.exit_code == 3
    assert named in result.stdout
    assert result.stdout.splitlines()[-1] == "0 passed, 0 failed, 1 unsupported, 0 scenarios skipped"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"vectors": [', ":1:14: is not JSON"),
        ("services: {}", ":1:1: is not JSON"),
        ("[]", "holds no case"),
        ({"services": {}}, "holds no cases but an object with the keys services"),
        ([1], "[0]: a case is an object"),
        ({**CASE, "events": {}}, "case.events: must be a list"),
        ({**CASE, "events": [["soon", "peek"]]}, "case.events[0]: the time of an event must be a number"),
        ({**CASE, "events": [[2, "peek"], [1, "peek"]], "expect": None}, "case.events[1]: at 1, before"),
        ({**CASE, "events": [[0, "call", "fialure"]], "expect": None}, "did you mean 'failure'"),
        ({**CASE, "events": [[0, "reset"]], "expect": None}, "is no event of a breaker: write [time"),
        ({**CASE, "events": [[0, "end", "a", "success"]], "expect": None}, "'a' is not under way"),
        ({**CASE, "expect": [["allowed", "closed"]]}, "case.expect: has 1 entries for 4 events"),
        ({**CASE, "expect": [["yes", "closed"], None, None, None]}, "expect[0]: must be [decision, state]"),
        ({**CASE, "params": {"open_for": 10}}, "10 has no unit"),
        ({**CASE, "kind": "fact"}, "case.kind: must be events or scenario"),
        ({**CASE, "params": {"max_failures": 10**30}}, "holds a number beyond 1e+12"),
        ([CASE, CASE], "two cases have the id 'ours'"),
        ('{"id": "a", "id": "b"}', "'id' is written twice"),
        ('[{"events": [[NaN, "peek"]]}]', "NaN is no number"),
        ({**CASE, "expected": []}, "case: a case has no key 'expected'; did you mean 'expect'?; its keys are: id,"),
        ([{"id": "a", "policy": "backoff", "kind": "scenario", "parms": {}}], "'parms'; did you mean 'params'?"),
        ({**CASE, "params": []}, "case.params: must be an object, not []"),
        ({**CASE, "params": False}, "case.params: must be an object, not False"),
        ({**CASE, "params": {"max_failures": 0}}, "max_failures: must be at least 1, not 0"),
        ({**CASE, "params": {"max_failures": "two"}}, "max_failures: must be a whole number, not 'two'"),
        (
            {**CASE, "params": {"open_ends": "timr"}},
            "open_ends: must be after or at or timer, not 'timr'; did you mean",
        ),
        ({**CASE, "params": {"failures": []}}, "failures: must not be empty"),
        ({**CASE, "policy": "circuit_breaker/polly", "params": {"window_s": 1e-10}}, "last a nanosecond or longer"),
        ({**CASE, "policy": "circuit_breaker/hystrix", "params": {"tick_s": 1e-10}}, "last a nanosecond or longer"),
        (f'[{{"params": {{"max_failures": {"9" * 5000}}}}}]', "holds a number of 5000 digits, 999999999999…: none"),
    ],
)
def test_what_is_not_of_the_format_leaves_with_2_and_says_where(
    callsim: Callsim, file: Path, data: Any, said: str
) -> None:
    result = callsim("replay", write(file, data))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert str(file) in result.stderr


WRONG_VALUES: list[Any] = ["x", -1, 0, 1.5, True, None, [], [1], ["x"], {}, {"x": 1}, 10**11]
FOREIGN = re.compile(r"Input should|valid|Spec\b|[Tt]uple|dictionary|validation|sys\.")


@pytest.mark.parametrize(
    ("policy", "model"),
    [("circuit_breaker", BreakerSpec), ("rate_limiter", RateLimitSpec), ("concurrency_limit", LimitSpec)],
)
def test_a_wrong_value_is_refused_in_our_own_words(policy: str, model: type[Spec]) -> None:
    said = []
    for value in WRONG_VALUES:
        whole: list[dict[str, Any]] = [dict.fromkeys([key], value) for key in sorted(model.model_fields)]
        parts = [{key: {word: value}} for key in ("window", "half_open", "slow_call") for word in INNER]
        for params in whole + (parts if model is BreakerSpec else []):
            try:
                play_case(Case("one", f"{policy}/callsim", "events", params, (), None))
            except WrongCase as error:
                said.append(str(error))
    assert len(said) > 40
    assert [text for text in said if FOREIGN.search(text)] == []


def test_a_missing_file_and_a_folder_leave_with_2(callsim: Callsim, tmp_path: Path) -> None:
    missing, folder = callsim("replay", str(tmp_path / "none.json")), callsim("replay", str(tmp_path))
    assert (missing.exit_code, folder.exit_code) == (2, 2)
    assert "no such file" in missing.stderr
    assert "is a directory" in folder.stderr


def test_one_case_can_be_chosen(callsim: Callsim) -> None:
    one = callsim("replay", str(RECORDED), "--case", "r4j-min-calls", "--case", "bo-r4j-default")
    none = callsim("replay", str(RECORDED), "--case", "r4j-min-call")
    assert one.stdout.splitlines()[-1] == "1 passed, 0 failed, 0 unsupported, 1 scenarios skipped"
    assert none.exit_code == 2
    assert "did you mean 'r4j-min-calls'" in none.stderr
