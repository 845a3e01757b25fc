"""Who asks, for what, and when. Left out: spikes, diurnal load, mmpp, traces, batches and priorities."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Spec, not_yet
from simulator.spec.laws import ConstantLaw, FreshLawSpec
from simulator.spec.policies.words import OperationName
from simulator.spec.steps import split_operation
from simulator.spec.units import PositiveDuration, PositiveRate, Rate


class PoissonArrivals(Spec):
    """Independent requests at a mean rate (per second)."""

    process: Literal["poisson"] = "poisson"
    rate: PositiveRate


class ConstantArrivals(Spec):
    """Requests at equal distances."""

    process: Literal["constant"] = "constant"
    rate: PositiveRate


class RenewalArrivals(Spec):
    """Independent distances, all from one law."""

    process: Literal["renewal"] = "renewal"
    law: FreshLawSpec

    @model_validator(mode="after")
    def _some_distance(self) -> Self:
        if self.law.mean() <= 0:
            raise PydanticCustomError("arrivals", "the mean distance between arrivals must be above 0")
        return self


class ClosedArrivals(Spec):
    """A number of users, each of whom asks, waits for the answer, thinks, and asks again."""

    process: Literal["closed"] = "closed"
    users: Count
    think: FreshLawSpec = ConstantLaw(value=0.0)


class StageSpec(Spec):
    """``rate`` held, or ``ramp_to`` reached linearly, over ``for_`` seconds."""

    rate: Rate | None = None
    ramp_to: Rate | None = None
    for_: PositiveDuration = Field(alias="for")

    @model_validator(mode="after")
    def _one_goal(self) -> Self:
        if (self.rate is None) == (self.ramp_to is None):
            raise PydanticCustomError("stage", "a stage needs either rate or ramp_to")
        return self


class StagesArrivals(Spec):
    """Poisson arrivals whose rate follows stages, one after the other; after the last nobody arrives. A ramp begins at
    the rate that the stage before ended with (0 for the first)."""

    process: Literal["stages"] = "stages"
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1)]


AnyArrivals = PoissonArrivals | ConstantArrivals | RenewalArrivals | ClosedArrivals | StagesArrivals
"""Any arrival process, for annotations."""

ArrivalsSpec = Annotated[
    Annotated[AnyArrivals, Field(discriminator="process")],
    not_yet("spike", "diurnal", "mmpp", "trace", key="process"),
]


class WorkloadSpec(Spec):
    """One stream of requests: calls of an operation, requests to a path, or messages to a topic. ``name`` is the
    operation's own name unless written; ``callers`` is how many client replicas share the stream. ``key`` names the
    keys of its requests, for operations that name none."""

    later: ClassVar[frozenset[str]] = frozenset({"priority", "batch"})

    call: OperationName | None = None
    path: Annotated[str, Field(pattern="^/")] | None = None
    publish: str | None = None
    name: str = Field(default_factory=lambda data: split_operation(data.get("call") or "")[1])
    arrivals: ArrivalsSpec
    callers: Count = 1
    key: str | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if sum(target is not None for target in (self.call, self.path, self.publish)) != 1:
            raise PydanticCustomError("workload", "write one of call, path and publish")
        if not self.name:
            raise PydanticCustomError("workload", "an entry with a path or publish needs a name")
        return self
