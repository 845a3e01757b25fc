"""Autoscaling of a service: how many replicas there may be, and what decides."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Spec
from simulator.spec.units import Duration, PositiveDuration, ShareText, parse_share


def _target(value: Any, info: ValidationInfo) -> float:
    """A share for utilization, a number for a backlog; what makes no sense of either is said."""
    if info.data.get("metric") == "backlog":
        if isinstance(value, (bool, str)):
            raise PydanticCustomError("autoscale", "must be a number: how many may wait per replica")
        return float(value)
    try:
        return parse_share(value)
    except (ValueError, AttributeError) as error:
        raise PydanticCustomError("autoscale", "{text}", {"text": str(error)}) from None


Target = Annotated[
    float,
    BeforeValidator(_target, json_schema_input_type=ShareText | Annotated[float, Field(gt=0)]),
    Field(gt=0, allow_inf_nan=False),
]


class AutoscaleSpec(Spec):
    """Between ``min`` and ``max`` replicas (counts), so that each is right at ``target``: a share of its workers for
    ``metric: utilization``, a number of waiting requests and messages per replica for ``metric: backlog``.

    Times in seconds: a look ``every`` so often; new replicas serve ``startup`` later; fewer only after
    ``scale_down_after`` without any need for more. Source of formula and defaults (``min`` 1, 15 s, 300 s):
    Kubernetes, HorizontalPodAutoscaler; ``startup`` is ours.
    """

    min: Count = 1
    max: Count
    metric: Literal["utilization", "backlog"]
    target: Target
    every: PositiveDuration = 15.0
    startup: Duration = 30.0
    scale_down_after: Duration = 300.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max < self.min:
            raise PydanticCustomError("autoscale", "max must be at least min")
        return self
