"""Retry budgets: how many retries all calls together may make, so that retries cannot multiply an overload.

Each kind is one library's own accounting; the state machines are in `simulator.policies.budget`. ``scope`` says who
shares a budget: ``caller`` one per calling replica and called service, ``edge`` one for all callers, ``callee`` one per
called replica.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from simulator.spec.base import Count, Flag, Natural, Positive, Spec, is_partial
from simulator.spec.policies.words import Scope, wrong
from simulator.spec.units import PositiveDuration, Rate, Share


class NoBudgetSpec(Spec):
    """Takes the budget of a preset away: ``budget: {kind: none}``."""

    kind: Literal["none"] = "none"


class GrpcBudgetSpec(Spec):
    """gRPC's retry throttling (gRFC A6, ``retryThrottling``).

    ``max_tokens`` there are at first; each failure that is worth a retry costs one, each success gives back
    ``token_ratio``; a retry is made only while more than half of them are left. Both count in thousandths. The defaults
    are those of A6's example: gRPC itself throttles only where it is told to.
    """

    kind: Literal["grpc"] = "grpc"
    max_tokens: Annotated[Positive, Field(ge=0.001, le=1000)] = 10.0
    token_ratio: Annotated[Positive, Field(ge=0.001, le=1000)] = 0.1
    scope: Scope = "caller"


class AwsBudgetSpec(Spec):
    """The retry quota of the AWS SDKs' standard mode (botocore ``retries/quota.py``).

    ``capacity`` units; a retry costs ``cost``, after a timeout ``timeout_cost`` (none: as any), after a throttling
    reply (see ``retry.throttling``) ``throttling_cost``. A success gives the cost of the last retry back, one that
    needed no retry ``success_refund``. Defaults: botocore 1.44; 1.34 has 5, 10 and 5. ``adaptive``: the adaptive mode,
    where every attempt also waits for its turn at a rate of the client's own, once a reply has been a throttling one.
    """

    kind: Literal["aws"] = "aws"
    capacity: Count = 500
    cost: Count = 14
    timeout_cost: Count | None = None
    throttling_cost: Count = 5
    success_refund: Natural = 1
    adaptive: Flag = False
    scope: Scope = "caller"


class EnvoyBudgetSpec(Spec):
    """Envoy's cap on retries under way: a retry holds its slot from the decision on, through the backoff, to its end.

    Either ``max_retries`` (3; ``circuit_breakers.max_retries``), or ``share`` of the attempts under way at each
    decision, rounded down, and never less than ``minimum`` (3) (``retry_budget``: 20 % and 3).
    """

    kind: Literal["envoy"] = "envoy"
    max_retries: Natural | None = None
    share: Share | None = None
    minimum: Natural | None = None
    scope: Scope = "caller"

    @model_validator(mode="after")
    def _one_limit(self, info: ValidationInfo) -> Self:
        if self.max_retries is not None and (self.share is not None or self.minimum is not None):
            raise wrong("write max_retries, or share and minimum, not both")
        if self.minimum is not None and self.share is None:
            self.require(info, "share")
        return self


class FinagleBudgetSpec(Spec):
    """Finagle's RetryBudget: a leaky token bucket.

    Each call deposits 1000, each retry withdraws 1000/``share``; both are forgotten after ``ttl`` (seconds, kept in ten
    slices). ``reserve`` retries per second may be made whatever was deposited.
    """

    kind: Literal["finagle"] = "finagle"
    ttl: PositiveDuration = 10.0
    share: Share = 0.2
    reserve: Rate = 10.0
    scope: Scope = "caller"


AnyBudget = GrpcBudgetSpec | AwsBudgetSpec | EnvoyBudgetSpec | FinagleBudgetSpec
"""Any retry budget, for annotations."""

_Written = NoBudgetSpec | AnyBudget


def _unfinished(value: Any, info: ValidationInfo) -> Any:
    """An entry that other entries complete need not say of what kind its budget is; the whole is checked later."""
    return NoBudgetSpec() if is_partial(info) and isinstance(value, Mapping) and "kind" not in value else value


BudgetSpec = Annotated[
    Annotated[_Written, Field(discriminator="kind")], BeforeValidator(_unfinished, json_schema_input_type=_Written)
]
"""A budget, told apart by its ``kind``."""
