"""Brokers, topics and subscriptions.

Left out: streams, logs, exchanges and their partitions, retention, acknowledgement and dead-letter settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Spec, in_file, not_yet
from simulator.spec.laws import ConstantLaw, LawSpec
from simulator.spec.policies.words import OperationName
from simulator.spec.sizes import Size
from simulator.spec.steps import split_operation
from simulator.spec.units import Duration, DurationText, PositiveDuration

BrokerPreset = Literal["redis_pubsub", "durable_queue"]

_ONLY_DURABLE = ("visibility_timeout", "max_deliveries", "redelivery_delay", "prefetch")


def _or_visibility(value: Any) -> Any:
    return None if value == "visibility_timeout" else value


class BrokerSpec(Spec):
    """What carries messages. `durable_queue` keeps them until they are acknowledged; `redis_pubsub` hands them to
    whoever listens now. ``redelivery_delay`` (seconds) is the visibility timeout unless the file says otherwise."""

    preset: Annotated[BrokerPreset, not_yet("redis_streams", "rabbitmq", "sqs", "kafka")]
    publish_latency: LawSpec = ConstantLaw(value=0.001)
    delivery_latency: LawSpec = ConstantLaw(value=0.001)
    visibility_timeout: PositiveDuration = 30.0
    max_deliveries: Count = 5
    redelivery_delay: Annotated[
        Duration,
        Field(default_factory=lambda data: data.get("visibility_timeout", 30.0)),
        BeforeValidator(lambda value: value, json_schema_input_type=DurationText | Literal["visibility_timeout"]),
    ]
    prefetch: Count = 1

    @model_validator(mode="before")
    @classmethod
    def _symbolic_delay(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and _or_visibility(data.get("redelivery_delay", "")) is None:
            return {key: value for key, value in data.items() if key != "redelivery_delay"}
        return data

    @model_validator(mode="after")
    def _of_queues(self, info: ValidationInfo) -> Self:
        extra = [key for key in _ONLY_DURABLE if key in self.model_fields_set]
        if self.preset == "redis_pubsub" and extra and in_file(info):
            text = f"{', '.join(extra)}: redis_pubsub delivers once and at once; only durable_queue has this"
            raise PydanticCustomError("broker", "{text}", {"text": text})
        return self


class SubscriptionSpec(Spec):
    """Who handles a topic's messages. ``from_`` is the time (seconds) from which the subscriber is up; ``consumers``
    None means as many as workers; ``max_deliveries`` None means the broker's."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"prefetch", "ack", "commit", "retry", "dead_letter", "deduplicate", "batch", "poison"}
    )

    operation: OperationName
    name: str = Field(default_factory=lambda data: split_operation(data.get("operation", ""))[1])
    from_: Duration = Field(default=0.0, alias="from")
    handling: Literal["sequential", "concurrent", "workers"] = "workers"
    deliver_to: Literal["one_replica", "every_replica"] = "one_replica"
    consumers: Count | None = None
    max_deliveries: Count | None = None

    def with_defaults_of(self, preset: BrokerPreset) -> SubscriptionSpec:
        """The same subscription with what the broker's kind implies where nothing was written."""
        if preset != "redis_pubsub":
            return self
        implied: dict[str, Any] = {"handling": "concurrent", "deliver_to": "every_replica"}
        missing = {key: value for key, value in implied.items() if key not in self.model_fields_set}
        return self.model_copy(update=missing) if missing else self


Subscription = Annotated[
    SubscriptionSpec,
    BeforeValidator(
        lambda value: {"operation": value} if isinstance(value, str) else value,
        json_schema_input_type=OperationName | SubscriptionSpec,
    ),
]


class TopicSpec(Spec):
    """A named stream of messages on a broker, and who gets them (sorted by name: their order means nothing).
    ``message_size``: bytes of a message, to the broker and from it."""

    later: ClassVar[frozenset[str]] = frozenset({"partitions", "key", "retention"})

    broker: str
    subscribers: tuple[Subscription, ...] = ()
    message_size: Size = 0.0
