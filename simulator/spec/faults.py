"""What goes wrong, where and when; and the named periods that tables report by."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Positive, Spec
from simulator.spec.laws import LawSpec
from simulator.spec.network import ZONE
from simulator.spec.occurrence import Occurrence
from simulator.spec.units import Duration, PositiveDuration, Share

TargetKind = Literal["service", "replica", "operation", "edge", "edge_both", "broker", "topic", "zone", "cache"]

_NAME = r'[^."*\[\]]+?'
_EDGE = re.compile(rf"^({_NAME})\s*(<->|->)\s*({_NAME})$")
_ZONE = re.compile(rf"^zone:\s*({_NAME})$")
_REPLICA = re.compile(rf"^({_NAME})\[(\d{{1,6}})\]$")


class TargetSpec(Spec):
    """What a fault hits. ``name`` is the service, broker, topic, zone, cache or the edge's sender; ``other`` the edge's
    receiver; an edge between zones has ``zone:a`` at both ends. ``operation`` and ``replica`` (from 0) where the kind
    has them."""

    kind: TargetKind
    name: str
    other: str = ""
    operation: str = ""
    replica: int = -1


def parse_target(text: str) -> TargetSpec:
    """Reads ``service``, ``service[i]``, ``service.op``, ``a -> b``, ``a <-> b``, ``zone:z``, ``zone:a -> zone:b``,
    ``zone:a <-> zone:b``, ``broker:b``, ``topic:t`` or ``cache:c``.

    Raises:
        ValueError: none of these; the text says what they look like.
    """
    words = text.strip()
    if words.startswith("broker:"):
        return TargetSpec(kind="broker", name=words.removeprefix("broker:").strip())
    if words.startswith("topic:"):
        return TargetSpec(kind="topic", name=words.removeprefix("topic:").strip())
    if words.startswith("cache:"):
        return TargetSpec(kind="cache", name=words.removeprefix("cache:").strip())
    if edge := _EDGE.match(words):
        return _edge(edge[1], edge[2], edge[3])
    if zone := _ZONE.match(words):
        return TargetSpec(kind="zone", name=zone[1])
    if replica := _REPLICA.match(words):
        return TargetSpec(kind="replica", name=replica[1], replica=int(replica[2]))
    parts = words.split(".")
    if len(parts) == 2 and all(parts):
        return TargetSpec(kind="operation", name=parts[0], operation=parts[1])
    if len(parts) == 1 and re.match(rf"^{_NAME}$", words):
        return TargetSpec(kind="service", name=words)
    raise ValueError(
        f"{words!r} is no target: write service, service[0], service.operation, a -> b, a <-> b, zone:z, broker:b, "
        "topic:t or cache:c"
    )


def _edge(sender: str, arrow: str, receiver: str) -> TargetSpec:
    zoned = [_ZONE.match(end) for end in (sender, receiver)]
    if any(zoned) and not all(zoned):
        raise ValueError(f"{sender} {arrow} {receiver}: write both ends as zones or both as names")
    names = [f"{ZONE}{zone[1]}" if zone else end for zone, end in zip(zoned, (sender, receiver), strict=True)]
    return TargetSpec(kind="edge" if arrow == "->" else "edge_both", name=names[0], other=names[1])


class _Fault(Occurrence):
    """What all faults have: when they strike (see `spec.occurrence`) and what they hit. Their ``name`` is their kind
    unless another is written."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("service", "replica", "operation", "zone")

    name: str = ""
    target: str
    replicas: Count | None = None

    @field_validator("target")
    @classmethod
    def _fits(cls, value: str) -> str:
        try:
            kind = parse_target(value).kind
        except ValueError as error:
            raise PydanticCustomError("target", "{text}", {"text": str(error)}) from None
        if kind not in cls.targets:
            text = f"this fault cannot hit the {_SHOWN[kind]} {value!r}: {_listed(cls.targets)}"
            raise PydanticCustomError("target", "{text}", {"text": text})
        return value

    @model_validator(mode="after")
    def _named_after_its_kind(self) -> Self:
        if not self.name:
            object.__setattr__(self, "name", getattr(self, "kind", ""))
        return self

    @model_validator(mode="after")
    def _first_ones(self) -> Self:
        if self.replicas is not None and self.parsed_target.kind not in ("service", "operation"):
            raise PydanticCustomError("target", "replicas: only for a target that is a service or an operation")
        return self

    @property
    def parsed_target(self) -> TargetSpec:
        """The target taken apart."""
        return parse_target(self.target)

    @property
    def hits_links(self) -> bool:
        """Whether it strikes what is under way between places, and not the replicas there."""
        return "edge" in self.targets


_SHOWN: dict[str, str] = {"edge_both": "edge"}
_SHOWN.update({kind: kind for kind in ("service", "replica", "operation", "edge", "broker", "topic", "zone", "cache")})
_WRITTEN: dict[str, str] = {
    "service": "service",
    "replica": "service[0]",
    "operation": "service.operation",
    "edge": "a -> b",
    "edge_both": "a <-> b",
    "broker": "broker:b",
    "topic": "topic:t",
    "zone": "zone:z",
    "cache": "cache:c",
}


def _listed(kinds: tuple[TargetKind, ...]) -> str:
    return "write " + " or ".join(_WRITTEN[kind] for kind in kinds)


class SlowdownFault(_Fault):
    """Work that begins meanwhile takes ``factor`` times as long."""

    kind: Literal["slowdown"] = "slowdown"
    factor: Positive


class LatencyFault(_Fault):
    """Messages on the link take longer by ``add`` (one way)."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("edge", "edge_both", "zone")
    kind: Literal["latency"] = "latency"
    add: LawSpec


class ErrorsFault(_Fault):
    """A share of the executions ends as server_error."""

    kind: Literal["errors"] = "errors"
    share: Share


class CrashFault(_Fault):
    """Replicas are gone, with all that they held; they come back empty."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("service", "replica", "zone")
    kind: Literal["crash"] = "crash"


class PauseFault(_Fault):
    """Replicas answer nothing and lose nothing."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("service", "replica", "zone")
    kind: Literal["pause"] = "pause"


class PartitionFault(_Fault):
    """Nothing passes the link: dropped in silence, or refused at once."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("edge", "edge_both", "zone")
    kind: Literal["partition"] = "partition"
    mode: Literal["drop", "refuse"] = "drop"


class LossFault(_Fault):
    """A share of the messages on the link never arrives."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("edge", "edge_both", "zone")
    kind: Literal["loss"] = "loss"
    share: Share


class BrokerDownFault(_Fault):
    """The broker accepts and delivers nothing; a durable one keeps what it has."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("broker",)
    kind: Literal["broker_down"] = "broker_down"


class FlushFault(_Fault):
    """Empties every cache of that name, at every service and replica: in an instant, or so that for a time (``for``)
    they also keep nothing."""

    targets: ClassVar[tuple[TargetKind, ...]] = ("cache",)
    instant: ClassVar[bool] = True
    kind: Literal["flush"] = "flush"


AnyFault = (
    SlowdownFault
    | LatencyFault
    | ErrorsFault
    | CrashFault
    | PauseFault
    | PartitionFault
    | LossFault
    | BrokerDownFault
    | FlushFault
)
"""Any fault, for annotations."""

FaultSpec = Annotated[AnyFault, Field(discriminator="kind")]


class PhaseSpec(Spec):
    """A named period, from ``from_`` to ``to`` (seconds)."""

    from_: Duration = Field(alias="from")
    to: PositiveDuration

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.to <= self.from_:
            raise PydanticCustomError("phase", "'to' must be later than 'from'")
        return self
