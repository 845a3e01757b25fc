"""Brokers, one model per preset. A key that means the same has the same name everywhere, so that a variant can swap
the preset alone; the docstrings say what the product calls it.

Sources: Redis documentation ("Pub/Sub", XREADGROUP, XAUTOCLAIM); RabbitMQ documentation ("Consumer prefetch",
"Queue length limit", "Quorum queues", "Dead letter exchanges"); Amazon SQS developer guide ("Visibility timeout",
"Dead-letter queues", "FIFO delivery logic"); Apache Kafka documentation ("Producer configs", "Consumer configs").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Flag, Natural, Spec, in_file
from simulator.spec.laws import ConstantLaw, LawSpec
from simulator.spec.messaging.logs import Acks
from simulator.spec.messaging.publishing import WhenDown, WhenDownSpec, without_overload
from simulator.spec.sizes import Size
from simulator.spec.units import Duration, DurationText, PositiveDuration, PositiveRate, Share

BrokerPreset = Literal["redis_pubsub", "durable_queue", "redis_streams", "rabbitmq", "sqs", "kafka"]


class BrokerBase(Spec):
    """What all brokers have. ``publish_latency``: from the message's arrival at the broker to its confirmation;
    ``delivery_latency``: added to the way of each delivery to its consumer.

    ``capacity``: messages per second that the broker can take in or hand out (None: any number). ``overload``: what
    comes beyond it stands in one line with the deliveries (``wait``), or is refused once a second's worth has been
    used up (``reject``: ``rejected``, rate_limited; deliveries are then not counted). ``when_down``: what publishers do
    that cannot reach it.
    """

    publish_latency: LawSpec = ConstantLaw(value=0.001)
    delivery_latency: LawSpec = ConstantLaw(value=0.001)
    capacity: PositiveRate | None = None
    overload: Literal["wait", "reject"] = "wait"
    when_down: WhenDown = WhenDownSpec()

    @model_validator(mode="before")
    @classmethod
    def _capacity_to_exceed(cls, data: Any) -> Any:
        if without_overload(data):
            raise PydanticCustomError("overload", "overload says what happens beyond a capacity: write capacity too")
        return data


class CutOffSpec(Spec):
    """When Redis disconnects a subscriber that reads too slowly (``client-output-buffer-limit pubsub 32mb 8mb 60``).

    It is cut off as soon as more than ``hard`` bytes wait for it, or more than ``soft`` for ``for`` seconds on end (0:
    no such limit); then it is back after ``reconnect`` seconds. What waits counts ``message_size`` bytes a message.
    """

    hard: Size = 32e6
    soft: Size = 8e6
    for_: PositiveDuration = Field(default=60.0, alias="for")
    reconnect: Duration = 1.0


class RedisPubSubSpec(BrokerBase):
    """Redis Pub/Sub: hands messages to whoever listens now, once, and keeps nothing. ``cut_off``: what becomes of slow
    subscribers of topics whose messages have a size."""

    preset: Literal["redis_pubsub"] = "redis_pubsub"
    cut_off: CutOffSpec = CutOffSpec()


class QueueBroker(BrokerBase):
    """What all brokers have that keep messages until a consumer has acknowledged them.

    ``visibility_timeout``: how long a consumer may hold a message before it is given to another, counted from the
    hand-over. ``prefetch``: messages that one consumer holds at a time; 0: any number. ``retention`` (seconds): how
    long a message is kept; None: for ever. All have ``max_deliveries`` too: after that many a message is a dead letter;
    None: never.
    """

    visibility_timeout: PositiveDuration = 30.0
    prefetch: Natural = 1
    retention: PositiveDuration | None = None

    @model_validator(mode="after")
    def _time_passes(self, info: ValidationInfo) -> Self:
        """What fails at once, is requeued at once and delivered at once would fail for ever at one instant."""
        at_once = getattr(self, "redelivery_delay", None) == 0 and not self.delivery_latency.mean()
        if in_file(info) and at_once and getattr(self, "max_deliveries", None) is None:
            text = "a failing message would come again for ever in no time: give delivery_latency or redelivery_delay"
            raise PydanticCustomError("hot_loop", "{text}", {"text": text})
        return self


_Delay = Annotated[Duration, Field(default_factory=lambda data: data.get("visibility_timeout", 30.0))]


class _DelayedByVisibility(QueueBroker):
    """``redelivery_delay`` (seconds): from a failure to the next delivery; the visibility timeout unless the file says
    otherwise."""

    redelivery_delay: Annotated[
        _Delay,
        BeforeValidator(lambda value: value, json_schema_input_type=DurationText | Literal["visibility_timeout"]),
    ]

    @model_validator(mode="before")
    @classmethod
    def _symbolic_delay(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("redelivery_delay") == "visibility_timeout":
            return {key: value for key, value in data.items() if key != "redelivery_delay"}
        return data


Overflow = Literal["drop_head", "reject_publish", "reject_publish_dlx"]


class DurableQueueSpec(_DelayedByVisibility):
    """A plain durable queue with competing consumers, which keeps messages until they are acknowledged.
    ``redelivery_delay`` is the visibility timeout unless the file says otherwise. ``max_length``: most messages that
    are ready; None: any number. ``overflow``: what happens beyond it, in RabbitMQ's words."""

    preset: Literal["durable_queue"] = "durable_queue"
    max_deliveries: Count | None = 5
    max_length: Count | None = None
    overflow: Overflow = "reject_publish"


