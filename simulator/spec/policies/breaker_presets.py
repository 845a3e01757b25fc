"""The breakers of the brief and of the libraries, as sets of keys with each library's defaults.

Sources: resilience4j 2.3 (`CircuitBreakerConfig`), Polly 8 (`CircuitBreakerStrategyOptions`), sony/gobreaker 2
(`Settings`), Hystrix 1.5 (`HystrixCommandProperties`), pybreaker 1.4, aiobreaker 1.2, purgatory 3.0, circuitbreaker
2.1; the brief's two Go programs (`CircuitBreaker` and `RobustHTTPClient`).

What counts as a failure is translated: a library that counts every exception counts every outcome that is not ok, as
the brief's code does. An outcome in neither `failures` nor `ignored` is a success.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.spec.policies.words import EVERY_ERROR
from simulator.spec.presets import Keys, PresetTable

_NOT_THE_CALLERS_FAULT = ("server_error", "timeout", "unreachable", "rejected")
_IGNORES_LATE_FAILURES = {"failure": "ignored", "success": "ignored"}


def _document_v1(_: Keys) -> Keys:
    half_open = {"permits": None, "closes_after": 1, "opens_after": 1}
    return {"failures": EVERY_ERROR, "open_ends": "after", "half_open": half_open}


def _document_v2(own: Keys) -> Keys:
    half_open = {"permits": None, "closes_after": 1, "opens_after": own.get("max_failures") or 5}
    return {"failures": EVERY_ERROR, "open_ends": "after", "half_open": half_open}


def _resilience4j(own: Keys) -> Keys:
    counted = {"type": "count", "size": 100}
    timed = {"type": "time", "size": "100s", "bucket": "1s", "anchor": "clock"}
    return {
        "kind": "window",
        "window": timed if _inside(own, "window", "type") == "time" else counted,
        "minimum_calls": 100,
        "failure_rate": 0.5,
        "slow_call": {"longer_than": "60s", "rate": 1.0},
        "evaluated": "result",
        "open_for": "60s",
        "open_ends": "after",
        "half_open": {"permits": 10, "counted": "in_total", "verdict": "rate"},
        "late_results": "current_state",
        "while_open": _IGNORES_LATE_FAILURES,
        "failures": EVERY_ERROR,
        "ignored": ("cancelled",),
    }


def _polly(_: Keys) -> Keys:
    return {
        "kind": "window",
        "window": {"type": "time", "size": "30s", "anchor": "first_result"},
        "minimum_calls": 100,
        "failure_rate": 0.1,
        "evaluated": "failure",
        "open_for": "5s",
        "open_ends": "at",
        "half_open": {"permits": 1, "closes_after": 1, "opens_after": 1},
        "late_results": "current_state",
        "while_open": _IGNORES_LATE_FAILURES,
        "failures": _NOT_THE_CALLERS_FAULT,
        "ignored": (),
    }


def _gobreaker(own: Keys) -> Keys:
    """One number, `MaxRequests`, is both how many probes there are and how many successes close."""
    permits = _inside(own, "half_open", "permits") or 1
    keys = {
        "open_for": "60s",
        "open_ends": "after",
        "half_open": {"permits": permits, "counted": "in_total", "closes_after": permits, "opens_after": 1},
        "late_results": "ignored",
        "failures": EVERY_ERROR,
        "ignored": ("cancelled",),
    }
    if own.get("kind") == "window":
        return {**keys, "evaluated": "failure", "in_flight": True}
    return {**keys, "kind": "consecutive", "max_failures": 6}


def _hystrix(_: Keys) -> Keys:
    return {
        "kind": "window",
        "window": {"type": "time", "size": "10s", "bucket": "500ms", "anchor": "state"},
        "minimum_calls": 20,
        "failure_rate": 0.5,
        "evaluated": "tick",
        "open_for": "5s",
        "open_ends": "after",
        "half_open": {"permits": 1, "closes_after": 1, "opens_after": 1},
        "late_results": "current_state",
        "while_open": _IGNORES_LATE_FAILURES,
        "failures": _NOT_THE_CALLERS_FAULT,
        "ignored": ("client_error", "cancelled"),
    }


def _python(open_for: str, open_ends: str, late_results: str, **more: Any) -> Keys:
    """The libraries of Python: every exception is a failure, an excluded one a success; any number of probes."""
    return {
        "max_failures": 5,
        "open_for": open_for,
        "open_ends": open_ends,
        "half_open": {"permits": None, "closes_after": 1, "opens_after": 1},
        "late_results": late_results,
        "failures": EVERY_ERROR,
        "ignored": (),
        **more,
    }


def _inside(own: Keys, key: str, inner: str) -> Any:
    value = own.get(key)
    return value.get(inner) if isinstance(value, Mapping) else getattr(value, inner, None)


PRESETS: PresetTable = {
    "strict": {"open_ends": "after", "half_open": {"permits": 1, "closes_after": 1, "opens_after": 1}},
    "document_v1": _document_v1,
    "document_v2": _document_v2,
    "resilience4j": _resilience4j,
    "polly": _polly,
    "gobreaker": _gobreaker,
    "hystrix": _hystrix,
    "pybreaker": _python("60s", "at", "current_state", serialised=True),
    "aiobreaker": _python("60s", "at", "admitted_state"),
    "purgatory": _python("30s", "after", "current_state", while_open=_IGNORES_LATE_FAILURES),
    "circuitbreaker": _python("30s", "at", "current_state", while_open={"failure": "restarts", "success": "closes"}),
}
