"""Builds what takes messages in: the one place that knows which machine stands behind a broker's preset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator.build.logs import group
from simulator.build.queues import queue
from simulator.messaging.pubsub import Subscription
from simulator.messaging.slow import CutOff, SlowSubscription
from simulator.spec.messaging.brokers import (
    DurableQueueSpec,
    KafkaSpec,
    RabbitMqSpec,
    RedisPubSubSpec,
    RedisStreamsSpec,
    SqsSpec,
)

if TYPE_CHECKING:
    from simulator.build.wanted import Wanted
    from simulator.build.world import World
    from simulator.messaging.taker import Taker
    from simulator.spec.messaging.topics import SubscriptionSpec

NO_LIMIT = float("inf")


def taker(world: World, wanted: Wanted) -> Taker:
    """The taker that the broker's preset asks for."""
    match wanted.spec:
        case RedisPubSubSpec():
            return _subscription(world, wanted, wanted.spec)
        case DurableQueueSpec() | RabbitMqSpec() | RedisStreamsSpec() | SqsSpec():
            return queue(world, wanted, wanted.spec)
        case KafkaSpec():
            return group(world, wanted, wanted.spec)
    raise AssertionError(f"no taker for {type(wanted.spec).__name__}")


def _subscription(world: World, wanted: Wanted, spec: RedisPubSubSpec) -> Subscription:
    entry = wanted.entry
    size = 0.0 if wanted.topic is None else wanted.topic.message_size
    limits = spec.cut_off
    kind: Callable[..., Subscription] = Subscription
    if size and (limits.hard or limits.soft):
        kind = partial(SlowSubscription, CutOff(limits.hard, limits.soft, limits.for_, limits.reconnect), size)
    return kind(
        wanted.broker,
        {replica: link.back for replica, link in wanted.links.items()},
        wanted.service.members,
        wanted.tally,
        starts=0.0 if entry is None else entry.from_,
        limit=wanted.consumers if entry is None else _limit(entry, wanted.consumers),
        every_replica=entry is not None and entry.deliver_to == "every_replica",
        keys=None if wanted.topic is None or wanted.topic.key is None else world.key_of(wanted.topic.key),
    )


def _limit(entry: SubscriptionSpec, consumers: float) -> float:
    if entry.handling == "concurrent":
        return NO_LIMIT
    return (1 if entry.handling == "sequential" else consumers) * (entry.batch.size if entry.batch else 1)
