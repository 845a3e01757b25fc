"""Words that all policies share: which outcomes count, where state lives, how a policy is written or taken away."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from simulator.spec.base import Natural
from simulator.spec.units import Duration, DurationText

FailureName = Literal["client_error", "server_error", "timeout", "unreachable", "rejected", "cancelled"]
"""Outcomes other than ok, as a file writes them."""

Cancel = Literal["never", "at_dequeue", "queued", "always"]
"""What a given-up call still costs the callee."""

TRANSIENT: tuple[FailureName, ...] = ("server_error", "timeout", "unreachable")
"""What a retry repeats and a breaker counts unless the file says otherwise."""

EVERY_ERROR: tuple[FailureName, ...] = ("client_error", "server_error", "timeout", "unreachable", "rejected")
"""What the document's breaker counts."""

Scope = Literal["caller", "edge", "callee"]
"""Where a policy's state lives: one per calling replica and called service (a library in a process), one shared by
all callers of the edge (idealised), or one per called replica."""

OPERATION_PATTERN = r'^[^."*\[\]]+\.[^."*\[\]]+$'

OperationName = Annotated[str, Field(pattern=OPERATION_PATTERN, max_length=401)]
"""``service.operation``."""


def wrong(text: str) -> PydanticCustomError:
    """The error that a policy's own rules raise."""
    return PydanticCustomError("policy", "{text}", {"text": text})


def named(key: str, written: Any) -> BeforeValidator:
    """A bare text or number is the mapping that says only ``key``."""

    def expand(value: Any) -> Any:
        return {key: value} if isinstance(value, (str, int, float)) else value

    return BeforeValidator(expand, json_schema_input_type=written)


class OrNone:
    """The text ``none`` takes an inherited policy away: the key is then set, and its value None."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_taken_away, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"const": "none", "type": "string"}]}


def _taken_away(value: Any) -> Any:
    return None if value == "none" else value


Written = TypeVar("Written")
Own = Annotated[Written | None, OrNone()]
"""A policy that may be absent, and that ``none`` takes away."""


def _without_limit(value: Any) -> Any:
    return None if value == "unlimited" else value


Places = Annotated[
    Natural | None, BeforeValidator(_without_limit, json_schema_input_type=Natural | Literal["unlimited"])
]
"""A number of places, from 0; the text ``unlimited`` is None."""

Wait = Annotated[
    Duration | None, BeforeValidator(_without_limit, json_schema_input_type=DurationText | Literal["unlimited"])
]
"""Seconds, from 0; the text ``unlimited`` is None."""
