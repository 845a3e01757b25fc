"""A small stormy model in which any policies can be put round one call, in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from simulator.run import run_once
from simulator.spec.policies import NAMED_STACKS, CallSpec, EdgePolicies, StackItem
from simulator.spec.scenario import Edge, Scenario
from tests.services.bench import experiment

CANCELS = ["never", "at_dequeue", "queued", "always"]
WIDE = ["server_error", "timeout", "unreachable", "rejected"]
FIXED = {"kind": "fixed", "base": 0.3}

EAGER: dict[str, list[Any]] = {
    "fallback": [{"value": True}, {"cache": {"max_age": 3.0}}, {"call": "spare.serve"}],
    "cache": [{"ttl": 1.0}],
    "deadline": [{"total": 0.9}, {"total": 1.6, "propagate": True}],
    "retry": [
        {"max_retries": 2},
        {"max_retries": 2, "backoff": FIXED, "retry_on": WIDE},
        {"max_retries": 2, "backoff": FIXED, "budget": {"kind": "envoy", "max_retries": 1}},
        {"max_retries": 3, "budget": {"kind": "envoy", "share": 0.5, "minimum": 1, "scope": "callee"}},
        {"max_retries": 2, "retry_on": WIDE, "budget": {"kind": "grpc", "max_tokens": 3, "token_ratio": 0.5}},
        {"preset": "aws", "backoff": {"base": 0.1}, "budget": {"adaptive": True}},
        {"max_retries": 2, "budget": {"kind": "finagle", "scope": "edge"}},
    ],
    "hedge": [{"delay": 0.4, "max": 2}, {"delay": 0.0, "scope": "callee"}, {"percentile": "p50", "minimum_calls": 2}],
    "throttle": [{"window": 3.0}, {"preset": "envoy", "window": 2.0, "scope": "callee"}],
    "breaker": [
        {"preset": "strict", "max_failures": 1, "open_for": 0.7},
        {"preset": "strict", "max_failures": 2, "open_for": 0.4, "serialised": True, "scope": "edge"},
        {
            "preset": "resilience4j",
            "window": {"size": 3},
            "open_for": 0.5,
            "half_open": {"permits": 2, "max_wait": 1.0},
        },
        {"preset": "hystrix", "minimum_calls": 2, "open_for": 0.5, "scope": "callee"},
    ],
    "rate_limit": [
        {"limit": 1, "period": 0.5, "max_wait": 0.6},
        {"kind": "cycles", "limit": 2, "period": 1.0, "max_wait": 0.5, "scope": "edge"},
    ],
    "adaptive_limit": [
        {"kind": "aimd", "initial": 1, "min": 1, "max": 2, "timeout": 0.5},
        {"kind": "vegas", "initial": 2, "scope": "callee"},
    ],
    "bulkhead": [
        {"limit": 1},
        {"limit": 1, "max_wait": 0.5, "scope": "callee"},
        {"limit": 1, "max_wait": "unlimited", "queue": 1, "scope": "edge"},
        {"kind": "thread_pool", "core": 1, "max": 2, "queue": 1},
    ],
    "outlier": [{"consecutive_failures": 1, "interval": 1.0, "base_ejection_time": 1.0, "max_ejected": 1.0}],
    "timeout": [{"dist": "constant", "value": 0.4}, {"dist": "exponential", "mean": 0.6}],
}
"""Settings of every policy with which it strikes often."""


class Rows(NamedTuple):
    """What became of the requests of one run."""

    outcomes: list[str]
    states: list[str]


def composed(*written: Mapping[str, Any], cancel: str = "never") -> EdgePolicies:
    """The policies of an edge, outermost first, each as a mapping with one key."""
    spec = CallSpec.model_validate({"stack": written})
    names = [name for entry in written for name in entry]
    items = [StackItem(name, getattr(entry, name)) for name, entry in zip(names, spec.stack or (), strict=True)]
    return EdgePolicies.model_validate({"stack": tuple(items), "cancel": cancel})


def named(name: str, cancel: str) -> EdgePolicies:
    """The policies of a stack that has a name, without its empty places."""
    return composed(*(entry for entry in NAMED_STACKS[name] if "none" not in entry.values()), cancel=cancel)


STORM: Sequence[Mapping[str, Any]] = (
    {"name": "errors", "kind": "errors", "target": "back", "share": 0.7, "at": 1.0, "for": 1.5},
    {"name": "slow", "kind": "slowdown", "target": "back", "factor": 6.0, "at": 2.0, "for": 1.5},
    {"name": "pause", "kind": "pause", "target": "back", "at": 4.0, "for": 0.6},
    {"name": "crash", "kind": "crash", "target": "back[0]", "at": 5.0, "for": 1.0},
    {"name": "crash_front", "kind": "crash", "target": "front[0]", "at": 6.0, "for": 0.5},
)


def storm(policies: EdgePolicies, outside: EdgePolicies | None = None, *, seed: int = 1, rate: float = 8.0) -> Rows:
    """Play some 60 requests through ``front``, whose calls to ``back`` have `policies` round them, until nothing is
    left of any of them; the client's own calls have `outside`.

    Raises:
        ConservationError: a permit, a lock, a worker or an attempt was lost.
    """
    work = {"dist": "exponential", "mean": 0.15}
    services = {
        "front": {"replicas": 2, "workers": 50, "operations": {"serve": {"steps": [{"call": "back.serve"}]}}},
        "back": {
            "replicas": 2,
            "workers": 1,
            "queue": {"capacity": 3},
            "balancing": "least_outstanding",
            "operations": {"serve": {"work": work, "effect": True, "server_errors": 0.1, "client_errors": 0.02}},
        },
        "spare": {"workers": 1, "operations": {"serve": {"work": 0.05}}},
    }
    made = experiment(
        services=services,
        defaults={"network": {"latency": 0.01}},
        workload=[{"call": "front.serve", "arrivals": {"process": "poisson", "rate": rate}}],
        faults=STORM,
        run={"duration": 7.5, "drain": 5000.0, "seed": seed},
    )
    edges = {
        Edge("client", "front", "serve"): outside or EdgePolicies(),
        Edge("front", "back", "serve"): policies,
        Edge("front", "spare", "serve"): EdgePolicies(),
    }
    columns = run_once(Scenario("storm", "base", "", made, edges), 0).requests
    assert columns is not None
    return Rows(*(np.asarray(columns[name]).tolist() for name in ("outcome", "state")))


@st.composite
def stacks(draw: st.DrawFn, most: int = 4) -> list[dict[str, Any]]:
    """Up to `most` policies in any order, the same one perhaps twice; the outlier detector at most once."""
    names = draw(st.lists(st.sampled_from(sorted(EAGER)), min_size=1, max_size=most))
    kept = [name for place, name in enumerate(names) if name != "outlier" or "outlier" not in names[:place]]
    return [{name: draw(st.sampled_from(EAGER[name]))} for name in kept]
