"""Services: replicas, workers, queue, balancing, discovery, and the operations they offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simulator.spec.autoscaling import AutoscaleSpec
from simulator.spec.base import Count, Flag, Natural, Spec
from simulator.spec.chance import NEVER, Chance
from simulator.spec.live import LIVE
from simulator.spec.policies import LimitSpec
from simulator.spec.resources import PoolSpec, QueueSpec, Workers
from simulator.spec.shedding import ShedSpec
from simulator.spec.sizes import Size
from simulator.spec.state import StateSpec
from simulator.spec.steps import Step, WorkStep, does_work, in_sequence
from simulator.spec.styles import Style, StyleSpec
from simulator.spec.units import Duration, DurationText, PositiveDuration
from simulator.spec.work import WorkSpec


class WindowSpec(Spec):
    """For how long repetitions are recognised (seconds)."""

    window: PositiveDuration


def _window(value: Any) -> Any:
    """``{window: 24h}`` is kept as its seconds."""
    if isinstance(value, Mapping):
        return WindowSpec.model_validate(value, context={"file": True}).window
    if isinstance(value, (bool, float)):
        return value
    raise PydanticCustomError("idempotent", "must be true, false or {window: 24h}")


Idempotent = Annotated[Flag | float, BeforeValidator(_window, json_schema_input_type=bool | WindowSpec)]


STOP = -1.0
"""The pushback ``stop``: do not come back."""


def _stop(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return STOP if value in ("stop", STOP) else handler(value)


Pushback = Annotated[Duration, WrapValidator(_stop, json_schema_input_type=DurationText | Literal["stop"])]
"""Seconds, or `STOP`."""


class OperationSpec(Spec):
    """What a service can be asked.

    ``work`` is a shorthand and empty once validated: its step is the first and only one of ``steps``.
    ``client_errors`` are drawn after the first work step, ``server_errors`` after the last: shares, or
    ``{share, per_request}`` (see `spec.chance`).
    ``idempotent``: false, true, or the seconds for which a repetition is recognised.
    ``pushback``: what its drawn server errors tell the caller: the seconds after which to come back, or ``stop``.
    ``request_size``, ``response_size``: bytes of a request, and of an answer that is ok; any other answer is empty.
    ``key``: of the experiment's `keys`, by which its caches tell requests apart; else the workload's.
    """

    work: WorkSpec | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    style: Style = StyleSpec(kind="sync")
    broker: str | None = None
    on_failure: tuple[Step, ...] = ()
    client_errors: Annotated[Chance, LIVE] = NEVER
    server_errors: Annotated[Chance, LIVE] = NEVER
    pushback: Pushback | None = None
    effect: Flag = False
    idempotent: Idempotent = False
    request_size: Size = 0.0
    response_size: Size = 0.0
    key: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _work_is_a_step(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("work") is None:
            return data
        if "steps" in data:
            text = "write work or steps, not both"
            raise PydanticCustomError("operation", "{text}", {"text": text})
        rest = {key: value for key, value in data.items() if key != "work"}
        return {**rest, "steps": [{"work": data["work"]}]}

    @property
    def work_steps(self) -> tuple[WorkStep, ...]:
        """The work steps that every execution carries out: at the top level, or inside a `with` there."""
        return tuple(step for step in in_sequence(self.steps) if isinstance(step, WorkStep))

    @property
    def does_work(self) -> bool:
        """Whether every execution works, at the top level or inside a `with` there: client errors come after that."""
        return any(does_work(step) for step in in_sequence(self.steps))


def _kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


BalancingKind = Literal["round_robin", "random", "least_outstanding", "power_of_two"]


class BalancingSpec(Spec):
    """How each caller picks a replica. With ``prefer: same_zone`` it picks among those listed in its own zone, and
    among all where none is listed there (Kubernetes, Service ``trafficDistribution: PreferClose``). ``sticky`` names
    keys: requests with the same key go to the same replica."""

    kind: BalancingKind = "round_robin"
    prefer: Literal["same_zone"] | None = None
    sticky: str | None = None


Balancing = Annotated[BalancingSpec, BeforeValidator(_kind, json_schema_input_type=BalancingKind | BalancingSpec)]


class HealthCheckSpec(Spec):
    """Asks every replica ``every`` seconds; after ``failures`` in a row it is taken off the list."""

    every: PositiveDuration
    failures: Count = 1


class DiscoverySpec(Spec):
    """How callers learn that a replica is gone or back: by a health check, and ``propagation`` seconds later."""

    health_check: HealthCheckSpec
    propagation: Duration = 0.0


def _some(value: dict[str, int]) -> dict[str, int]:
    """In order of zone; a zone may have no replica, but not every one."""
    if not sum(value.values()):
        raise PydanticCustomError("replicas", "at least one replica is needed, in whatever zone")
    return dict(sorted(value.items()))


def _shape(value: Any) -> str:
    """The tag of what is written. Tags hold a space, so that they are no key of any file's mapping."""
    return "by zone" if isinstance(value, Mapping) else "a number"


