"""What may be written for an edge, in which order policies wrap, and what an edge comes to.

A new policy is one line in `Policies`, at its place in the usual order: everything else follows from it."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, Self

from pydantic import BeforeValidator, ConfigDict, model_validator

from simulator.spec.base import Spec, hint
from simulator.spec.policies.adaptive_limit import AdaptiveLimitSpec
from simulator.spec.policies.breaker import BreakerSpec
from simulator.spec.policies.bulkhead import BulkheadSpec
from simulator.spec.policies.cache import CacheSpec
from simulator.spec.policies.deadline import Deadline, TimeoutSpec
from simulator.spec.policies.fallback import FallbackSpec
from simulator.spec.policies.hedge import HedgeSpec
from simulator.spec.policies.outlier import OutlierSpec
from simulator.spec.policies.rate_limit import RateLimitSpec
from simulator.spec.policies.retry import RetrySpec
from simulator.spec.policies.stacks import NAMED_STACKS, StackName
from simulator.spec.policies.throttle import ThrottleSpec
from simulator.spec.policies.words import Cancel, Own, wrong


class Policies(Spec):
    """Every policy of the language, outermost first: the order of these fields is the usual order round a call."""

    fallback: Own[FallbackSpec] = None
    cache: Own[CacheSpec] = None
    deadline: Own[Deadline] = None
    retry: Own[RetrySpec] = None
    hedge: Own[HedgeSpec] = None
    throttle: Own[ThrottleSpec] = None
    breaker: Own[BreakerSpec] = None
    rate_limit: Own[RateLimitSpec] = None
    adaptive_limit: Own[AdaptiveLimitSpec] = None
    bulkhead: Own[BulkheadSpec] = None
    outlier: Own[OutlierSpec] = None
    timeout: Own[TimeoutSpec] = None


ORDER: tuple[str, ...] = tuple(Policies.model_fields)
"""The usual order of the policies on an edge, outermost first."""


class StackEntrySpec(Policies):
    """One policy of a stack written as a list: exactly one key. ``none`` is an empty place for that policy."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise wrong(f"each entry of a stack names one policy: {', '.join(ORDER[:-1])} or {ORDER[-1]}")
        return self


class OwnPolicies(Policies):
    """The policies that an entry of `policies` or `calls`, or an undo, may write for itself; what giving up costs the
    callee (``cancel``); and the broker over whose queues the calls go (``via``; otherwise they are direct).

    The text ``none`` takes an inherited policy away: the key is then set, and its value None.
    """

    cancel: Own[Cancel] = None
    via: Own[str] = None


def _members(stack: Any) -> Any:
    """The list that a stack's name stands for; anything else as it is."""
    if not isinstance(stack, str):
        return stack
    if stack not in NAMED_STACKS:
        raise wrong(f"there is no stack {stack!r}{hint(stack, NAMED_STACKS)}; there are: {', '.join(NAMED_STACKS)}")
    return NAMED_STACKS[stack]


class CallSpec(OwnPolicies):
    """One entry of `policies` or `calls`, or what such entries come to on one edge.

    ``extends`` names the policy that this one starts from; ``stack`` is another order than the usual one, outermost
    first: a list, or the name of a library's (see `NAMED_STACKS`). Keys written beside a stack lie over its one policy
    of that name. The text ``none`` for a policy takes an inherited one, or the stack's, away.
    """

    extends: str | None = None
    stack: Annotated[
        tuple[StackEntrySpec, ...] | None,
        BeforeValidator(_members, json_schema_input_type=tuple[StackEntrySpec, ...] | StackName | None),
    ] = None

    @model_validator(mode="after")
    def _one_detector(self) -> Self:
        if self.stack is not None and sum(entry.outlier is not None for entry in self.stack) > 1:
            raise wrong("outlier acts in the balancer, wherever it stands: a stack can name it once")
        return self


class StackItem(NamedTuple):
    """One policy on an edge: its name (one of `ORDER`) and its spec; a law is a timeout."""

    name: str
    spec: Any


class EdgePolicies(Spec):
    """What wraps every call on one edge: the stack, outermost first; what giving up costs the callee; and the broker
    over which requests and answers go as messages, if they do."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    stack: tuple[StackItem, ...] = ()
    cancel: Cancel = "never"
    via: str | None = None
