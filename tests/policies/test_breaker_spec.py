"""What a breaker's spec comes to: each library's own defaults, the file's keys over them, and mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.spec.base import FROM_FILE, PARTIAL
from simulator.spec.policies import EVERY_ERROR, BreakerSpec
from simulator.spec.presets import filled, preset_of


def spec(**keys: Any) -> BreakerSpec:
    return BreakerSpec.model_validate(keys, context=dict(FROM_FILE))


DEFAULTS: dict[str, dict[str, Any]] = {
    "strict": {"max_failures": 5, "open_for": 30.0, "open_ends": "after", "permits": 1, "late_results": "ignored"},
    "resilience4j": {
        **{"size": 100, "minimum_calls": 100, "failure_rate": 0.5, "longer_than": 60.0, "rate": 1.0},
        **{"open_for": 60.0, "open_ends": "after", "permits": 10, "counted": "in_total", "results": 10},
        **{"max_wait": None, "evaluated": "result", "late_results": "current_state", "failures": EVERY_ERROR},
    },
    "polly": {
        **{"size": 30.0, "minimum_calls": 100, "failure_rate": 0.1, "evaluated": "failure", "open_for": 5.0},
        **{"open_ends": "at", "permits": 1, "late_results": "current_state"},
    },
    "gobreaker": {
        **{"kind": "consecutive", "max_failures": 6, "open_for": 60.0, "open_ends": "after", "permits": 1},
        **{"window": None, "closes_after": 1, "late_results": "ignored"},
    },
    "hystrix": {
        **{"size": 10.0, "bucket": 0.5, "minimum_calls": 20, "failure_rate": 0.5, "evaluated": "tick"},
        **{"open_for": 5.0, "open_ends": "after", "permits": 1},
    },
    "pybreaker": {"max_failures": 5, "open_for": 60.0, "open_ends": "at", "permits": None, "serialised": True},
    "aiobreaker": {"max_failures": 5, "open_for": 60.0, "permits": None, "late_results": "admitted_state"},
    "purgatory": {"max_failures": 5, "open_for": 30.0, "open_ends": "after", "permits": None},
    "circuitbreaker": {"max_failures": 5, "open_for": 30.0, "open_ends": "at", "success": "closes"},
}


def flat(made: BreakerSpec) -> dict[str, Any]:
    """All keys on one level."""
    keys = made.model_dump()
    return keys | {key: value for inner in keys.values() if isinstance(inner, dict) for key, value in inner.items()}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_preset_brings_its_librarys_defaults(name: str) -> None:
    keys = flat(spec(preset=name))
    assert {key: keys[key] for key in DEFAULTS[name]} == DEFAULTS[name]


def test_every_preset_is_concrete_without_further_keys() -> None:
    assert all(spec(preset=name).preset == name for name in BreakerSpec.presets)


def test_the_files_keys_win_and_the_others_stay() -> None:
    made = spec(preset="resilience4j", open_for="7s", half_open={"permits": 4}, slow_call={"rate": "20%"})
    assert (made.open_for, made.half_open.permits, made.half_open.counted) == (7.0, 4, "in_total")
    assert made.slow_call is not None
    assert (made.slow_call.longer_than, made.slow_call.rate) == (60.0, 0.2)


def test_a_file_may_take_the_limit_of_probes_away() -> None:
    assert spec(half_open={"permits": "unlimited"}).half_open.permits is None


def test_the_verdict_in_half_open_needs_no_more_results_than_there_are_probes_or_calls() -> None:
    half_open = {"permits": 4}
    assert spec(preset="resilience4j", half_open=half_open).half_open.results == 4
    assert spec(preset="resilience4j", half_open=half_open, minimum_calls=2).half_open.results == 2
    assert spec(preset="resilience4j", half_open={**half_open, "results": 1}).half_open.results == 1


def test_the_window_may_be_of_another_type_than_the_presets() -> None:
    window = spec(preset="resilience4j", window={"type": "time", "size": "20s"}).window
    assert window is not None
    assert (window.type, window.size, window.bucket, window.anchor) == ("time", 20.0, 1.0, "clock")
    polly = spec(preset="polly", window={"type": "count", "size": 50}).window
    assert polly is not None
    assert (polly.type, polly.size, polly.bucket) == ("count", 50, None)


def test_gobreakers_number_of_probes_is_also_that_of_successes() -> None:
    assert spec(preset="gobreaker", half_open={"permits": 3}).half_open.closes_after == 3


def test_gobreaker_may_trip_by_a_rate() -> None:
    made = spec(
        preset="gobreaker",
        kind="window",
        window={"type": "tumbling", "size": "30s"},
        minimum_calls=3,
        failure_rate="60%",
    )
    assert (made.evaluated, made.in_flight, made.max_failures, made.open_for) == ("failure", True, None, 60.0)


@pytest.mark.parametrize(("size", "bucket"), [("10s", 1_000_000_000), ("200ms", 20_000_000), ("199ms", 199_000_000)])
def test_a_time_window_has_ten_buckets_unless_it_is_short(size: str, bucket: int) -> None:
    window = spec(preset="polly", window={"size": size}).window
    assert window is not None
    assert window.nanoseconds[1] == bucket


WINDOW = {"kind": "window", "window": {"size": 10}, "minimum_calls": 5, "failure_rate": 0.5}
TIMED = {"type": "time", "size": "10s"}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"kind": "window", "minimum_calls": 5, "failure_rate": 0.5}, "'window' is missing"),
        ({"kind": "window", "window": {"size": 10}, "failure_rate": 0.5}, "'minimum_calls' is missing"),
        ({"kind": "window", "window": {"size": 10}, "minimum_calls": 5}, "needs failure_rate or slow_call"),
        ({"failure_rate": 0.5}, "failure_rate belongs to kind window"),
        ({"window": {"size": 10}}, "can only be tumbling"),
        ({"half_open": {"verdict": "rate"}}, "verdict rate belongs to kind window"),
        ({**WINDOW, "max_failures": 5}, "max_failures belongs to kind consecutive"),
        ({**WINDOW, "failure_rate": 0}, "greater than 0"),
        ({**WINDOW, "window": {"size": "10s"}}, "a number of calls"),
        ({**WINDOW, "window": {"type": "time", "size": 10}}, "10 has no unit"),
        ({**WINDOW, "window": {"type": "time", "size": 1.5}}, "1.5 has no unit"),
        ({**WINDOW, "window": {"type": "time"}}, "'size' is missing"),
        ({**WINDOW, "window": {"size": 10, "bucket": "1s"}}, "bucket belongs to a time window"),
        ({**WINDOW, "window": {**TIMED, "bucket": "11s"}}, "must not be longer"),
        ({**WINDOW, "window": {**TIMED, "bucket": "3s", "anchor": "clock"}}, "a whole number of buckets"),
        ({**WINDOW, "window": TIMED, "evaluated": "tick"}, "anchor: clock or state"),
        ({"half_open": {"counted": "in_total", "permits": None}}, "needs permits"),
        ({"half_open": {"counted": "in_total", "permits": 2, "closes_after": 3}}, "may need 3 results"),
        ({"preset": "resilience4j", "half_open": {"results": 11}}, "may need 11 results"),
    ],
)
def test_mistakes(written: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as error:
        spec(**written)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    "written",
    [
        {"half_open": {"verdict": "rate"}},
        {"window": {"size": "20s"}},
        {"window": {"type": "time"}},
        {"failure_rate": 0.2},
        {"kind": "window"},
        {"slow_call": {"rate": 0.1}},
    ],
)
def test_an_entry_that_others_complete_may_say_a_part(written: dict[str, Any]) -> None:
    BreakerSpec.model_validate(written, context=dict(PARTIAL))


def test_it_can_be_asked_what_a_preset_says() -> None:
    made = spec(preset="document_v2", max_failures=4)
    assert preset_of(made, ("half_open", "opens_after")) == "document_v2"
    assert preset_of(made, ("open_for",)) is None
    assert preset_of(spec(), ("half_open", "permits")) is None
    assert preset_of(spec(preset="polly"), ("window", "anchor")) == "polly"
    assert preset_of(spec(preset="polly", window={"type": "count", "size": 9}), ("window", "anchor")) is None


def test_what_is_no_mapping_or_names_no_preset_is_left_for_the_spec_to_refuse() -> None:
    assert filled([1], BreakerSpec.presets) == [1]
    assert filled({"preset": ["polly"], "open_for": 1}, BreakerSpec.presets) == {"preset": ["polly"], "open_for": 1}


def test_a_mapping_that_becomes_another_kind_is_replaced_whole() -> None:
    table = {"a": {"wait": {"kind": "fixed", "base": 1, "deep": {"x": 1}}, "kind": "one"}}
    written = filled({"preset": "a", "kind": "two", "wait": {"deep": {"y": 2}}}, table)
    assert written == {"preset": "a", "kind": "two", "wait": {"kind": "fixed", "base": 1, "deep": {"x": 1, "y": 2}}}
    assert filled({"preset": "a", "wait": {"kind": "linear"}}, table)["wait"] == {"kind": "linear"}
    assert filled({"wait": {}}, table, "a")["wait"]["base"] == 1


def test_growth_never_shortens_the_open_time() -> None:
    with pytest.raises(ValidationError, match="max must not be below open_for"):
        spec(open_for="30s", growth={"max": "10s"})
    with pytest.raises(ValidationError, match="max must not be below open_for"):
        spec(preset="resilience4j", growth={"max": "59s"})
    assert spec(open_for="30s", growth={"max": "30s"}).growth is not None
    BreakerSpec.model_validate({"growth": {"max": "10s"}}, context=dict(PARTIAL))


@pytest.mark.parametrize(
    "keys",
    [
        {"failures": ["timeout", "server_error"], "ignored": ["timeout"]},
        {"ignored": ["timeout"]},
        {"preset": "polly", "ignored": ["timeout", "client_error"]},
    ],
)
def test_an_outcome_cannot_be_a_failure_and_ignored(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="timeout: in failures and in ignored"):
        spec(**keys)


def test_what_the_file_counts_as_a_failure_is_not_ignored_by_default() -> None:
    assert spec(failures=["timeout", "rejected"]).ignored == ("cancelled",)
    assert spec(preset="hystrix", failures=["client_error"]).ignored == ("cancelled",)
    assert spec(preset="document_v1").ignored == ("cancelled",)
