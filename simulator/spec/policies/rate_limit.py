"""Rate limit: how many calls may begin in a period, and who may wait for the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import ValidationInfo, model_validator

from simulator.spec.base import Count, Natural, Spec, is_partial
from simulator.spec.policies.words import Scope, Wait, wrong
from simulator.spec.presets import PresetTable, filled
from simulator.spec.units import PositiveDuration


class RateLimitSpec(Spec):
    """At most ``limit`` calls begin per ``period`` (1 s); what comes too early waits or is rejected (``rate_limited``).

    ``kind: token_bucket``: a bucket of ``burst`` tokens (default ``limit``), full at the start, filled evenly.
    ``gcra``: calls are spaced ``period / limit``, and ``burst`` of them (0) may come early beside the one that is due
    (the generic cell rate algorithm as throttled's MaxRate and MaxBurst). ``cycles``: periods are counted from the
    start, each grants ``limit`` at its begin, and at most ``burst`` (default ``limit``) lie unused.

    A call waits if its turn comes within ``max_wait`` seconds (0; ``unlimited``); it has then reserved it. One whose
    turn comes later is refused ``at_once``, or ``after_max_wait`` seconds: ``refusal``, by default ``after_max_wait``
    for cycles, as resilience4j does it.

    Preset: ``resilience4j`` (RateLimiter: limitForPeriod 50, limitRefreshPeriod 500 ns, timeoutDuration 5 s: in
    effect no limit until two of them are written).
    """

    presets: ClassVar[PresetTable] = {
        "resilience4j": {"kind": "cycles", "limit": 50, "period": "0.5us", "max_wait": "5s"},
    }

    kind: Literal["token_bucket", "gcra", "cycles"] = "token_bucket"
    preset: Literal["resilience4j"] | None = None
    limit: Count = 1
    period: PositiveDuration = 1.0
    burst: Natural | None = None
    max_wait: Wait = 0.0
    refusal: Literal["at_once", "after_max_wait"] = "at_once"
    scope: Scope = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        keys = filled(data, cls.presets)
        if isinstance(keys, Mapping) and keys.get("kind") == "cycles":
            return {"refusal": "after_max_wait", **keys}
        return keys

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "limit")
        if self.burst == 0 and self.kind != "gcra" and not is_partial(info):
            raise wrong(f"burst must be at least 1 for {self.kind}: with 0 no call would ever pass")
        return self

    @property
    def at_once(self) -> int:
        """How many calls may come at once after a long silence."""
        if self.kind == "gcra":
            return 1 + (self.burst or 0)
        return self.limit if self.burst is None else self.burst
