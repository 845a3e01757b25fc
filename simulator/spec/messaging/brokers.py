"""Brokers, one model per preset. A key that means the same has the same name everywhere, so that a variant can swap
the preset alone; the docstrings say what the product calls it.

Sources: Redis documentation ("Pub/Sub", XREADGROUP, XAUTOCLAIM); RabbitMQ documentation ("Consumer prefetch",
"Queue length limit", "Quorum queues", "Dead letter exchanges"); Amazon SQS developer guide ("Visibility timeout",
"Dead-letter queues", "FIFO delivery logic"); Apache Kafka documentation ("Producer configs", "Consumer configs").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from simulator.spec.base import Count, Flag, Natural, Spec, not_yet
from simulator.spec.laws import ConstantLaw, LawSpec
from simulator.spec.units import Duration, DurationText, PositiveDuration

BrokerPreset = Literal["redis_pubsub", "durable_queue", "redis_streams", "rabbitmq", "sqs", "kafka"]


class BrokerBase(Spec):
    """What all brokers have. ``publish_latency``: from the message's arrival at the broker to its confirmation;
    ``delivery_latency``: added to the way of each delivery to its consumer."""

    publish_latency: LawSpec = ConstantLaw(value=0.001)
    delivery_latency: LawSpec = ConstantLaw(value=0.001)


class RedisPubSubSpec(BrokerBase):
    """Redis Pub/Sub: hands messages to whoever listens now, once, and keeps nothing."""

    preset: Literal["redis_pubsub"] = "redis_pubsub"


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
    """Apache Kafka: a log per partition, read by consumer groups. ``session_timeout``: a consumer that is not heard
    for so long is out of its group, and its partitions go to others. ``rebalance_time``: how long a group stands still
    for that. ``max_poll_records``: most messages a consumer fetches at a time; ``max_poll_interval``: longest time that
    it may take for them before it is taken for dead."""

    preset: Literal["kafka"] = "kafka"
    session_timeout: PositiveDuration = 45.0
    heartbeat: PositiveDuration = 3.0
    max_poll_interval: PositiveDuration = 300.0
    max_poll_records: Count = 500
    rebalance_time: Duration = 3.0
    cooperative: Flag = False


AnyBroker = RedisPubSubSpec | DurableQueueSpec | RedisStreamsSpec | RabbitMqSpec | SqsSpec | KafkaSpec
"""Any broker, for annotations."""

_Written = Annotated[AnyBroker, Field(discriminator="preset")]

BrokerSpec = Annotated[
    _Written,
    BeforeValidator(
        not_yet("redis_streams", "rabbitmq", "sqs", "kafka", key="preset").func, json_schema_input_type=_Written
    ),
]
"""A broker as it is written."""
