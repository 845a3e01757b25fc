"""How long, how often and with which chance an experiment is played. Left out: automatic warm-up and stopping rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Natural, Positive, Spec, not_yet
from simulator.spec.units import Duration, PositiveDuration

WINDOWS = 120
"""Into so many windows a run is cut by default."""

MOST_WINDOWS = 10_000
"""Into so many windows a run may be cut: each is a row per metric and replication."""

MOST_REPLICATIONS = 10_000
"""So many replications are planned at most."""


Replications = Annotated[Count, Field(le=MOST_REPLICATIONS)]
"""A number of replications."""


def _fixed_number(value: Any) -> Any:
    if isinstance(value, Mapping):
        word = "replications: {until}"
        raise PydanticCustomError("not_available", "not available yet: {word}", {"word": word, "key": ""})
    return value


def _default_window(data: dict[str, Any]) -> float:
    return max(float(data.get("duration", 0.0)) / WINDOWS, 1.0)


class RunSpec(Spec):
    """All times in seconds. ``drain``, ``window`` and ``fulfilled_within`` are numbers once validated: they default to
    the duration, to its 120th part (at least 1 s), and to the drain. ``load`` multiplies open rates and closed user
    numbers. ``record: summary`` keeps no row per request."""

    duration: PositiveDuration
    warmup: Annotated[Duration, not_yet("auto")] = 0.0
    drain: Duration = Field(default_factory=lambda data: data.get("duration", 0.0))
    replications: Annotated[Replications, BeforeValidator(_fixed_number, json_schema_input_type=Replications)] = 10
    seed: Natural = 1
    record: Literal["requests", "summary"] = "requests"
    window: PositiveDuration = Field(default_factory=_default_window)
    fulfilled_within: Duration = Field(default_factory=lambda data: data.get("drain", 0.0))
    load: Positive = 1.0

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.warmup >= self.duration:
            raise PydanticCustomError("run", "warmup must be shorter than duration")
        if self.duration / self.window > MOST_WINDOWS:
            raise PydanticCustomError(
                "run", f"window cuts duration into more than {MOST_WINDOWS} pieces: make it longer"
            )
        return self
