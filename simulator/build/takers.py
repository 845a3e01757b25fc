"""Builds what takes messages in: the one place that knows which machine stands behind a broker's preset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from simulator.messaging.pubsub import Subscription
from simulator.messaging.queue import Queue
from simulator.spec.messaging.brokers import AnyBroker, QueueBroker, RedisPubSubSpec

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.message import MessageTally
    from simulator.messaging.taker import Taker
    from simulator.services.replica import Replica
    from simulator.services.service import Service
    from simulator.spec.messaging.topics import SubscriptionSpec, TopicSpec

NO_LIMIT = float("inf")


class Wanted(NamedTuple):
    """A taker that is wanted: of a topic's subscription, or of an operation's own messages.

    Attributes:
        name: for messages about it.
        broker, spec: the broker, and what the file says of it.
        links: the way between each replica of the consuming `service` and the broker.
        consumers: messages that one replica handles at a time.
        topic, entry: the topic and its subscription; None for an operation's own messages.
    """

    name: str
    broker: Broker
    spec: AnyBroker
    links: Mapping[Replica, BrokerLink]
    service: Service
    consumers: float
    tally: MessageTally
    topic: TopicSpec | None = None
    entry: SubscriptionSpec | None = None


def taker(world: World, wanted: Wanted) -> Taker:
    """The taker that the broker's preset asks for."""
    match wanted.spec:
        case RedisPubSubSpec():
            return _subscription(wanted)
        case QueueBroker():
            return _queue(world, wanted, wanted.spec)
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


def _queue(world: World, wanted: Wanted, spec: QueueBroker) -> Queue:
    entry, service = wanted.entry, wanted.service
    written = None if entry is None else entry.max_deliveries
    queue = Queue(
        wanted.broker,
        spec,
        wanted.links,
        wanted.consumers,
        written or spec.max_deliveries or NO_LIMIT,
        wanted.tally,
        world.deadlines,
        0.0 if entry is None else entry.from_,
    )
    if service.membership is not None:
        service.membership.holders.append(queue.in_hand)
    for replica in service.replicas:
        replica.when_restored.append(queue.dispatch)
    return queue
