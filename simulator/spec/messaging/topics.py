"""Topics, and who gets their messages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simulator.spec.base import Count, Natural, Spec
from simulator.spec.messaging.brokers import BrokerPreset
from simulator.spec.messaging.handling import BatchSpec, Deduplicate, HandlerRetry
from simulator.spec.messaging.logs import CommitRule
from simulator.spec.policies.words import OperationName
from simulator.spec.sizes import Size
from simulator.spec.steps import split_operation
from simulator.spec.units import Duration, PositiveDuration, Share

FOR_EVER = float("inf")


class SubscriptionSpec(Spec):
    """Who handles a topic's messages. ``from_`` is the time (seconds) from which the subscriber is up; ``consumers``
    None means as many as workers; ``max_deliveries`` and ``prefetch`` None mean the broker's. ``ack``: ``after`` the
    message was handled, or ``before``: by the hand-over to its consumer, at most once. ``dead_letter``: the topic where
    its dead letters are published; None: they are kept and counted. ``commit`` (kafka): when offsets are committed: by
    time (``auto``: the broker's ``auto_commit``, or a duration), after ``each`` record, or after each ``batch`` that
    a poll has brought.

    ``retry``: the consumer tries again by itself, with the message in hand, before it gives it back. ``deduplicate``:
    it remembers what it has handled. ``batch``: it handles several messages at once. ``poison``: share of messages
    that nobody can handle.
    """

    operation: OperationName
    name: str = Field(default_factory=lambda data: split_operation(data.get("operation", ""))[1])
    from_: Duration = Field(default=0.0, alias="from")
    handling: Literal["sequential", "concurrent", "workers"] = "workers"
    deliver_to: Literal["one_replica", "every_replica"] = "one_replica"
    consumers: Count | None = None
    max_deliveries: Count | None = None
    prefetch: Natural | None = None
    ack: Literal["before", "after"] = "after"
    dead_letter: str | None = None
    commit: CommitRule = "auto"
    retry: HandlerRetry | None = None
    deduplicate: Deduplicate = False
    batch: BatchSpec | None = None
    poison: Share = 0.0

    @property
    def remembered_for(self) -> float | None:
        """For how many seconds the consumer knows again what it has handled; None: it does not."""
        window = self.deduplicate
        return None if window is False else FOR_EVER if window is True else float(window)

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
    ``message_size``: bytes of a message, to the broker and from it. ``key``: the name of the keys that tell its
    messages apart where order is kept by them; None: those of its requests, if they have any. ``partitions`` (kafka)
    and ``retention`` (how long a message is kept, seconds): None means the broker's."""

    broker: str
    subscribers: tuple[Subscription, ...] = ()
    message_size: Size = 0.0
    key: str | None = None
    partitions: Count | None = None
    retention: PositiveDuration | None = None
