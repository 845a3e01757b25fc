"""What publishers see of a broker: how much it takes, and what they do while they cannot reach it.

Sources: Apache Kafka documentation, "Producer configs" (max.block.ms, delivery.timeout.ms, buffer.memory); Amazon SQS
developer guide, "Quotas" (300 calls per second and action for FIFO queues).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Spec
from simulator.spec.units import PositiveDuration

WhenDownKind = Literal["error", "block", "buffer"]

USUAL_WAIT: Mapping[WhenDownKind, float] = {"error": 0.0, "block": 60.0, "buffer": 120.0}
"""How long publishers wait, in seconds: Kafka's max.block.ms and delivery.timeout.ms."""


class WhenDownSpec(Spec):
    """What a publisher does that cannot reach the broker: because it is down, or a partition or a lost word lies
    between.

    ``error``: it is told at once (``unreachable``). ``block``: it waits, at most ``wait`` seconds (60), and tries
    again. ``buffer``: its client library keeps the message, answers ok at once and sends it when the broker is back;
    after ``wait`` seconds (120) it gives up and the message is lost (``expired``). ``limit``: messages that one
    publishing replica keeps (None: any number); beyond, a publisher is ``rejected`` (queue_full).
    """

    kind: WhenDownKind = "error"
    wait: PositiveDuration | None = None
    limit: Count | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.limit is not None and self.kind != "buffer":
            raise _wrong(f"only a buffer has a limit: kind is {self.kind}")
        if self.wait is not None and self.kind == "error":
            raise _wrong("who is told at once does not wait: write kind: block or kind: buffer")
        return self

    @property
    def patience(self) -> float:
        """How long it waits, in seconds."""
        return USUAL_WAIT[self.kind] if self.wait is None else self.wait


WhenDown = Annotated[
    WhenDownSpec,
    BeforeValidator(
        lambda value: {"kind": value} if isinstance(value, str) else value,
        json_schema_input_type=WhenDownKind | WhenDownSpec,
    ),
]
"""As it is written: a word, or a mapping."""


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("when_down", "{text}", {"text": text})


def without_overload(data: Any) -> bool:
    """Whether `data` says what happens beyond a capacity, and gives none."""
    return isinstance(data, Mapping) and data.get("overload") is not None and data.get("capacity") is None
