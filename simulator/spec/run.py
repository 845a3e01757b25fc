"""How long, how often and with which chance an experiment is played."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Natural, Positive, Spec
from simulator.spec.stopping import FIRST_ROUND, Replications, StoppingSpec
from simulator.spec.units import Duration, PositiveDuration, parse_duration, quantity

AUTO: Literal["auto"] = "auto"
"""In place of a warm-up: it is found by pilot runs."""

WINDOWS = 120
"""Into so many windows a run is cut by default."""

MOST_WINDOWS = 10_000
"""Into so many windows a run may be cut: each is a row per metric and replication."""


def _warmup(value: Any, info: ValidationInfo) -> Any:
    """Read a duration or ``auto``: what is wrong is said with both."""
    if value == AUTO:
        return value
    try:
        return quantity(parse_duration, "a duration like 10s")(value, info)
    except PydanticCustomError as error:
        raise PydanticCustomError("quantity", "{text}", {"text": f"{error.message()}, or auto"}) from None


def _number(value: Any) -> Any:
    if isinstance(value, str):
        rule = "{until: {metric: latency_p99, half_width: 5%}}"
        raise PydanticCustomError("replications", "{text}", {"text": f"must be a whole number, or a rule like {rule}"})
    return value


def _number_or_rule(value: Any) -> str:
    return "a rule" if isinstance(value, (dict, StoppingSpec)) else "a number"


def _default_window(data: dict[str, Any]) -> float:
    return max(float(data.get("duration", 0.0)) / WINDOWS, 1.0)


class RunSpec(Spec):
    """All times in seconds. ``drain``, ``window`` and ``fulfilled_within`` are numbers once validated: they default to
    the duration, to its 120th part (at least 1 s), and to the drain. ``load`` multiplies open rates and closed user
    numbers. ``record: summary`` keeps no row per request. ``warmup: auto`` is found by pilot runs."""

    duration: PositiveDuration
    warmup: Annotated[
        float | Literal["auto"], BeforeValidator(_warmup, json_schema_input_type=Duration | Literal["auto"])
    ] = 0.0
    drain: Duration = Field(default_factory=lambda data: data.get("duration", 0.0))
    replications: Annotated[
        Annotated[Replications, BeforeValidator(_number), Tag("a number")] | Annotated[StoppingSpec, Tag("a rule")],
        Discriminator(_number_or_rule),
    ] = 10
    seed: Natural = 1
    record: Literal["requests", "summary"] = "requests"
    window: PositiveDuration = Field(default_factory=_default_window)
    fulfilled_within: Duration = Field(default_factory=lambda data: data.get("drain", 0.0))
    load: Positive = 1.0

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.warmup != AUTO and self.warmup >= self.duration:
            raise PydanticCustomError("run", "warmup must be shorter than duration")
        if self.duration / self.window > MOST_WINDOWS:
            raise PydanticCustomError(
                "run", f"window cuts duration into more than {MOST_WINDOWS} pieces: make it longer"
            )
        return self

    @property
    def measured_from(self) -> float:
        """Where the measured window begins, in seconds.

        Raises:
            ValueError: the warm-up is still to be found.
        """
        if self.warmup == AUTO:
            raise ValueError("warmup: auto has to be found by pilot runs before anything is measured")
        return self.warmup

    @property
    def stopping(self) -> StoppingSpec | None:
        """The rule that ends the replications; None for a fixed number."""
        return self.replications if isinstance(self.replications, StoppingSpec) else None

    @property
    def first_round(self) -> int:
        """How many replications are played in any case: all of a fixed number."""
        return FIRST_ROUND if isinstance(self.replications, StoppingSpec) else self.replications
