"""Circuit breakers: one set of parameters, and presets that name the library whose behaviour they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from simulator.spec.base import Count, Flag, Spec, not_yet
from simulator.spec.policies.words import EVERY_ERROR, TRANSIENT, FailureName, Scope
from simulator.spec.units import PositiveDuration


class HalfOpenSpec(Spec):
    """How a half-open breaker probes: at most ``permits`` probes at once (None: no limit); ``closes_after`` successes
    close it, ``opens_after`` failures open it again."""

    permits: Count | None = 1
    closes_after: Count = 1
    opens_after: Count = 1


_LATER_BREAKERS = (
    "resilience4j",
    "polly",
    "gobreaker",
    "hystrix",
    "pybreaker",
    "aiobreaker",
    "purgatory",
    "circuitbreaker",
    "envoy",
    "istio",
)
_DOCUMENT: dict[str, Any] = {"failures": EVERY_ERROR, "open_ends": "after"}


def _preset(name: Any, max_failures: Any) -> dict[str, Any]:
    """What a breaker preset says, before the file's own keys."""
    if name == "document_v1":
        return {**_DOCUMENT, "half_open": {"permits": None, "closes_after": 1, "opens_after": 1}}
    if name == "document_v2":
        return {**_DOCUMENT, "half_open": {"permits": None, "closes_after": 1, "opens_after": max_failures}}
    return {"open_ends": "after", "half_open": {"permits": 1, "closes_after": 1, "opens_after": 1}}


class BreakerSpec(Spec):
    """A breaker that counts consecutive failures and opens at the ``max_failures``-th for ``open_for`` seconds.

    Presets: ``strict`` (also what holds without one), ``document_v1`` and ``document_v2`` (the brief's Go code:
    half-open lets every call through; v1 opens at the first failure there, v2 at the ``max_failures``-th).
    ``open_ends``: ``after`` and ``at`` move to half-open with the first call later than (or at) the end, ``timer`` by
    itself. ``scope``: ``caller`` one per calling replica and called service, ``edge`` one shared, ``callee`` one per
    called replica.
    """

    later: ClassVar[frozenset[str]] = frozenset({"window", "minimum_calls", "failure_rate", "slow_call"})

    kind: Annotated[Literal["consecutive"], not_yet("window")] = "consecutive"
    preset: Annotated[Literal["strict", "document_v1", "document_v2"] | None, not_yet(*_LATER_BREAKERS)] = None
    max_failures: Count = 5
    open_for: PositiveDuration = 30.0
    open_ends: Literal["after", "at", "timer"] = "after"
    half_open: HalfOpenSpec = HalfOpenSpec()
    late_results: Literal["ignored", "current_state", "admitted_state"] = "ignored"
    failures: Annotated[tuple[FailureName, ...], Field(min_length=1)] = TRANSIENT
    serialised: Flag = False
    scope: Scope = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        base = _preset(data.get("preset"), data.get("max_failures", 5))
        half_open = data.get("half_open", {})
        if isinstance(half_open, Mapping):
            half_open = {**base["half_open"], **half_open}
        return {**base, **data, "half_open": half_open}
