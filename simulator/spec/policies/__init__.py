"""Call policies: what the caller wraps round a call, one module for each, and how they are stacked.

A spec is concrete once validated: presets are filled in, so that whoever builds from it needs no defaults.
"""

from simulator.spec.policies.adaptive_limit import AdaptiveLimitSpec, LimitSpec
from simulator.spec.policies.backoff import BackoffSpec, JitterSpec
from simulator.spec.policies.breaker import BreakerSpec, HalfOpenSpec
from simulator.spec.policies.budget import (
    AnyBudget,
    AwsBudgetSpec,
    BudgetSpec,
    EnvoyBudgetSpec,
    FinagleBudgetSpec,
    GrpcBudgetSpec,
    NoBudgetSpec,
)
from simulator.spec.policies.bulkhead import BulkheadSpec
from simulator.spec.policies.cache import CacheSpec
from simulator.spec.policies.deadline import DeadlineSpec, TimeoutSpec
from simulator.spec.policies.fallback import FallbackSpec, fallback_calls
from simulator.spec.policies.hedge import HedgeBudgetSpec, HedgeSpec
from simulator.spec.policies.outlier import OutlierSpec, SuccessRateSpec
from simulator.spec.policies.rate_limit import RateLimitSpec
from simulator.spec.policies.retry import GiveUpSpec, RetrySpec, ThrottlingSpec
from simulator.spec.policies.stack import (
    ORDER,
    CallSpec,
    EdgePolicies,
    OwnPolicies,
    Policies,
    StackEntrySpec,
    StackItem,
)
from simulator.spec.policies.stacks import NAMED_STACKS
from simulator.spec.policies.throttle import ThrottleSpec
from simulator.spec.policies.words import EVERY_ERROR, TRANSIENT, Cancel, FailureName, Scope

__all__ = [
    "EVERY_ERROR",
    "NAMED_STACKS",
    "ORDER",
    "TRANSIENT",
    "AdaptiveLimitSpec",
    "AnyBudget",
    "AwsBudgetSpec",
    "BackoffSpec",
    "BreakerSpec",
    "BudgetSpec",
    "BulkheadSpec",
    "CacheSpec",
    "CallSpec",
    "Cancel",
    "DeadlineSpec",
    "EdgePolicies",
    "EnvoyBudgetSpec",
    "FailureName",
    "FallbackSpec",
    "FinagleBudgetSpec",
    "GiveUpSpec",
    "GrpcBudgetSpec",
    "HalfOpenSpec",
    "HedgeBudgetSpec",
    "HedgeSpec",
    "JitterSpec",
    "LimitSpec",
    "NoBudgetSpec",
    "OutlierSpec",
    "OwnPolicies",
    "Policies",
    "RateLimitSpec",
    "RetrySpec",
    "Scope",
    "StackEntrySpec",
    "StackItem",
    "SuccessRateSpec",
    "ThrottleSpec",
    "ThrottlingSpec",
    "TimeoutSpec",
    "fallback_calls",
]
