"""What changes during a run: paths set to other values, services deployed anew."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Spec
from simulator.spec.units import Duration, PositiveDuration


class ChangeSpec(Spec):
    """At ``at`` (seconds) either ``set``, paths and their values from then on, or ``deploy``, a service whose replicas
    are replaced one after the other, each out for ``one_at_a_time`` seconds.

    ``name`` is ``deploy`` or ``change`` unless written.
    """

    name: str = ""
    at: Duration
    set: dict[str, Any] | None = Field(default=None, min_length=1)
    deploy: str | None = None
    one_at_a_time: PositiveDuration | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.set is None) == (self.deploy is None):
            raise PydanticCustomError("change", "write one of set and deploy")
        if (self.deploy is None) != (self.one_at_a_time is None):
            text = "deploy needs 'one_at_a_time': how long each replica is out, and nothing else has it"
            raise PydanticCustomError("change", "{text}", {"text": text})
        if not self.name:
            object.__setattr__(self, "name", "change" if self.deploy is None else "deploy")
        return self