class RedisStreamsSpec(QueueBroker):
    """Redis Streams with one consumer group per subscription. ``visibility_timeout``: the min-idle-time of XAUTOCLAIM,
    after which a pending entry goes to another consumer. ``claim_every``: how often consumers look for such entries.
    ``max_deliveries``: kept by the consumers, who park an entry that was delivered so often (Redis has no dead letters
    of its own). ``prefetch``: COUNT of XREADGROUP. ``max_length``: MAXLEN, entries of the stream, handled ones
    included; None: any number. ``retention``: MINID. ``rereads_pending``: whether a consumer that comes back reads its
    own pending entries first."""

    preset: Literal["redis_streams"] = "redis_streams"
    max_deliveries: Count | None = None
    claim_every: PositiveDuration = 1.0
    rereads_pending: Flag = True
    max_length: Count | None = None


QUORUM_DELIVERIES = 21
"""A quorum queue's default delivery-limit of 20 counts returns: the 21st delivery is the last."""


class RabbitMqSpec(QueueBroker):
    """RabbitMQ. ``visibility_timeout``: consumer_timeout. ``max_deliveries``: of a quorum queue 21 (its delivery-limit
    of 20 counts returns), of a classic one no limit. ``redelivery_delay``: from a failure to the next delivery; 0 is
    what basic.nack with requeue does. ``prefetch``: basic.qos; 0 is the product's default. ``max_length``: max-length,
    ready messages. ``retention``: message-ttl. ``durable``: whether queue and messages survive an outage.
    ``heartbeat``: after so many seconds a connection that the network has cut is noticed."""

    preset: Literal["rabbitmq"] = "rabbitmq"
    queue_type: Literal["classic", "quorum"] = "classic"
    visibility_timeout: PositiveDuration = 1800.0
    max_deliveries: Count | None = Field(
        default_factory=lambda data: QUORUM_DELIVERIES if data.get("queue_type") == "quorum" else None
    )
    redelivery_delay: Duration = 0.0
    prefetch: Natural = 0
    max_length: Count | None = None
    overflow: Overflow = "drop_head"
    durable: Flag = True
    heartbeat: PositiveDuration = 60.0

    @field_validator("max_deliveries", "overflow", "durable")
    @classmethod
    def _of_its_type(cls, value: Any, info: ValidationInfo) -> Any:
        quorum = info.data.get("queue_type") == "quorum"
        if info.field_name == "max_deliveries" and not quorum and value is not None:
            raise PydanticCustomError("queue_type", "a classic queue has no delivery limit: write queue_type: quorum")
        if info.field_name == "overflow" and quorum and value == "reject_publish_dlx":
            raise PydanticCustomError("queue_type", "a quorum queue knows drop_head and reject_publish")
        if info.field_name == "durable" and quorum and not value:
            raise PydanticCustomError("queue_type", "a quorum queue is always durable")
        return value


SQS_RETENTION = 4 * 86_400.0
"""Amazon SQS keeps messages for 4 days unless told otherwise."""


