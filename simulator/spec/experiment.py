"""The whole experiment file as one model, and what its tables are called."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from simulator.spec.base import Spec
from simulator.spec.changes import ChangeSpec
from simulator.spec.faults import FaultSpec, PhaseSpec
from simulator.spec.keys import KeysSpec
from simulator.spec.live import LIVE
from simulator.spec.messaging.brokers import BrokerSpec
from simulator.spec.messaging.topics import TopicSpec
from simulator.spec.network import LinkSpec, RouteSpec
from simulator.spec.policies import CallSpec
from simulator.spec.run import RunSpec
from simulator.spec.services import ServiceSpec
from simulator.spec.workload import WorkloadSpec

CLIENT = "client"
"""The workload's name as a caller."""


class DefaultsSpec(Spec):
    """What holds for everything not named."""

    network: LinkSpec = LinkSpec()


class CheckSpec(Spec):
    """What ``--check`` asks: which variants (none named: all), and whether undecided is a failure."""

    variants: tuple[str, ...] = ()
    undecided: Literal["fail", "warn"] = "warn"


Entry = Annotated[
    CallSpec,
    BeforeValidator(
        lambda value: {"extends": value} if isinstance(value, str) else value,
        json_schema_input_type=str | CallSpec,
    ),
]
"""One entry of `policies` or `calls`; a bare name is ``{extends: name}``."""


class ExperimentSpec(Spec):
    """Every table of the file. Mappings are in order of name, workload, faults, changes and subscriptions too: only
    lists of steps are sequences. ``objectives``, ``variants`` and ``sweep`` are read by the language, not here."""

    callsim: Literal[1] = 1
    name: str = ""
    description: str = ""
    include: tuple[str, ...] = ()
    defaults: DefaultsSpec = DefaultsSpec()
    services: Annotated[dict[str, ServiceSpec], Field(min_length=1)]
    network: dict[str, LinkSpec] = Field(default_factory=dict)
    routes: dict[str, RouteSpec] = Field(default_factory=dict)
    keys_: dict[str, KeysSpec] = Field(default_factory=dict, alias="keys")
    brokers: dict[str, BrokerSpec] = Field(default_factory=dict)
    topics: dict[str, TopicSpec] = Field(default_factory=dict)
    policies: Annotated[dict[str, Entry], LIVE] = Field(default_factory=dict)
    calls: Annotated[dict[str, Entry], LIVE] = Field(default_factory=dict)
    workload: Annotated[tuple[WorkloadSpec, ...], Field(min_length=1)]
    faults: tuple[FaultSpec, ...] = ()
    changes: tuple[ChangeSpec, ...] = ()
    phases: dict[str, PhaseSpec] = Field(default_factory=dict)
    objectives: dict[str, dict[str, Any]] = Field(default_factory=dict)
    check: CheckSpec = CheckSpec()
    run: RunSpec
    baseline: str | None = None
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    sweep: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order_of_name(self) -> Self:
        topics = {name: self._sorted_topic(topic) for name, topic in self.topics.items()}
        services = {
            name: service.model_copy(
                update={table: dict(sorted(getattr(service, table).items())) for table in ("operations", "pools")}
            )
            for name, service in self.services.items()
        }
        tables: dict[str, Any] = {"services": services, "topics": topics}
        for table in ("network", "routes", "keys_", "brokers", "policies", "calls", "phases"):
            tables[table] = getattr(self, table)
        for table, content in tables.items():
            object.__setattr__(self, table, dict(sorted(content.items())))
        object.__setattr__(self, "workload", tuple(sorted(self.workload, key=lambda entry: entry.name)))
        object.__setattr__(self, "faults", tuple(sorted(self.faults, key=lambda fault: fault.name)))
        object.__setattr__(self, "changes", tuple(sorted(self.changes, key=lambda change: change.name)))
        return self

    def _sorted_topic(self, topic: TopicSpec) -> TopicSpec:
        broker = self.brokers.get(topic.broker)
        subscribers = [
            entry.with_defaults_of(broker.preset) if broker else entry
            for entry in sorted(topic.subscribers, key=lambda entry: (entry.name, entry.operation))
        ]
        return topic.model_copy(update={"subscribers": tuple(subscribers)})
