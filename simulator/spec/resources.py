"""What requests share at a replica: workers, the line in front of them, pools."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import PlainValidator, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError

from simulator.spec.base import Count, Flag, Natural, Spec, hint
from simulator.spec.live import LIVE
from simulator.spec.units import Duration, PositiveDuration

UNLIMITED = "unlimited"
"""As many workers as there are requests."""


def _number_or_unlimited(value: Any) -> int | str:
    """One complaint about one value, which a union would not give."""
    if value == UNLIMITED:
        return UNLIMITED
    if isinstance(value, str):
        text = f"must be a whole number, or {UNLIMITED}{hint(value, [UNLIMITED])}"
        raise PydanticCustomError("workers", "{text}", {"text": text})
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticKnownError("int_type")
    if value < 1:
        raise PydanticKnownError("greater_than_equal", {"ge": 1})
    return value


Workers = Annotated[
    int | Literal["unlimited"],
    PlainValidator(_number_or_unlimited, json_schema_input_type=Count | Literal["unlimited"]),
]
"""How many requests one replica serves at once: a whole number from 1, or ``unlimited``."""

Discipline = Literal["fifo", "lifo", "priority", "codel", "ps"]


class QueueSpec(Spec):
    """Who is served next, and how many may wait at one replica (``capacity``; None: any number).

    ``priority``: the largest `priority` of the workload first; with ``preemptive`` it takes the worker from who has a
    smaller one, who goes on later where it stopped (preemptive resume). ``ps``: nobody waits, all share the workers
    alike (processor sharing). ``codel``: first come first served, dropping by RFC 8289 as requests come to a worker,
    with its ``target`` and ``interval`` (seconds).
    """

    discipline: Discipline = "fifo"
    capacity: Annotated[Natural | None, LIVE] = None
    preemptive: Flag = False
    target: PositiveDuration = 0.005
    interval: PositiveDuration = 0.1

    @property
    def shares(self) -> bool:
        """Whether the workers are shared out among all requests that are there."""
        return self.discipline == "ps" or self.preemptive

    @property
    def called(self) -> str:
        """The discipline in words."""
        return f"preemptive {self.discipline}" if self.preemptive else self.discipline

    @model_validator(mode="after")
    def _of_its_discipline(self) -> Self:
        for key, owner in (("preemptive", "priority"), ("target", "codel"), ("interval", "codel")):
            if key in self.model_fields_set and self.discipline != owner and (key != "preemptive" or self.preemptive):
                text = f"{key} belongs to discipline: {owner}, not to {self.discipline}"
                raise PydanticCustomError("queue", "{text}", {"text": text})
        return self


class PoolSpec(Spec):
    """Permits of one replica: ``size`` of them, for which a `with` step waits ``wait`` seconds (None: for ever; 0: not
    at all), first come first served."""

    size: Count
    wait: Duration | None = None
