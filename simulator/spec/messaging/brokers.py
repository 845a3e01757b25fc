"""Brokers, one model per preset. A key that means the same has the same name everywhere, so that a variant can swap
the preset alone; the docstrings say what the product calls it.

Sources: Redis documentation ("Pub/Sub", XREADGROUP, XAUTOCLAIM); RabbitMQ documentation ("Consumer prefetch",
"Queue length limit", "Quorum queues", "Dead letter exchanges"); Amazon SQS developer guide ("Visibility timeout",
"Dead-letter queues", "FIFO delivery logic"); Apache Kafka documentation ("Producer configs", "Consumer configs").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Flag, Natural, Spec, not_yet
from simulator.spec.laws import ConstantLaw, LawSpec
from simulator.spec.messaging.logs import Acks
from simulator.spec.messaging.publishing import WhenDown, WhenDownSpec, without_overload
from simulator.spec.sizes import Size
from simulator.spec.units import Duration, DurationText, PositiveDuration, PositiveRate

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
    hand-over. ``max_deliveries``: after that many it is a dead letter; None: never. ``redelivery_delay`` (seconds):
    from a failure to the next delivery. ``prefetch``: messages that one consumer holds at a time; 0: any number.
    """

    visibility_timeout: PositiveDuration = 30.0
    max_deliveries: Count | None = None
    redelivery_delay: Duration = 0.0
    prefetch: Natural = 1

    @model_validator(mode="before")
    @classmethod
    def _symbolic_delay(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("redelivery_delay") == "visibility_timeout":
            return {key: value for key, value in data.items() if key != "redelivery_delay"}
        return data


_AsVisibility = Annotated[
    Duration,
    Field(default_factory=lambda data: data.get("visibility_timeout", 30.0)),
    BeforeValidator(lambda value: value, json_schema_input_type=DurationText | Literal["visibility_timeout"]),
]


class DurableQueueSpec(QueueBroker):
    """A plain durable queue with competing consumers, which keeps messages until they are acknowledged.
    ``redelivery_delay`` is the visibility timeout unless the file says otherwise."""

    preset: Literal["durable_queue"] = "durable_queue"
    max_deliveries: Count | None = 5
    redelivery_delay: _AsVisibility


class RedisStreamsSpec(QueueBroker):
    """Redis Streams with one consumer group per subscription. ``visibility_timeout``: the min-idle-time of XAUTOCLAIM,
    after which a pending entry goes to another consumer. ``claim_every``: how often consumers look for such entries.
    ``max_deliveries``: kept by the consumers, who park an entry that was delivered so often (Redis has no dead letters
    of its own). ``prefetch``: COUNT of XREADGROUP."""

    preset: Literal["redis_streams"] = "redis_streams"
    claim_every: PositiveDuration = 1.0


class RabbitMqSpec(QueueBroker):
    """RabbitMQ. ``visibility_timeout``: consumer_timeout. ``max_deliveries``: of a quorum queue 21 (its delivery-limit
    of 20 counts returns), of a classic one no limit."""

    preset: Literal["rabbitmq"] = "rabbitmq"
    queue_type: Literal["classic", "quorum"] = "classic"
    visibility_timeout: PositiveDuration = 1800.0


class SqsSpec(QueueBroker):
    """Amazon SQS, standard or FIFO. ``max_deliveries``: maxReceiveCount of the redrive policy."""

    preset: Literal["sqs"] = "sqs"
    queue_type: Literal["standard", "fifo"] = "standard"
    max_deliveries: Count | None = 10
    redelivery_delay: _AsVisibility


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


AnyBroker = RedisPubSubSpec | DurableQueueSpec | RedisStreamsSpec | RabbitMqSpec | SqsSpec | KafkaSpec
"""Any broker, for annotations."""

_Written = Annotated[AnyBroker, Field(discriminator="preset")]

BrokerSpec = Annotated[
    _Written,
    BeforeValidator(not_yet("redis_streams", "rabbitmq", "sqs", key="preset").func, json_schema_input_type=_Written),
]
"""A broker as it is written."""
