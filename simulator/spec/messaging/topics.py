"""Topics, and who gets their messages."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from simulator.spec.base import Count, Spec
from simulator.spec.messaging.brokers import BrokerPreset
from simulator.spec.policies.words import OperationName
from simulator.spec.sizes import Size
from simulator.spec.steps import split_operation
from simulator.spec.units import Duration


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
