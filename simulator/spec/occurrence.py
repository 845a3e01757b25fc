"""When a fault strikes: once, from ``at`` on; or again and again at random, as machines break and get mended."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Spec
from simulator.spec.laws import AnyLaw, FreshLawSpec
from simulator.spec.units import Duration, DurationText, PositiveDuration


def _exponential(value: Any) -> Any:
    if isinstance(value, (str, int, float)):
        return {"dist": "exponential", "mean": value}
    return value


MeanOrLaw = Annotated[FreshLawSpec, BeforeValidator(_exponential, json_schema_input_type=DurationText | FreshLawSpec)]
"""A law; a duration is the mean of an exponential one."""


class Occurrence(Spec):
    """When something goes wrong, and for how long.

    Either once: from ``at`` for ``for_`` seconds. Or at random: from ``at`` (0) on each thing that is hit is well for a
    time from ``mtbf`` (mean time between failures, of which the repair is no part), then struck for a time from
    ``mttr`` (mean time to repair), and so on; each for itself. A duration is the mean of an exponential law. ``crews``
    is how many are under repair at once (without it all are): whoever failed first is mended first, and the time from
    ``mttr`` begins when a crew does (machine repair, L. Kleinrock, Queueing Systems vol. 1, section 3.8).
    """

    instant: ClassVar[bool] = False
    """Whether it may take no time: then ``for_`` need not be written."""

    at: Duration = 0.0
    for_: PositiveDuration | None = Field(default=None, alias="for")
    mtbf: MeanOrLaw | None = None
    mttr: MeanOrLaw | None = None
    crews: Count | None = None

    @field_validator("mtbf", "mttr")
    @classmethod
    def _some_time(cls, value: AnyLaw | None) -> AnyLaw | None:
        if value is not None and value.mean() <= 0:
            raise PydanticCustomError("occurrence", "the mean time must be above 0")
        return value

    @model_validator(mode="after")
    def _once_or_at_random(self) -> Self:
        if self.mtbf is None and self.mttr is None:
            needed = {"at": "at"} if self.instant else {"at": "at", "for": "for_"}
            missing = [key for key, name in needed.items() if name not in self.model_fields_set]
            if self.crews is not None:
                raise PydanticCustomError("occurrence", "crews: only with mtbf and mttr")
        else:
            missing = [key for key in ("mtbf", "mttr") if getattr(self, key) is None]
            if self.for_ is not None:
                raise PydanticCustomError("occurrence", "write 'for' (with 'at'), or 'mtbf' and 'mttr', not both")
        if missing:
            raise PydanticCustomError("missing_key", "'{name}' is missing", {"name": "' and '".join(missing)})
        return self

    @property
    def at_random(self) -> bool:
        """Whether it strikes again and again, and so is no phase."""
        return self.mtbf is not None

    @property
    def end(self) -> float:
        """When it is over, seconds; infinite at random."""
        return float("inf") if self.at_random else self.at + (self.for_ or 0.0)
