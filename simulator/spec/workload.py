"""Who asks, for what, and how many at once. When they ask: see `spec.arrivals`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.arrivals import ArrivalsSpec, BatchSpec, ClosedArrivals, TraceArrivals
from simulator.spec.base import Count, Spec
from simulator.spec.policies.words import OperationName
from simulator.spec.steps import split_operation


class WorkloadSpec(Spec):
    """One stream of requests: calls of an operation, requests to a path, or messages to a topic. ``name`` is the
    operation's own name unless written; ``callers`` is how many client replicas share the stream; each arrival brings
    ``batch`` requests at once (1 where nothing is written; rates are of batches). ``priority``: of its requests at
    services whose queue goes by it, wherever they come by; larger is served first. ``key`` names
    the keys of its requests, for operations that name none."""

    call: OperationName | None = None
    path: Annotated[str, Field(pattern="^/")] | None = None
    publish: str | None = None
    name: str = Field(default_factory=lambda data: split_operation(data.get("call") or "")[1])
    arrivals: ArrivalsSpec
    batch: BatchSpec | None = None
    callers: Count = 1
    priority: Annotated[int, Field(strict=True)] = 0
    key: str | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if sum(target is not None for target in (self.call, self.path, self.publish)) != 1:
            raise PydanticCustomError("workload", "write one of call, path and publish")
        if not self.name:
            raise PydanticCustomError("workload", "an entry with a path or publish needs a name")
        return self

    @model_validator(mode="after")
    def _batches_arrive(self) -> Self:
        if self.batch is None:
            return self
        if isinstance(self.arrivals, ClosedArrivals):
            raise PydanticCustomError("workload", "batch: closed users ask one at a time; write more users instead")
        if isinstance(self.arrivals, TraceArrivals) and self.arrivals.given:
            raise PydanticCustomError(
                "workload", "batch: the trace names a key for each arrival, which is one request; leave one of them out"
            )
        return self
