"""Named stacks: the order in which a library or proxy puts its policies round a call, each with its own defaults.

Each stack is written as a file would write it, outermost first, so that whatever it says can be said without it. The
text ``none`` is an empty place: nothing is there until the file writes that policy beside the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

StackName = Literal["resilience4j", "polly_standard", "polly_hedging", "envoy"]
"""The stacks that have a name."""

NAMED_STACKS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "resilience4j": (
        {"fallback": "none"},
        {"retry": {"preset": "resilience4j"}},
        {"breaker": {"preset": "resilience4j"}},
        {"rate_limit": {"preset": "resilience4j"}},
        {"timeout": "1s"},
        {"bulkhead": {"preset": "resilience4j"}},
    ),
    "polly_standard": (
        {"fallback": "none"},
        {"bulkhead": {"preset": "polly"}},
        {"deadline": {"total": "30s"}},
        {"retry": {"preset": "polly_standard"}},
        {"breaker": {"preset": "polly"}},
        {"timeout": "10s"},
    ),
    "polly_hedging": (
        {"fallback": "none"},
        {"deadline": {"total": "30s"}},
        {"hedge": {"preset": "polly"}},
        {"bulkhead": {"preset": "polly", "scope": "callee"}},
        {"breaker": {"preset": "polly", "scope": "callee"}},
        {"timeout": "10s"},
    ),
    "envoy": (
        {"fallback": "none"},
        {"deadline": {"total": "15s"}},
        {"retry": {"preset": "envoy"}},
        {"outlier": {"preset": "envoy"}},
        {"bulkhead": {"preset": "envoy"}},
        {"timeout": "none"},
    ),
}
"""The stacks, outermost first.

``resilience4j``: the aspects of its Spring starter (retry, breaker, rate limiter, time limiter 1 s, bulkhead), so that
refusals of limiter and bulkhead and timeouts count in the breaker, and a refusal of the breaker is retried.
``polly_standard``: AddStandardResilienceHandler (limiter 1000 without a queue, total timeout 30 s, three retries,
breaker, attempt timeout 10 s). ``polly_hedging``: AddStandardHedgingHandler, whose limiter and breaker exist once for
each authority, which is here the called replica. ``envoy``: a route (timeout 15 s with all retries, retries with a
budget, outlier detection in the balancer, connection caps); its per-try timeout is off until it is written.
"""
