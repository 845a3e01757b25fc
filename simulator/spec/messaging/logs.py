"""Values that only a log has: when its consumers commit, and when its publishers have their confirmation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from simulator.spec.units import DurationText, above_zero, parse_duration

_RULES = ("auto", "each", "batch")


def _commit(value: Any) -> Any:
    if value in _RULES or type(value) is float:
        return value
    try:
        return above_zero(parse_duration(value))
    except (ValueError, AttributeError, TypeError):
        raise PydanticCustomError("commit", "must be auto, each, batch, or a duration like 5s") from None


CommitRule = Annotated[
    Literal["auto", "each", "batch"] | float,
    BeforeValidator(_commit, json_schema_input_type=Literal["auto", "each", "batch"] | DurationText),
]
"""When a consumer of a log commits its offsets: by the broker's interval or so many seconds, after each record, or when
everything that a poll has brought is handled."""


def _acks(value: Any) -> Any:
    if isinstance(value, bool) or value not in ("all", 1, 0):
        raise PydanticCustomError("acks", "must be all, 1 or 0")
    return value


Acks = Annotated[Literal["all", 1, 0], BeforeValidator(_acks, json_schema_input_type=Literal["all", 1, 0])]
"""Which replicas of a log have a record when its publisher is told so: all, the leader, or none."""
