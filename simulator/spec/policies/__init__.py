"""Call policies: what the caller wraps round a call, one module for each, and how they are stacked.

A spec is concrete once validated: presets are filled in, so that whoever builds from it needs no defaults.
"""

from simulator.spec.policies.breaker import BreakerSpec, HalfOpenSpec
from simulator.spec.policies.deadline import DeadlineSpec, TimeoutSpec
from simulator.spec.policies.retry import BackoffSpec, JitterSpec, RetrySpec
from simulator.spec.policies.stack import (
    ORDER,
    CallSpec,
    EdgePolicies,
    OwnPolicies,
    Policies,
    StackEntrySpec,
    StackItem,
)
from simulator.spec.policies.words import EVERY_ERROR, TRANSIENT, Cancel, FailureName, Scope

__all__ = [
    "EVERY_ERROR",
    "ORDER",
    "TRANSIENT",
    "BackoffSpec",
    "BreakerSpec",
    "CallSpec",
    "Cancel",
    "DeadlineSpec",
    "EdgePolicies",
    "FailureName",
    "HalfOpenSpec",
    "JitterSpec",
    "OwnPolicies",
    "Policies",
    "RetrySpec",
    "Scope",
    "StackEntrySpec",
    "StackItem",
    "TimeoutSpec",
]
