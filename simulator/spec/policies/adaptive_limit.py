"""Adaptive concurrency: a limit on calls in flight that follows the response times it sees, by one of four rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Positive, Spec, is_partial
from simulator.spec.policies.words import FailureName, Scope, wrong
from simulator.spec.units import PositiveDuration, Share

AdaptiveKind = Literal["aimd", "vegas", "gradient2", "envoy"]

_DEFAULTS: dict[str, dict[str, Any]] = {
    "aimd": {"initial": 20, "min": 20, "max": 200, "backoff_ratio": 0.9, "timeout": "5s"},
    "vegas": {"initial": 20, "min": 1, "max": 1000, "smoothing": 1.0, "probe_multiplier": 30},
    "gradient2": {"initial": 20, "min": 20, "max": 200, "smoothing": 0.2, "queue_size": 4, "long_window": 600},
    "envoy": {
        "min": 3,
        "max": 1000,
        "percentile": 0.5,
        "update_interval": "100ms",
        "min_rtt_interval": "60s",
        "min_rtt_requests": 50,
        "jitter": 0.15,
        "buffer": 0.25,
    },
}
_WITHOUT_DEFAULT: dict[str, tuple[str, ...]] = {"vegas": ("alpha", "beta")}
_OF_ALL = ("kind", "scope", "drops")

DROPS: tuple[FailureName, ...] = ("timeout", "unreachable", "rejected")
"""Outcomes that say "too much": what the gRPC client of concurrency-limits counts as drops, and refusals."""


class LimitSpec(Spec):
    """A limit L on requests in flight, updated from samples (response time, requests in flight when it began, dropped).

    Sources: Netflix concurrency-limits (`AIMDLimit`, `VegasLimit`, `Gradient2Limit`, their builders' defaults) and
    Envoy's adaptive concurrency filter (`gradient_controller_config`). A key of another kind is refused.

    Attributes:
        kind: ``aimd``: L + 1 after a success while at least L/2 were in flight, L · ``backoff_ratio`` after a drop or
            a response slower than ``timeout`` (s). ``vegas``: keeps the estimated queue L · (1 - least time / time)
            between ``alpha`` and ``beta``. ``gradient2``: L · (long average / time) + ``queue_size``, smoothed.
            ``envoy``: L · (least time / ``percentile`` of times) + its root, every ``update_interval`` (s).
        initial: L at first (not ``envoy``, which begins at ``min``); 20.
        min, max: bounds of L; aimd and gradient2 20 and 200, vegas 1 and 1000, envoy 3 and 1000.
        backoff_ratio: from 0.5 to below 1; 0.9. timeout: 5 s.
        smoothing: weight of the new value in (0, 1]; vegas 1, gradient2 0.2.
        alpha, beta: requests queued; None is 3 and 6 times max(1, ⌊log10 L⌋).
        probe_multiplier: the least time is measured anew every U(0.5, 1) · this · L samples; 30.
        queue_size: requests that may queue; 4. long_window: samples in the long average; 600.
        percentile: a share; 50 %. update_interval: 100 ms; min_rtt_interval: between two measurements of the least
            time, 60 s (Envoy has no default for either: these are the values of its documentation), lengthened at
            random by up to the share ``jitter`` (15 %). min_rtt_requests: in one measurement; 50.
        buffer: share by which the least time is raised; 25 %.
    """

    in_pieces: ClassVar[bool] = False
    """Whether an entry may leave to others what it does not say."""

    kind: AdaptiveKind = "vegas"
    initial: Count | None = None
    min: Count | None = None
    max: Count | None = None
    backoff_ratio: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    timeout: PositiveDuration | None = None
    smoothing: Annotated[Positive, Field(le=1)] | None = None
    alpha: Count | None = None
    beta: Count | None = None
    probe_multiplier: Count | None = None
    queue_size: Count | None = None
    long_window: Count | None = None
    percentile: Annotated[Share, Field(gt=0)] | None = None
    update_interval: PositiveDuration | None = None
    min_rtt_interval: PositiveDuration | None = None
    min_rtt_requests: Count | None = None
    jitter: Share | None = None
    buffer: Share | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("kind"), str):
            return data
        return {**_DEFAULTS.get(data["kind"], {}), **data}

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Self:
        piece = self.in_pieces and is_partial(info)
        if "kind" not in self.model_fields_set:
            if piece:
                return self
            raise PydanticCustomError("missing_key", "'{name}' is missing", {"name": "kind"})
        known = (*_OF_ALL, *_DEFAULTS[self.kind], *_WITHOUT_DEFAULT.get(self.kind, ()))
        foreign = [key for key in type(self).model_fields if key in self.model_fields_set and key not in known]
        if foreign:
            raise wrong(f"{', '.join(foreign)}: not for an adaptive limit of kind {self.kind}")
        if piece:
            return self
        first = self.min if self.initial is None else self.initial
        if self.min is not None and self.max is not None and first is not None and not self.min <= first <= self.max:
            raise wrong(f"initial must lie between min and max: here min {self.min}, initial {first}, max {self.max}")
        if self.alpha is not None and self.beta is not None and self.alpha > self.beta:
            raise wrong("alpha must not be above beta")
        return self


class AdaptiveLimitSpec(LimitSpec):
    """An adaptive limit on the calls of an edge: beyond it a call is rejected (throttled) without being sent.

    Attributes:
        drops: outcomes that count as dropped. An ok or client_error is a success; any other outcome gives its place
            back and is no sample.
        scope: where the limit lives.
    """

    in_pieces: ClassVar[bool] = True

    drops: tuple[FailureName, ...] = DROPS
    scope: Scope = "caller"