Replicas = Annotated[
    Annotated[Count, Tag("a number")] | Annotated[dict[str, Natural], AfterValidator(_some), Tag("by zone")],
    Discriminator(_shape),
]
"""How many replicas there are, or how many in each zone."""


class ServiceSpec(Spec):
    """A named service. ``workers`` is how many requests one replica serves at once; ``holds_worker`` whether a worker
    waits with its request; ``contention`` is added to work per request in flight at its start. ``cores``: what the cpu
    part of work shares at one replica. ``pools``: what `with` steps hold permits of, by name, at each replica.
    ``state`` names the rows and stocks that all its replicas share. ``replicas`` is their number, or their number by
    zone. ``extends`` names the service whose keys it took over where it wrote none of its own; the language has done
    that before a service gets here.

    ``shed`` and ``adaptive_limit`` refuse requests at each replica before they are queued (``codel``: as they leave
    the queue): rejected (shed). With ``autoscale``, ``replicas`` is how many there are at the beginning.
    """

    extends: str | None = None
    replicas: Annotated[Replicas, LIVE] = 1
    workers: Workers
    holds_worker: Flag = True
    cores: Count | None = None
    queue: QueueSpec = QueueSpec()
    contention: Duration = 0.0
    balancing: Balancing = BalancingSpec()
    discovery: DiscoverySpec | None = None
    pools: dict[str, PoolSpec] = Field(default_factory=dict)
    state: dict[str, StateSpec] = Field(default_factory=dict)
    shed: ShedSpec | None = None
    adaptive_limit: LimitSpec | None = None
    autoscale: AutoscaleSpec | None = None
    operations: Annotated[dict[str, OperationSpec], Field(min_length=1)]

    @property
    def replica_count(self) -> int:
        """How many replicas there are, over all zones."""
        return self.replicas if isinstance(self.replicas, int) else sum(self.replicas.values())

    @property
    def placement(self) -> tuple[str, ...]:
        """The zone of each replica, in order of index: those of one zone follow each other, zones in order of name.
        Empty texts where the service is in no zone."""
        if isinstance(self.replicas, int):
            return ("",) * self.replicas
        return tuple(zone for zone, number in self.replicas.items() for _ in range(number))

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that have replicas, in order of name."""
        return () if isinstance(self.replicas, int) else tuple(zone for zone, number in self.replicas.items() if number)

    def zone_of(self, index: int) -> str:
        """The zone of a replica. Those beyond `replica_count` (autoscaling makes them) go round the zones."""
        placement, zones = self.placement, self.zones
        if index < len(placement):
            return placement[index]
        return zones[(index - len(placement)) % len(zones)] if zones else ""

    @property
    def places(self) -> float:
        """`workers` as a number; infinity: unlimited."""
        return float("inf") if self.workers == "unlimited" else self.workers

    @model_validator(mode="after")
    def _fits_its_queue(self) -> Self:
        queue = self.queue
        for wrong, text in (
            (queue.shares and self.cores, "shares out the workers themselves: leave cores out, or the discipline"),
            (queue.shares and self.workers == "unlimited", "needs a number of workers to share out"),
            (queue.shares and not self.holds_worker, "holds no worker for who waits: leave holds_worker out"),
            (queue.shares and self.shed, "has no line to shed from: write a capacity or an adaptive_limit instead"),
            (queue.discipline == "codel" and self.shed, "sheds already: write shed, or this discipline, not both"),
        ):
            if wrong:
                raise PydanticCustomError("queue", "queue: {name} {text}", {"name": queue.called, "text": text})
        return self

    @model_validator(mode="after")
    def _within_its_bounds(self) -> Self:
        scale = self.autoscale
        if scale is None or scale.min <= self.replica_count <= scale.max:
            return self
        if "replicas" in self.model_fields_set:
            text = f"replicas: {self.replica_count} lies outside of autoscale's {scale.min} to {scale.max}"
            raise PydanticCustomError("autoscale", "{text}", {"text": text})
        object.__setattr__(self, "replicas", scale.min)
        return self
