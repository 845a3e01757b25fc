"""How much work a step is: one law, or a part that computes and a part that waits for a device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Discriminator, Tag, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Spec
from simulator.spec.laws import LawSpec


class WorkParts(Spec):
    """Work in two parts, one after the other: ``cpu`` shares the service's cores, ``io`` waits for a device and does
    not. Where the service has no cores they are added up."""

    cpu: LawSpec | None = None
    io: LawSpec | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.cpu is None and self.io is None:
            raise PydanticCustomError("step", "work in parts needs cpu, io or both")
        return self


def _parts_or_law(value: Any) -> str:
    """The tag of written work. Tags hold a space, so that they are no key of any file's mapping."""
    if isinstance(value, WorkParts) or (isinstance(value, Mapping) and ("cpu" in value or "io" in value)):
        return "work parts"
    return "work law"


WorkSpec = Annotated[
    Annotated[LawSpec, Tag("work law")] | Annotated[WorkParts, Tag("work parts")], Discriminator(_parts_or_law)
]
"""How much work: a law, or `WorkParts`."""
