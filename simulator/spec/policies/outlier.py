"""Outlier ejection: a caller's balancer passes over replicas that fail, for a while.

Meanings and defaults are those of Envoy's ``outlier_detection`` (v1.40); the names beside a key are Envoy's and Istio's
settings. Left out: splitting local from remote errors, failure-percentage ejection, jitter, active health checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from simulator.spec.base import Count, Flag, Natural, Positive, Spec, is_partial
from simulator.spec.policies.words import FailureName, wrong
from simulator.spec.units import Duration, PositiveDuration, Share

EVERY_5XX: tuple[FailureName, ...] = ("server_error", "timeout", "unreachable", "rejected")
"""What Envoy sees as a 5xx: the callee's own 500, and the 503 or 504 of a replica that refuses, is gone or is late."""


class SuccessRateSpec(Spec):
    """Ejects replicas whose share of successes in the last interval lies more than ``deviations`` standard deviations
    (of the population) below the mean over replicas.

    ``minimum_hosts``: replicas that must have had ``minimum_requests`` in the interval (Envoy
    success_rate_minimum_hosts 5, success_rate_request_volume 100). ``deviations``: Envoy success_rate_stdev_factor, in
    units and not thousandths (1.9).
    """

    minimum_hosts: Count = 5
    minimum_requests: Count = 100
    deviations: Positive = 1.9


def _off(value: Any) -> Any:
    return None if value == "off" else value


SuccessRate = Annotated[
    SuccessRateSpec | None,
    BeforeValidator(_off, json_schema_input_type=SuccessRateSpec | Literal["off"]),
]
"""Success-rate ejection, or the text ``off``."""


class OutlierSpec(Spec):
    """Outlier ejection per replica, as in Envoy and Istio; the defaults are Envoy's.

    ``consecutive_failures`` in a row eject a replica at once (consecutive_5xx, consecutive5xxErrors; 0: never), as do
    ``consecutive_gateway_failures`` (timeout, unreachable, rejected; consecutive_gateway_failure, which Envoy does not
    enforce by default: 0). ``failures``: outcomes that count at all; ok and client errors are successes.
    ``interval`` s: sweeps bring replicas back, and eject by ``success_rate`` (``off``: never).
    ``base_ejection_time`` b and ``max_ejection_time`` s: the k-th ejection lasts min(k·b, max), until the next sweep;
    k falls by 1 at each sweep that finds the replica listed. ``max_ejected``: the share of replicas that may be out
    (max_ejection_percent); with ``always_eject_one`` one may be out in any case (always_eject_one_host).
    ``update_merge_window`` s: a change less than this after the last one reaches the balancer one window later.
    ``panic_threshold``: with a smaller share of replicas left the balancer takes all of them (healthy_panic_threshold).
    ``scope``: ``caller`` one detector per calling replica (a sidecar each), ``edge`` one shared by them.
    Presets: ``envoy`` (also what holds without one); ``istio`` has no panic threshold and no success rate.
    """

    preset: Literal["envoy", "istio"] | None = None
    consecutive_failures: Natural = 5
    consecutive_gateway_failures: Natural = 0
    failures: Annotated[tuple[FailureName, ...], Field(min_length=1)] = EVERY_5XX
    interval: PositiveDuration = 10.0
    base_ejection_time: PositiveDuration = 30.0
    max_ejection_time: PositiveDuration = 300.0
    max_ejected: Share = 0.1
    always_eject_one: Flag = False
    success_rate: SuccessRate = SuccessRateSpec()
    update_merge_window: Duration = 1.0
    panic_threshold: Share = 0.5
    scope: Literal["caller", "edge"] = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("preset") == "istio":
            return {"success_rate": "off", "panic_threshold": 0, **data}
        return data

    @model_validator(mode="after")
    def _longest_is_not_shorter(self, info: ValidationInfo) -> Self:
        written = "max_ejection_time" in self.model_fields_set
        if written and self.max_ejection_time < self.base_ejection_time and not is_partial(info):
            raise wrong("max_ejection_time must not be below base_ejection_time")
        return self

    @property
    def longest_ejection(self) -> float:
        """Seconds that no ejection outlasts, but for the wait for a sweep: the larger of maximum and base."""
        return max(self.max_ejection_time, self.base_ejection_time)

    def can_eject(self, hosts: int) -> bool:
        """Whether the cap lets any of so many replicas go."""
        return self.always_eject_one or 1 / hosts <= self.max_ejected
