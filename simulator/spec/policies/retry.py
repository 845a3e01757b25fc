"""Retry: how often a failed call is repeated, and what wait comes before each repetition."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from simulator.spec.base import Count, Natural, Positive, Spec, is_partial, not_yet
from simulator.spec.policies.words import TRANSIENT, FailureName, named, wrong
from simulator.spec.units import Duration, PositiveDuration, Share

JitterKind = Literal["none", "full", "equal", "additive", "proportional"]


class JitterSpec(Spec):
    """What chance does to a delay v.

    ``full`` is U(0, v); ``equal`` v/2 + U(0, v/2); ``additive`` v + U(0, ``max``) in seconds;
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
    """The wait before retry n (n from 1), from ``base`` b and ``multiplier`` m.

    ``fixed`` is b; ``linear`` n·b; ``exponential`` b·m^(n-1); ``decorrelated`` U(b, 3·previous), first previous b.
    ``max`` caps it, before or after the jitter.
    """

    kind: Annotated[Literal["fixed", "linear", "exponential", "decorrelated"], not_yet("polly_v2")] = "fixed"
    base: Duration = 0.0
    multiplier: Annotated[Positive, Field(ge=1)] = 2.0
    max: PositiveDuration | None = None
    cap: Literal["after_jitter", "before_jitter"] = "after_jitter"
    jitter: Annotated[JitterSpec, named("kind", JitterKind | JitterSpec)] = JitterSpec()

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "kind", "base")
        if self.max is not None and self.max < self.base:
            raise wrong("max must not be below base")
        return self


class RetrySpec(Spec):
    """Repeats a failed call: ``max_retries`` after the first attempt, or ``attempts`` in all, never both."""

    later: ClassVar[frozenset[str]] = frozenset({"budget", "preset"})

    max_retries: Natural | None = None
    attempts: Count | None = None
    backoff: BackoffSpec | None = None
    retry_on: tuple[FailureName, ...] = TRANSIENT

    @model_validator(mode="after")
    def _one_number(self, info: ValidationInfo) -> Self:
        if self.max_retries is not None and self.attempts is not None:
            raise wrong("write max_retries or attempts, not both")
        if self.max_retries is None and self.attempts is None:
            self.require(info, "max_retries")
        return self

    @property
    def retries(self) -> int:
        """Attempts after the first."""
        if self.attempts is not None:
            return self.attempts - 1
        return self.max_retries or 0
