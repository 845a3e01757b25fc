"""Builds what takes messages in: the one place that knows which machine stands behind a broker's preset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.build.queues import queue
from simulator.messaging.pubsub import Subscription
from simulator.spec.messaging.brokers import DurableQueueSpec, RabbitMqSpec, RedisPubSubSpec, RedisStreamsSpec, SqsSpec

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
            return _subscription(wanted)
        case DurableQueueSpec() | RabbitMqSpec() | RedisStreamsSpec() | SqsSpec():
            return queue(world, wanted, wanted.spec)
    raise AssertionError(f"no taker for {type(wanted.spec).__name__}")


def _subscription(wanted: Wanted) -> Subscription:
    entry = wanted.entry
    return Subscription(
        wanted.broker,
        {replica: link.back for replica, link in wanted.links.items()},
        wanted.service.members,
        wanted.tally,
        starts=0.0 if entry is None else entry.from_,
        limit=wanted.consumers if entry is None else _limit(entry, wanted.consumers),
        every_replica=entry is not None and entry.deliver_to == "every_replica",
    )


def _limit(entry: SubscriptionSpec, consumers: float) -> float:
    if entry.handling == "sequential":
        return 1
    return NO_LIMIT if entry.handling == "concurrent" else consumers
