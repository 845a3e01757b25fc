"""Bulkhead: how many calls may be under way at once, and who may wait for a place."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import ValidationInfo, model_validator

from simulator.spec.base import Count, Spec, is_partial
from simulator.spec.policies.words import Places, Scope, Wait, wrong
from simulator.spec.presets import Keys, PresetTable, filled
from simulator.spec.units import Duration


def _resilience4j(own: Keys) -> Keys:
    if own.get("kind") == "thread_pool":
        return {"queue": 100, "keep_alive": "20ms", "max_wait": "unlimited"}
    return {"limit": 25, "max_wait": "0s"}


def _hystrix(own: Keys) -> Keys:
    if own.get("kind", "thread_pool") == "thread_pool":
        return {"kind": "thread_pool", "core": 10, "queue": 0, "keep_alive": "1m", "max_wait": "unlimited"}
    return {"limit": 10, "max_wait": "0s"}


NO_CAP = 4294967295
"""What Istio writes where nothing is configured: 2^32 - 1."""


class BulkheadSpec(Spec):
    """At most so many calls at once; what finds no place waits or is rejected as ``bulkhead_full``.

    ``kind: semaphore``: ``limit`` permits (25). With all taken a call waits in order of arrival for at most
    ``max_wait`` seconds (0: not at all; ``unlimited``), together with at most ``queue`` others (no bound).
    ``kind: thread_pool``: ``core`` threads (no default: the library takes the machine's processors less one), then
    ``queue`` places (100), then threads up to ``max`` (default ``core``); an idle thread beyond ``core`` ends after
    ``keep_alive`` seconds (20 ms). ``max_wait`` is unlimited there.

    Presets: ``resilience4j`` (Bulkhead: maxConcurrentCalls, maxWaitDuration; ThreadPoolBulkhead: coreThreadPoolSize,
    maxThreadPoolSize, queueCapacity, keepAliveDuration; what holds without a preset too), ``hystrix`` (coreSize 10,
    maxQueueSize -1, keepAliveTimeMinutes 1; as semaphore maxConcurrentRequests 10), ``envoy`` (max_connections and
    max_pending_requests, 1024 each: HTTP/1.1), ``istio`` (the same caps, 2^32 - 1), ``polly`` (ConcurrencyLimiter:
    PermitLimit 1000, QueueLimit 0).
    """

    presets: ClassVar[PresetTable] = {
        "resilience4j": _resilience4j,
        "hystrix": _hystrix,
        "envoy": {"limit": 1024, "queue": 1024, "max_wait": "unlimited"},
        "istio": {"limit": NO_CAP, "queue": NO_CAP, "max_wait": "unlimited"},
        "polly": {"limit": 1000, "queue": 0, "max_wait": "unlimited"},
    }

    kind: Literal["semaphore", "thread_pool"] = "semaphore"
    preset: Literal["resilience4j", "hystrix", "envoy", "istio", "polly"] | None = None
    limit: Count | None = None
    core: Count | None = None
    max: Count | None = None
    keep_alive: Duration | None = None
    queue: Places = None
    max_wait: Wait = 0.0
    scope: Scope = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        return filled(data, cls.presets, usual="resilience4j")

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        if is_partial(info):
            return self
        pool = self.kind == "thread_pool"
        for key in ("limit",) if pool else ("core", "max", "keep_alive"):
            if getattr(self, key) is not None:
                raise wrong(f"{key} belongs to the other kind of bulkhead, not to {self.kind}")
        if pool:
            self.require(info, "core")
        if self.max is not None and self.max < (self.core or 1):
            raise wrong("max must not be below core")
        return self

    @property
    def places(self) -> int | None:
        """How many calls may wait at once; None: any number."""
        return 0 if self.max_wait == 0 else self.queue
