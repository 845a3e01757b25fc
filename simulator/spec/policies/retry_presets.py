"""What libraries do about retries unless they are told otherwise. Sources are named in docs/policies/retry.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from simulator.spec.policies.words import EVERY_ERROR
from simulator.spec.presets import Keys, Preset, PresetTable
from simulator.spec.units import format_duration, parse_duration

RetryPreset = Literal[
    "document_v1",
    "document_v2",
    "resilience4j",
    "polly",
    "polly_standard",
    "grpc",
    "aws",
    "aws_legacy",
    "envoy",
    "istio",
    "tenacity",
    "finagle",
]

_OVERLOADED = ("queue_full", "shed")
"""Refusals that a callee answers: HTTP 503 and 429."""
_WHOLE_MILLISECONDS = {"rounded_down_to": "1ms"}
_ENVOY_BASE = 0.025
_HTTP = ("server_error", "timeout", "unreachable", *_OVERLOADED)


def _counted(keys: Keys) -> Preset:
    """A preset that counts as the file does: attempts in all, or retries after the first."""

    def preset(own: Keys) -> Keys:
        return _without_other_count(keys, own)

    return preset


def _without_other_count(keys: Keys, own: Keys) -> Keys:
    gone = {other for name, other in (("attempts", "max_retries"), ("max_retries", "attempts")) if _says(own, name)}
    return {key: value for key, value in keys.items() if key not in gone}


def _says(own: Keys, key: str) -> bool:
    return own.get(key) is not None


def _backoff(own: Keys) -> Keys:
    """The keys that the file wrote about its backoff."""
    written = own.get("backoff")
    return written if isinstance(written, Mapping) else {}


def _growing_with(keys: Keys, kinds: tuple[str, ...], base: Keys) -> Preset:
    """A preset whose base (and what else `base` says) holds for every kind of backoff that the library offers."""

    def preset(own: Keys) -> Keys:
        kind = _backoff(own).get("kind", kinds[0])
        chosen = {"kind": kind if kind in kinds else kinds[0], **base}
        return _without_other_count({**keys, "backoff": chosen}, own)

    return preset


def _envoy(keys: Keys) -> Preset:
    """Envoy's backoff: the longest interval is ten times the base, whatever the base is."""

    def preset(own: Keys) -> Keys:
        base = _seconds(_backoff(own).get("base", _ENVOY_BASE))
        backoff = {
            "kind": "exponential",
            "base": format_duration(_ENVOY_BASE),
            "multiplier": 2,
            "max": format_duration(10 * base),
            "cap": "before_jitter",
            "jitter": {"kind": "full"},
        }
        return _without_other_count({**keys, "backoff": backoff}, own)

    return preset


def _seconds(written: Any) -> float:
    """A duration of the file; what is none is reported by the spec, so any number will do."""
    if isinstance(written, float) and written > 0:
        return written
    try:
        return parse_duration(written) or _ENVOY_BASE
    except (ValueError, AttributeError, TypeError):
        return _ENVOY_BASE


RETRY_PRESETS: PresetTable = {
    "document_v1": _counted(
        {
            "max_retries": 3,
            "backoff": {"kind": "linear", "base": "1s"},
            "retry_on": EVERY_ERROR,
            "pushback": "ignored",
        }
    ),
    "document_v2": _counted(
        {
            "max_retries": 3,
            "backoff": {"kind": "exponential", "base": "1s", "jitter": {"kind": "additive", "max": "100ms"}},
            "pushback": "ignored",
        }
    ),
    "resilience4j": _growing_with(
        {"attempts": 3, "retry_on": EVERY_ERROR, "pushback": "ignored"},
        ("fixed", "exponential"),
        {"base": "500ms", "multiplier": 1.5, **_WHOLE_MILLISECONDS},
    ),
    "polly": _growing_with(
        {
            "max_retries": 3,
            "retry_on": ("server_error", "timeout", "unreachable", "rejected"),
            "pushback": "ignored",
        },
        ("fixed", "linear", "exponential", "polly_v2"),
        {"base": "2s"},
    ),
    "polly_standard": _growing_with(
        {"max_retries": 3, "retry_on": _HTTP}, ("polly_v2", "fixed", "linear", "exponential"), {"base": "2s"}
    ),
    "grpc": _counted(
        {
            "attempts": 4,
            "backoff": {
                "kind": "exponential",
                "base": "100ms",
                "multiplier": 2,
                "max": "1s",
                "cap": "before_jitter",
                "jitter": {"kind": "proportional", "share": 0.2},
            },
            "retry_on": ("server_error", "unreachable", *_OVERLOADED),
        }
    ),
    "aws": _counted(
        {
            "attempts": 3,
            "backoff": {
                "kind": "exponential",
                "base": "50ms",
                "multiplier": 2,
                "max": "20s",
                "cap": "before_jitter",
                "jitter": {"kind": "full"},
            },
            "retry_on": _HTTP,
            "throttling": {"on": _OVERLOADED, "base": "1s"},
            "pushback": "ignored",
            "budget": {"kind": "aws"},
        }
    ),
    "aws_legacy": _counted(
        {
            "attempts": 3,
            "backoff": {
                "kind": "exponential",
                "base": "1s",
                "multiplier": 2,
                "max": "20s",
                "cap": "after_jitter",
                "jitter": {"kind": "full"},
            },
            "retry_on": _HTTP,
            "pushback": "ignored",
            "budget": {"kind": "aws", "cost": 5, "timeout_cost": 10, "throttling_cost": 5},
        }
    ),
    "envoy": _envoy(
        {
            "max_retries": 1,
            "retry_on": _HTTP,
            "pushback": "ignored",
            "budget": {"kind": "envoy"},
        }
    ),
    "istio": _envoy(
        {
            "max_retries": 2,
            "retry_on": ("server_error", "unreachable", *_OVERLOADED),
            "pushback": "ignored",
        }
    ),
    "tenacity": _counted(
        {
            "max_retries": "unlimited",
            "backoff": {"kind": "exponential", "base": "1s", "multiplier": 2},
            "retry_on": EVERY_ERROR,
            "pushback": "ignored",
        }
    ),
    "finagle": _counted(
        {
            "max_retries": 20,
            "retry_on": ("unreachable", *_OVERLOADED),
            "pushback": "ignored",
            "budget": {"kind": "finagle"},
        }
    ),
}
"""Texts with units, since a preset is read like the file that names it."""
