"""What a taker of messages is built from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.message import MessageTally
    from simulator.services.replica import Replica
    from simulator.services.service import Service
    from simulator.spec.messaging.brokers import AnyBroker
    from simulator.spec.messaging.topics import SubscriptionSpec, TopicSpec


class Wanted(NamedTuple):
    """A taker that is wanted: of a topic's subscription, or of an operation's own messages.

    Attributes:
        name: for messages about it.
        broker, spec: the broker, and what the file says of it.
        links: the way between each replica of the consuming `service` and the broker.
        consumers: messages that one replica handles at a time.
        key: the keys by which its messages are told apart; None: those that their requests have.
        topic, entry: the topic and its subscription; None for an operation's own messages.
    """

    name: str
    broker: Broker
    spec: AnyBroker
    links: Mapping[Replica, BrokerLink]
    service: Service
    consumers: float
    tally: MessageTally
    key: str | None = None
    topic: TopicSpec | None = None
    entry: SubscriptionSpec | None = None
