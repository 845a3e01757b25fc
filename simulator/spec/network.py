"""Links between services, and the routes of a gateway."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Spec
from simulator.spec.laws import ConstantLaw, LawSpec
from simulator.spec.live import LIVE
from simulator.spec.policies.words import OperationName
from simulator.spec.sizes import Bandwidth
from simulator.spec.units import Share

ZONE = "zone:"
"""What stands before the name of a zone, at the ends of a link and in the targets of faults."""


class LinkSpec(Spec):
    """One way of a link: how long a message travels, the share that never arrives, and how many bytes a second pass
    (None: as many as come). All replicas and operations between the two names share the bandwidth."""

    latency: Annotated[LawSpec, LIVE] = ConstantLaw(value=0.0)
    loss: Annotated[Share, LIVE] = 0.0
    bandwidth: Bandwidth | None = None


class RouteBranchSpec(Spec):
    """One version behind a route and its share of the requests."""

    to: OperationName
    share: Annotated[Share, LIVE]


class RouteSpec(Spec):
    """Sends paths that begin with ``prefix``, arriving at service ``on``, to one operation or to several versions.
    ``sticky`` names keys: requests with the same key take the same branch."""

    on: str
    prefix: Annotated[str, Field(pattern="^/")]
    to: OperationName | None = None
    split: dict[str, RouteBranchSpec] = Field(default_factory=dict)
    match: Literal["longest", "any"] = "longest"
    sticky: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.to is None) == (not self.split):
            raise PydanticCustomError("route", "write either to or split")
        total = sum(branch.share for branch in self.split.values())
        if self.split and abs(total - 1) > 1e-9:
            text = f"the shares of a split add up to 100%, not {100 * total:g}%"
            raise PydanticCustomError("route", "{text}", {"text": text})
        return self

    @property
    def branches(self) -> dict[str, RouteBranchSpec]:
        """Every branch by name, in order of name; a route without a split has one, named ``all``."""
        if self.to is not None:
            return {"all": RouteBranchSpec(to=self.to, share=1.0)}
        return dict(sorted(self.split.items()))
