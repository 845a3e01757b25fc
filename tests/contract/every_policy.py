"""Every policy of the language with settings with which it never strikes: what has to hold whatever wraps a call is
tested with each of them."""

from __future__ import annotations

from typing import Any

CALM: dict[str, dict[str, Any]] = {
    "fallback": {"fallback": {"value": True, "on": ["rejected"]}},
    "last good answer": {"fallback": {"cache": {"max_age": 1.0}, "on": ["rejected"]}},
    "cache": {"cache": {"ttl": 0.001}},
    "deadline": {"deadline": {"total": 500.0}},
    "deadline handed down": {"deadline": {"total": 500.0, "propagate": True}},
    "retry": {"retry": {"max_retries": 2, "retry_on": ["rejected"]}},
    "retry with a budget": {"retry": {"preset": "aws", "retry_on": ["rejected"], "budget": {"adaptive": True}}},
    "retry with slots": {"retry": {"preset": "envoy", "retry_on": ["rejected"], "budget": {"scope": "callee"}}},
    "hedge": {"hedge": {"delay": 500.0, "non_fatal": []}},
    "hedge per callee": {"hedge": {"delay": 500.0, "non_fatal": [], "scope": "callee"}},
    "throttle": {"throttle": {"preset": "google_sre", "failures": ["rejected"]}},
    "breaker": {"breaker": {"preset": "strict", "max_failures": 50}},
    "breaker with a window": {"breaker": {"preset": "resilience4j"}},
    "breaker per callee": {"breaker": {"preset": "polly", "scope": "callee"}},
    "rate limit": {"rate_limit": {"limit": 1000, "period": 1.0}},
    "adaptive limit": {"adaptive_limit": {"kind": "aimd"}},
    "adaptive limit per callee": {"adaptive_limit": {"kind": "gradient2", "scope": "callee"}},
    "bulkhead": {"bulkhead": {"limit": 50}},
    "bulkhead that lets wait": {"bulkhead": {"limit": 50, "max_wait": 5.0}},
    "thread pool": {"bulkhead": {"kind": "thread_pool", "core": 50}},
    "outlier": {"outlier": {"consecutive_failures": 50}},
    "timeout": {"timeout": {"dist": "constant", "value": 500.0}},
    "patience": {"timeout": {"dist": "uniform", "low": 500.0, "high": 600.0}},
}
"""By what the test is called: one entry of a stack."""
