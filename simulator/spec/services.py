"""Services: replicas, workers, queue, balancing, discovery, and the operations they offer.

Left out: cores, unlimited workers, pools, zones, queue disciplines but fifo and lifo.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.autoscaling import AutoscaleSpec
from simulator.spec.base import Count, Flag, Natural, Spec, not_yet
from simulator.spec.chance import NEVER, Chance
from simulator.spec.laws import LawSpec
from simulator.spec.live import LIVE
from simulator.spec.policies import LimitSpec
from simulator.spec.shedding import ShedSpec
from simulator.spec.steps import Step, WorkStep
from simulator.spec.units import Duration, DurationText, PositiveDuration

StyleKind = Literal["sync", "queue", "saga", "choreography", "hybrid"]


def _kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class StyleSpec(Spec):
    """How an operation's steps are carried out. The other keys belong to `saga` and `hybrid` (times in seconds)."""

    kind: StyleKind
    undo_failed_step: Literal["never", "unknown", "always"] = "never"
    on_undo_failure: Literal["continue", "stop", "retry"] = "continue"
    timeout: PositiveDuration | None = None
    durable: Flag = False
    resume_after: Duration = 0.0

    @model_validator(mode="after")
    def _of_sagas(self) -> Self:
        extra = sorted(self.model_fields_set - {"kind"})
        if extra and self.kind not in ("saga", "hybrid"):
            text = f"{', '.join(extra)}: only for the styles saga and hybrid, not {self.kind}"
            raise PydanticCustomError("style", "{text}", {"text": text})
        return self


Style = Annotated[StyleSpec, BeforeValidator(_kind, json_schema_input_type=StyleKind | StyleSpec)]


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
    """

    later: ClassVar[frozenset[str]] = frozenset({"key", "priority"})

    work: LawSpec | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    style: Style = StyleSpec(kind="sync")
    broker: str | None = None
    on_failure: tuple[Step, ...] = ()
    client_errors: Annotated[Chance, LIVE] = NEVER
    server_errors: Annotated[Chance, LIVE] = NEVER
    pushback: Pushback | None = None
    effect: Flag = False
    idempotent: Idempotent = False

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
        """The work steps at the top level."""
        return tuple(step for step in self.steps if isinstance(step, WorkStep))


class QueueSpec(Spec):
    """Who is served next, and how many may wait at one replica (None: any number)."""

    discipline: Annotated[Literal["fifo", "lifo"], not_yet("priority", "codel", "ps")] = "fifo"
    capacity: Annotated[Natural | None, LIVE] = None


BalancingKind = Literal["round_robin", "random", "least_outstanding", "power_of_two"]


class BalancingSpec(Spec):
    """How each caller picks a replica."""

    later: ClassVar[frozenset[str]] = frozenset({"prefer", "sticky"})

    kind: BalancingKind = "round_robin"


Balancing = Annotated[BalancingSpec, BeforeValidator(_kind, json_schema_input_type=BalancingKind | BalancingSpec)]


class HealthCheckSpec(Spec):
    """Asks every replica ``every`` seconds; after ``failures`` in a row it is taken off the list."""

    every: PositiveDuration
    failures: Count = 1


class DiscoverySpec(Spec):
    """How callers learn that a replica is gone or back: by a health check, and ``propagation`` seconds later."""

    health_check: HealthCheckSpec
    propagation: Duration = 0.0


def _no_zones(value: Any) -> Any:
    if isinstance(value, Mapping):
        raise PydanticCustomError("not_available", "not available yet: {word}", {"word": "replicas by zone", "key": ""})
    return value


Replicas = Annotated[
    Count,
    BeforeValidator(_no_zones, json_schema_input_type=Count),
]


class StateSpec(Spec):
    """What the executions of a service share: a stock of ``quantity`` units, or without it a row."""

    quantity: Natural | None = None


class ServiceSpec(Spec):
    """A named service. ``workers`` is how many requests one replica serves at once; ``holds_worker`` whether a worker
    waits with its request; ``contention`` is added to work per request in flight at its start. ``state``
    names the rows and stocks that all its replicas share.

    ``shed`` and ``adaptive_limit`` refuse requests at each replica before they are queued (``codel``: as they leave
    the queue): rejected (shed). With ``autoscale``, ``replicas`` is how many there are at the beginning.
    """

    later: ClassVar[frozenset[str]] = frozenset({"cores", "pools", "extends"})

    replicas: Annotated[Replicas, LIVE] = 1
    workers: Annotated[Count, not_yet("unlimited")]
    holds_worker: Flag = True
    queue: QueueSpec = QueueSpec()
    contention: Duration = 0.0
    balancing: Balancing = BalancingSpec()
    discovery: DiscoverySpec | None = None
    state: dict[str, StateSpec] = Field(default_factory=dict)
    shed: ShedSpec | None = None
    adaptive_limit: LimitSpec | None = None
    autoscale: AutoscaleSpec | None = None
    operations: Annotated[dict[str, OperationSpec], Field(min_length=1)]

    @model_validator(mode="after")
    def _within_its_bounds(self) -> Self:
        scale = self.autoscale
        if scale is None or scale.min <= self.replicas <= scale.max:
            return self
        if "replicas" in self.model_fields_set:
            text = f"replicas: {self.replicas} lies outside of autoscale's {scale.min} to {scale.max}"
            raise PydanticCustomError("autoscale", "{text}", {"text": text})
        object.__setattr__(self, "replicas", scale.min)
        return self
