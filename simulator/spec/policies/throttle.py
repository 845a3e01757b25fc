"""Client-side throttling: a caller refuses its own calls in proportion to what its callee turns away."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from simulator.spec.base import Flag, Positive, Spec, is_partial
from simulator.spec.policies.words import FailureName, Scope, wrong
from simulator.spec.presets import Keys, PresetTable, filled
from simulator.spec.units import PositiveDuration, Rate, Share

NOT_ACCEPTED: tuple[FailureName, ...] = ("rejected", "timeout", "unreachable")
FAILED: tuple[FailureName, ...] = ("server_error", "timeout", "unreachable", "rejected")


def _google_sre(own: Keys) -> Keys:
    return {
        **({"multiplier": 2.0} if own.get("success_rate") is None else {}),
        "window": "2m",
        "max_rejection": 1.0,
        "count_refused": True,
        "failures": NOT_ACCEPTED,
    }


def _envoy(own: Keys) -> Keys:
    return {
        **({"success_rate": 0.95} if own.get("multiplier") is None else {}),
        "window": "30s",
        "max_rejection": 0.8,
        "count_refused": False,
        "failures": FAILED,
    }


class ThrottleSpec(Spec):
    """Refuses a call (``throttled``) with probability max(0, (requests - K * accepts) / (requests + 1))^(1/aggression).

    Requests and accepts are those of the last ``window`` seconds. K is the ``multiplier`` (from 1), or
    1 / ``success_rate``: the share of accepts from which on nothing is refused; never both. ``aggression`` (1) bends
    the curve upwards. At most ``max_rejection`` (a share) is refused, and nothing while there are fewer than
    ``minimum_rate`` requests per second. ``count_refused``: whether a call refused here is one of the requests.
    ``failures``: outcomes that are no accept.

    Presets: ``google_sre`` (Site Reliability Engineering, chapter 21: K 2, 2 min, refused calls count; what holds
    without a preset too) and ``envoy`` (admission control filter: sr_threshold 95 %, sampling_window 30 s, aggression
    1, rps_threshold 0, max_rejection_probability 80 %, refused calls are not sampled).
    """

    presets: ClassVar[PresetTable] = {"google_sre": _google_sre, "envoy": _envoy}

    preset: Literal["google_sre", "envoy"] | None = None
    multiplier: Annotated[Positive, Field(ge=1)] | None = None
    success_rate: Annotated[Share, Field(gt=0)] | None = None
    window: PositiveDuration = 120.0
    aggression: Annotated[Positive, Field(ge=1)] = 1.0
    max_rejection: Share = 1.0
    minimum_rate: Rate = 0.0
    count_refused: Flag = True
    failures: Annotated[tuple[FailureName, ...], Field(min_length=1)] = NOT_ACCEPTED
    scope: Scope = "caller"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, data: Any) -> Any:
        return filled(data, cls.presets, usual="google_sre")

    @model_validator(mode="after")
    def _one_factor(self, info: ValidationInfo) -> Self:
        if self.multiplier is not None and self.success_rate is not None and not is_partial(info):
            raise wrong("write multiplier or success_rate, not both")
        return self

    @property
    def factor(self) -> float:
        """K: how many requests there may be for each accept before anything is refused."""
        if self.multiplier is not None:
            return self.multiplier
        return 1.0 / (self.success_rate or 1.0)
