"""Recorded behaviour of circuit breakers, as specs and events: the translation of the vectors' own words.

An outcome ``ignored`` is an exception that the library was told to leave out. Here it is the outcome ``cancelled``,
which no preset counts as a failure: where the preset lists it under `ignored` it gives its permit back and no more, and
where it does not it counts as a success, as the library does with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.outcomes import Outcome
from simulator.policies.breaker import Breaker, Permit
from simulator.spec.policies import BreakerSpec

PREFIX = "circuit_breaker/"
OUTCOMES = {"success": Outcome.OK, "failure": Outcome.SERVER_ERROR, "ignored": Outcome.CANCELLED}

Params = Mapping[str, Any]
Event = Sequence[Any]


def spec_of(policy: str, params: Params) -> BreakerSpec:
    """The breaker that a vector was recorded with: the library's preset, and the vector's numbers.

    Raises:
        KeyError: a library, or a parameter that is needed, is not known.
    """
    library = policy.removeprefix(PREFIX)
    return BreakerSpec.model_validate(_KEYS[library](library, params))


def _resilience4j(_: str, params: Params) -> dict[str, Any]:
    counts = params["window_type"] == "count"
    size = {"type": "count", "size": params["window_size"]}
    longest = params["half_open_max_wait_s"]
    return {
        "preset": "resilience4j",
        "window": size if counts else {"type": "time", "size": float(params["window_size"])},
        "minimum_calls": params["min_calls"],
        "failure_rate": params["failure_rate_threshold"],
        "slow_call": {"longer_than": params["slow_call_duration_s"], "rate": params["slow_call_rate_threshold"]},
        "open_for": params["open_duration_s"],
        "open_ends": "timer" if params["auto_half_open"] else "after",
        "half_open": {"permits": params["half_open_max_calls"], "max_wait": longest or None},
    }


def _polly(_: str, params: Params) -> dict[str, Any]:
    return {
        "preset": "polly",
        "window": {"size": params["window_s"]},
        "minimum_calls": params["min_calls"],
        "failure_rate": params["failure_rate_threshold"],
        "open_for": params["open_duration_s"],
        "half_open": {"permits": params["half_open_max_calls"]},
    }


def _hystrix(_: str, params: Params) -> dict[str, Any]:
    keys = _polly("", params)
    window = {"size": params["window_s"], "bucket": params["tick_s"]}
    return {**keys, "preset": "hystrix", "window": window}


def _gobreaker(_: str, params: Params) -> dict[str, Any]:
    interval, bucket = params["interval_s"], params["bucket_s"]
    keys: dict[str, Any] = {
        "preset": "gobreaker",
        "open_for": params["open_duration_s"],
        "half_open": {"permits": params["half_open_max_calls"]},
    }
    if bucket:
        keys["window"] = {"type": "time", "size": interval, "bucket": bucket, "anchor": "state"}
    elif interval:
        keys["window"] = {"type": "tumbling", "size": interval}
    if params["trip_rule"] == "consecutive":
        return {**keys, "max_failures": params["consecutive_failures"]}
    rates = {"minimum_calls": params["min_calls"], "failure_rate": params["failure_rate_threshold"]}
    return {**keys, "kind": "window", **rates}


def _python(library: str, params: Params) -> dict[str, Any]:
    return {
        "preset": library,
        "max_failures": params["consecutive_failures"],
        "open_for": params["open_duration_s"],
        "half_open": {"closes_after": params["half_open_successes_to_close"]},
    }


_KEYS = {
    "r4j": _resilience4j,
    "polly": _polly,
    "hystrix": _hystrix,
    "gobreaker": _gobreaker,
    "pybreaker": _python,
    "aiobreaker": _python,
    "purgatory": _python,
    "circuitbreaker": _python,
}


def play(
    breaker: Breaker, events: Sequence[Event], permits: dict[str, Permit] | None = None
) -> list[tuple[str | None, str]]:
    """What came of each event: whether a call was let through (None where nobody asked), and the state after it.

    `permits` are those of calls under way, by the calls' names, where the events are played in several parts.
    """
    permits = {} if permits is None else permits
    seen = []
    for now, what, *words in events:
        verdict = None
        if what in ("call", "start"):
            permit = breaker.admit(now)
            verdict = "rejected" if permit is None else "allowed"
            if permit is not None and what == "call":
                _record(breaker, permit, words[0], now)
            elif permit is not None:
                permits[words[0]] = permit
        elif what == "end":
            _record(breaker, permits.pop(words[0]), words[1], now)
        elif what == "peek":
            breaker.tick(now)
        else:
            raise ValueError(f"unknown event: {what}")
        seen.append((verdict, breaker.state.name.lower()))
    return seen


def _record(breaker: Breaker, permit: Permit, outcome: Any, now: float) -> None:
    name, seconds = (outcome, 0.0) if isinstance(outcome, str) else outcome
    breaker.record(permit, OUTCOMES[name], now, seconds)
