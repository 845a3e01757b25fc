"""Builds brokers, topics, and the ways of operations' own messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from simulator.build.brokers import broker_of
from simulator.build.handling import program_of
from simulator.build.network import End, Network, Ways
from simulator.build.takers import taker
from simulator.build.wanted import Wanted
from simulator.build.world import Mail
from simulator.messaging.broker import BrokerLink
from simulator.messaging.message import MessageTally
from simulator.messaging.post import Post
from simulator.messaging.topic import Subscriber, Topic
from simulator.network.site import site_of
from simulator.spec.messaging.brokers import AnyBroker, DurableQueueSpec

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.messaging.broker import Broker
    from simulator.messaging.taker import Taker
    from simulator.services.operation import Operation
    from simulator.spec.messaging.topics import SubscriptionSpec, TopicSpec

BUILT_IN = "durable_queue"
"""The broker of an operation's own messages where none is named."""


class _Links(Mapping[str, BrokerLink]):
    """The way from each site (of a service, or the client) to one broker, made when first asked for.

    Args:
        ways: from services to the broker, by service: shared by messages of all sizes.
        size: bytes of the messages.
    """

    def __init__(self, network: Network, broker: str, sites: Mapping[str, End], ways: dict[str, Ways], size: float):
        self._network = network
        self._broker = broker
        self._sites = sites
        self._ways = ways
        self._size = size
        self._made: dict[str, BrokerLink] = {}

    def __getitem__(self, sender: str) -> BrokerLink:
        if sender not in self._made:
            end = self._sites.get(sender, End(sender))
            if end.name not in self._ways:
                self._ways[end.name] = Ways(self._network, f"{end.name} -> {self._broker}")
            out, back = self._ways[end.name].legs(end, End(self._broker), self._size, self._size)
            self._made[sender] = BrokerLink(out, back)
        return self._made[sender]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class MessageBuilder:
    """Builds what carries messages in a world."""

    def __init__(self, world: World, network: Network) -> None:
        self._world = world
        self._specs: dict[str, AnyBroker] = dict(world.scenario.experiment.brokers)
        self._network = network
        self._sites = {
            site_of(name, zone): End(name, zone)
            for name, spec in world.scenario.experiment.services.items()
            for zone in spec.zones
        }
        self._ways: dict[str, dict[str, Ways]] = {}
        self._links: dict[tuple[str, float], _Links] = {}
        self._posts: dict[tuple[str, str], Post] = {}

    def brokers_and_topics(self) -> None:
        """Build every named broker and topic; subscribers come later, when operations have their programs."""
        for name in self._specs:
            self._broker(name)
        for name, spec in self._world.scenario.experiment.topics.items():
            tally = self._world.topic_tallies.setdefault(name, MessageTally())
            topic = Topic(name, self._broker(spec.broker), self.links_to(spec.broker, spec.message_size), tally)
            self._world.topics[name] = topic
            self._world.stores.append(topic.delayed)

    def subscribe(self) -> None:
        """Give every topic its subscribers."""
        for name, spec in self._world.scenario.experiment.topics.items():
            topic = self._world.topics[name]
            topic.subscribers = [self._subscriber(name, spec, entry, topic.tally) for entry in spec.subscribers]

    def post(self, broker: str | None, operation: Operation) -> Post:
        """The queue at `broker` (None: the built-in one) for messages that `operation`'s service handles."""
        name = broker or BUILT_IN
        key = (name, operation.name)
        if key not in self._posts:
            if name not in self._specs:
                self._specs[name] = DurableQueueSpec.model_validate({})
            service = self._world.services[operation.service]
            tally = self._world.broker_tallies.setdefault(name, MessageTally())
            spec = self._world.scenario.experiment.services[service.name].operations[_own_name(operation)]
            links = self.links_to(name, spec.request_size)
            wanted = Wanted(
                f"queue of {operation.name} at broker {name}",
                self._broker(name),
                self._specs[name],
                {replica: links[replica.site] for replica in service.replicas},
                service,
                service.workers,
                tally,
                spec.key,
            )
            self._posts[key] = Post(operation.service, self._broker(name), links, self._taker(wanted))
        return self._posts[key]

    def _broker(self, name: str) -> Broker:
        if name not in self._world.brokers:
            self._world.brokers[name] = broker_of(self._world, name, self._specs[name])
        return self._world.brokers[name]

    def links_to(self, broker: str, size: float) -> _Links:
        """The ways to a broker for messages of one size."""
        if (broker, size) not in self._links:
            ways = self._ways.setdefault(broker, {})
            self._links[broker, size] = _Links(self._network, broker, self._sites, ways, size)
        return self._links[broker, size]

    def _handler(self, entry: SubscriptionSpec) -> Operation:
        service, _, operation = entry.operation.partition(".")
        return self._world.services[service].operations[operation]

    def _subscriber(self, topic: str, spec: TopicSpec, entry: SubscriptionSpec, tally: MessageTally) -> Subscriber:
        operation = self._handler(entry)
        program = program_of(self._world, topic, self._specs[spec.broker], entry, operation, tally)
        alike = sum(other.operation == entry.operation for other in spec.subscribers)
        label = entry.operation if alike == 1 else f"{entry.operation} ({entry.name})"
        return Subscriber(entry.name, operation, self._subscribed(topic, spec, entry, tally), program, label)

    def _subscribed(self, topic: str, spec: TopicSpec, entry: SubscriptionSpec, tally: MessageTally) -> Taker:
        service = self._world.services[entry.operation.partition(".")[0]]
        links = self.links_to(spec.broker, spec.message_size)
        return self._taker(
            Wanted(
                f"topic {topic}, subscriber {entry.name}",
                self._broker(spec.broker),
                self._specs[spec.broker],
                {replica: links[replica.site] for replica in service.replicas},
                service,
                entry.consumers or service.workers,
                tally,
                spec.key,
                topic=spec,
                entry=entry,
            )
        )

    def _taker(self, wanted: Wanted) -> Taker:
        made = taker(self._world, wanted)
        self._world.mail.append(Mail(wanted.name, wanted.tally, made, wanted.service.name))
        return made


def _own_name(operation: Operation) -> str:
    return operation.name.partition(".")[2]