class SqsSpec(_DelayedByVisibility):
    """Amazon SQS, standard or FIFO. ``max_deliveries``: maxReceiveCount of the redrive policy: a message that was
    received so often is a dead letter when it would be received again. ``prefetch``: MaxNumberOfMessages, 1 to 10.
    ``retention``: MessageRetentionPeriod. ``max_in_flight``: beyond so many messages received and not deleted, none is
    received. Of a FIFO queue only, ``deduplication_window`` (seconds): a message that is published again within it is
    confirmed and forgotten. Of a standard queue only, ``duplicate_share``: of acknowledged messages that are delivered
    again all the same; ``reordering``: share of deliveries in which not the oldest message goes but any."""

    preset: Literal["sqs"] = "sqs"
    queue_type: Literal["standard", "fifo"] = "standard"
    max_deliveries: Count | None = 10
    prefetch: Annotated[int, Field(strict=True, ge=1, le=10)] = 1
    retention: PositiveDuration | None = SQS_RETENTION
    max_in_flight: Count = 120_000
    deduplication_window: PositiveDuration = 300.0
    duplicate_share: Share = 0.0
    reordering: Share = 0.0

    @field_validator("deduplication_window", "duplicate_share", "reordering")
    @classmethod
    def _of_its_type(cls, value: Any, info: ValidationInfo) -> Any:
        fifo = info.data.get("queue_type") == "fifo"
        if fifo and info.field_name in ("duplicate_share", "reordering"):
            raise PydanticCustomError("queue_type", "a FIFO queue keeps its order and delivers no copies")
        if not fifo and info.field_name == "deduplication_window":
            raise PydanticCustomError("queue_type", "a standard queue does not deduplicate: write queue_type: fifo")
        return value


class KafkaSpec(BrokerBase):
    """Apache Kafka: a log per partition, read by consumer groups, one per subscription.

    ``partitions`` (num.partitions): of topics that do not say, and of operations' own messages. ``retention``
    (log.retention.hours): how long a record is kept, read or not. ``acks``: a publish is confirmed when ``all``
    replicas of the broker have it, when the leader has (1), or is not waited for (0); unless all, records that are
    younger than ``replication_lag`` when the broker goes down are lost. ``idempotence`` (enable.idempotence; None: with
    ``acks: all``): the broker knows again what the client library sends twice.

    ``session_timeout``: a consumer that is not heard for so long is out of its group, and its partitions go to others;
    ``heartbeat``: how often it is heard. ``rebalance_time``: how long a rebalance takes at least, until the last member
    has heard of it. ``assignor``: under ``range`` and ``round_robin`` all members give all partitions up meanwhile,
    under ``cooperative_sticky`` only those that move. ``max_poll_records``: most messages that a poll brings;
    ``max_poll_interval``: longest time between two polls of a consumer before it is out. ``auto_commit``
    (auto.commit.interval.ms): seconds between two commits by time. ``request_timeout``: after that a fetch or a commit
    that the network has lost is sent again.

    ``max_deliveries`` and ``redelivery_delay``: how often one consumer tries a record, in its place, and seconds in
    between (FixedBackOff of Spring for Apache Kafka; the client itself has no such thing)."""

    preset: Literal["kafka"] = "kafka"
    partitions: Count = 1
    retention: PositiveDuration = 604_800.0
    acks: Acks = "all"
    idempotence: Flag | None = None
    replication_lag: Duration = 0.01
    session_timeout: PositiveDuration = 45.0
    heartbeat: PositiveDuration = 3.0
    max_poll_interval: PositiveDuration = 300.0
    max_poll_records: Count = 500
    rebalance_time: Duration = 3.0
    assignor: Literal["range", "round_robin", "cooperative_sticky"] = "range"
    auto_commit: PositiveDuration = 5.0
    request_timeout: PositiveDuration = 30.0
    max_deliveries: Count | None = 10
    redelivery_delay: Duration = 0.0
    when_down: WhenDown = WhenDownSpec(kind="buffer")

    @model_validator(mode="after")
    def _sure(self) -> Self:
        if self.idempotence and self.acks != "all":
            raise PydanticCustomError("acks", "idempotence needs acks: all, as Kafka does")
        return self

    @property
    def is_idempotent(self) -> bool:
        """Whether the broker knows again what the client library sends twice."""
        return self.acks == "all" if self.idempotence is None else self.idempotence


AnyQueue = DurableQueueSpec | RedisStreamsSpec | RabbitMqSpec | SqsSpec
"""Any broker that keeps messages in queues, for annotations."""

AnyBroker = RedisPubSubSpec | AnyQueue | KafkaSpec
"""Any broker, for annotations."""

_Written = Annotated[AnyBroker, Field(discriminator="preset")]

BrokerSpec = _Written
"""A broker as it is written."""
