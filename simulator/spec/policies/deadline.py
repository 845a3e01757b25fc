"""Limits of time: a deadline over all attempts, a timeout for one."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ValidationInfo, model_validator

from simulator.spec.base import Flag, Spec
from simulator.spec.laws import LawSpec
from simulator.spec.policies.words import named
from simulator.spec.units import DurationText, PositiveDuration


class DeadlineSpec(Spec):
    """Spans all attempts of a call; ``propagate`` hands the time that remains down to the callee."""

    total: PositiveDuration = 0.0
    propagate: Flag = False

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "total")
        return self


Deadline = Annotated[DeadlineSpec, named("total", DurationText | DeadlineSpec)]
TimeoutSpec = LawSpec
"""How long one attempt is waited for: a time, or a law of patience."""
