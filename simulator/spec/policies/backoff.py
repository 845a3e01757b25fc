"""Backoff: the wait before each retry, and what chance does to it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from simulator.spec.base import Positive, Spec, is_partial
from simulator.spec.policies.words import named, wrong
from simulator.spec.units import Duration, PositiveDuration, Share

JitterKind = Literal["none", "full", "equal", "additive", "proportional"]


class JitterSpec(Spec):
    """What chance does to a delay v.

    ``full`` is U(``backoff.min``, v); ``equal`` v/2 + U(0, v/2); ``additive`` v + U(0, ``max``) in seconds;
    ``proportional`` v · U(1 - ``share``, 1 + ``share``).
    """

    kind: JitterKind = "none"
    max: Duration | None = None
    share: Share | None = None

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        for key, kind in (("max", "additive"), ("share", "proportional")):
            given = getattr(self, key) is not None
            if given and self.kind != kind and not is_partial(info):
                raise wrong(f"{key} belongs to the jitter of kind {kind}, not {self.kind}")
            if not given and self.kind == kind:
                self.require(info, key)
        return self


class BackoffSpec(Spec):
    """The wait before retry n (n from 1), from ``base`` b in seconds and ``multiplier`` m.

    ``fixed`` is b; ``linear`` n·b; ``exponential`` b·m^(n-1); ``decorrelated`` U(b, 3·previous), first previous b (AWS,
    2015); ``polly_v2`` (f(t) - f(previous t))·b/1.4 with f(t) = 2^t·tanh √(4t), t = n-1+U and 0 before (Polly's
    DecorrelatedJitterBackoffV2). The last two have a chance of their own and take no jitter.
    ``max`` caps it, before or after the jitter (seconds; none: no cap). ``min``: no wait is shorter (0; tenacity).
    ``rounded_down_to``: each step of the growth, and the wait itself, is cut to a whole multiple of it (none: exact;
    1 ms in resilience4j, which counts in whole milliseconds).
    """

    kind: Literal["fixed", "linear", "exponential", "decorrelated", "polly_v2"] = "fixed"
    base: Duration = 0.0
    multiplier: Annotated[Positive, Field(ge=1)] = 2.0
    min: Duration = 0.0
    max: PositiveDuration | None = None
    cap: Literal["after_jitter", "before_jitter"] = "after_jitter"
    jitter: Annotated[JitterSpec, named("kind", JitterKind | JitterSpec)] = JitterSpec()
    rounded_down_to: PositiveDuration | None = None

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "kind", "base")
        if self.max is not None and self.max < self.base:
            raise wrong("max must not be below base")
        if self.max is not None and self.max < self.min:
            raise wrong("max must not be below min")
        if self.kind in ("decorrelated", "polly_v2") and self.jitter.kind != "none" and not is_partial(info):
            raise wrong(f"a backoff of kind {self.kind} is random by itself and takes no jitter")
        return self

    @property
    def random(self) -> bool:
        """Whether chance has a part in the wait."""
        return self.kind in ("decorrelated", "polly_v2") or self.jitter.kind != "none"
