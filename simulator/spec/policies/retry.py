"""Retry: how often a failed call is repeated, what wait comes before each repetition, and what ends it."""

from __future__ import annotations

import sys
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from simulator.spec.base import Count, Natural, Spec, is_partial
from simulator.spec.policies.backoff import BackoffSpec
from simulator.spec.policies.budget import AnyBudget, AwsBudgetSpec, BudgetSpec, NoBudgetSpec
from simulator.spec.policies.retry_presets import RETRY_PRESETS, RetryPreset
from simulator.spec.policies.words import TRANSIENT, FailureName, wrong
from simulator.spec.presets import PresetTable, filled
from simulator.spec.units import Duration, PositiveDuration

Reason = Literal["breaker_open", "bulkhead_full", "queue_full", "rate_limited", "throttled", "pool_exhausted", "shed"]
"""What can have refused a call."""

Repeated = Literal[FailureName, Reason]
"""What a retry can be told to repeat: an outcome, or a rejection for one reason (``rejected``: for whatever reason)."""

NO_END = sys.maxsize
"""How many retries ``max_retries: unlimited`` stands for."""

MOST_OF_GRPC = 5
"""Attempts that gRPC makes at most, whatever its configuration says (gRFC A6)."""


class ThrottlingSpec(Spec):
    """Replies that say: slow down.

    ``on``: which (default: refused by the callee, ``queue_full`` and ``shed``). ``base``: the backoff's base after one
    of them (seconds; default: the usual base); without a backoff, the whole wait. A budget may ask another price for
    them.
    """

    on: Annotated[tuple[Repeated, ...], Field(min_length=1)] = ("queue_full", "shed")
    base: Duration | None = None


class GiveUpSpec(Spec):
    """When a call is not repeated any more, in seconds since its first attempt began.

    ``after``: no retry once so much time has passed at a failure; the wait may still lead beyond it (tenacity's
    ``stop_after_delay``). ``before``: no retry that would begin then or later (``stop_before_delay``).
    """

    after: PositiveDuration | None = None
    before: PositiveDuration | None = None

    @model_validator(mode="after")
    def _something(self, info: ValidationInfo) -> Self:
        if self.after is None and self.before is None and not is_partial(info):
            raise wrong("write after, before or both")
        return self


class RetrySpec(Spec):
    """Repeats a failed call: ``max_retries`` after the first attempt, or ``attempts`` in all, never both.

    ``backoff``: the wait before each retry (none: at once). ``retry_on``: outcomes that are repeated, and reasons of
    rejections, among them ``breaker_open``. ``pushback``: whether a callee that says when to come back, or not to come
    back (an operation's ``pushback``, gRPC's ``grpc-retry-pushback-ms``), is ``obeyed`` (exactly, without jitter, and
    the backoff begins anew) or ``ignored``. ``throttling``, ``give_up``, ``budget``: see there. ``preset``: a library's
    defaults (see `retry_presets`); the file's own keys win.
    """

    presets: ClassVar[PresetTable] = RETRY_PRESETS

    preset: RetryPreset | None = None
    max_retries: Natural | Literal["unlimited"] | None = None
    attempts: Count | None = None
    backoff: BackoffSpec | None = None
    retry_on: tuple[Repeated, ...] = TRANSIENT
    throttling: ThrottlingSpec | None = None
    pushback: Literal["obeyed", "ignored"] = "obeyed"
    give_up: GiveUpSpec | None = None
    budget: BudgetSpec | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        return filled(data, RETRY_PRESETS)

    @model_validator(mode="after")
    def _one_number(self, info: ValidationInfo) -> Self:
        if self.max_retries is not None and self.attempts is not None:
            raise wrong("write max_retries or attempts, not both")
        if self.max_retries is None and self.attempts is None:
            self.require(info, "max_retries")
        if self.preset == "grpc" and self.retries >= MOST_OF_GRPC:
            raise wrong(f"gRPC makes at most {MOST_OF_GRPC} attempts, the first included")
        if isinstance(self.budget, AwsBudgetSpec) and self.budget.adaptive and self.throttling is None:
            self.require(info, "throttling")
        if self.max_retries == "unlimited" and not is_partial(info) and (self.backoff is None or not self.backoff.base):
            raise wrong("unlimited retries need a backoff with a base above 0: else a call never gets on")
        return self

    @property
    def retries(self) -> int:
        """Attempts after the first."""
        if self.attempts is not None:
            return self.attempts - 1
        if self.max_retries == "unlimited":
            return NO_END
        return self.max_retries or 0

    @property
    def purse(self) -> AnyBudget | None:
        """The budget, if there is one."""
        return None if isinstance(self.budget, NoBudgetSpec) else self.budget
