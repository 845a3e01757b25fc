"""Hedging: a second request for the same thing before the first has failed; the first answer wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from simulator.metrics.names import PERCENTILES
from simulator.spec.base import Count, Spec
from simulator.spec.policies.words import FailureName, Scope, named, wrong
from simulator.spec.presets import Keys, PresetTable, filled
from simulator.spec.units import Duration, Share, ShareText

NOT_ITS_FAULT: tuple[FailureName, ...] = ("server_error", "timeout", "unreachable", "rejected")
"""What does not decide a hedged call. Rejections are among them: a hedge that this caller's own breaker or bulkhead
refuses must not end the attempt that is under way."""

_OF_PERCENTILE = ("initial_delay", "minimum_calls", "window")


class HedgeBudgetSpec(Spec):
    """How many hedges are affordable: each call earns ``share`` of a hedge, and at most ``burst`` hedges are saved up.

    So hedges are never more than that share of the calls. Written ``budget: 5%`` for short. It is what keeps hedges
    from doubling the load of a service that has become slow as a whole.
    """

    share: Share = 0.0
    burst: Count = 10

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "share")
        return self


def _polly(own: Keys) -> Keys:
    return {
        "max": 1,
        "non_fatal": NOT_ITS_FAULT,
        **_unless(own, "percentile", {"delay": "2s"}),
    }


def _grpc(own: Keys) -> Keys:
    return {"non_fatal": (), **_unless(own, "percentile", {"delay": "0s"})}


def _tail_at_scale(own: Keys) -> Keys:
    return {"max": 1, **_unless(own, "delay", {"percentile": "p95"})}


def _unless(own: Keys, key: str, keys: Keys) -> Keys:
    """The preset's way to wait, unless the file has written the other one."""
    return keys if own.get(key) is None else {}


class HedgeSpec(Spec):
    """Sends up to ``max`` more requests while the first one is unanswered, ``delay`` (seconds) after the one before.

    Instead of a ``delay``, a ``percentile`` of the times that calls took (the ``window`` latest that were answered
    ok); until ``minimum_calls`` of them were, it is ``initial_delay``, and without one nothing is hedged by time.
    The first answer wins. An outcome in ``non_fatal`` is no answer: it sends the next hedge at once, and is what the
    call ends with only when nothing is under way any more. Every other outcome ends the call. Hedges that the
    ``budget`` refuses are not sent. ``scope`` is where the times seen and the budget are kept.

    Presets, with their sources: ``polly`` (Polly 8, HedgingStrategyOptions: MaxHedgedAttempts 1, Delay 2 s, every
    exception handled); ``grpc`` (gRPC service config, hedgingPolicy: hedgingDelay 0, no nonFatalStatusCodes; ``max``
    is maxAttempts - 1 and must be written, as there); ``tail_at_scale`` (J. Dean and L. A. Barroso, "The Tail at
    Scale", CACM 56(2), 2013: one more after the 95th percentile).
    """

    presets: ClassVar[PresetTable] = {"polly": _polly, "grpc": _grpc, "tail_at_scale": _tail_at_scale}

    preset: Literal["polly", "grpc", "tail_at_scale"] | None = None
    delay: Duration | None = None
    percentile: Literal["p50", "p90", "p95", "p99", "p999"] | None = None
    initial_delay: Duration | None = None
    minimum_calls: Count = 100
    window: Annotated[Count, Field(le=100_000)] = 1000
    max: Annotated[Count, Field(le=10)] = 1
    non_fatal: tuple[FailureName, ...] = NOT_ITS_FAULT
    budget: Annotated[HedgeBudgetSpec, named("share", ShareText | HedgeBudgetSpec)] | None = None
    scope: Scope = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        return filled(data, cls.presets) if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        if self.delay is not None and self.percentile is not None:
            raise wrong("write delay or percentile, not both ('none' takes one away)")
        if self.minimum_calls > self.window:
            raise wrong("minimum_calls must not be above window: so many are never remembered")
        if self.percentile is None:
            if self.delay is None:
                self.require(info, "delay")
            lost = [key for key in _OF_PERCENTILE if key in self.model_fields_set]
            if lost and self.delay is not None:
                raise wrong(f"{lost[0]} belongs to a percentile, and there is a delay instead")
        if self.preset == "grpc":
            self.require(info, "max")
        return self

    @property
    def quantile(self) -> float | None:
        """The percentile as a fraction."""
        return None if self.percentile is None else PERCENTILES[self.percentile]
