"""A topic: a message published to it goes to every subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulator.messaging.depot import Depot
from simulator.messaging.message import Message
from simulator.outcomes import OK

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.message import MessageTally
    from simulator.messaging.taker import Taker
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running


class Subscriber(NamedTuple):
    """One subscription of a topic.

    Attributes:
        name: as in the file; the step under which its effects are written down.
        operation: the handler.
        taker: where its messages go.
        program: what is run for each of them.
        label: the handler as places are named after it; with the subscription's name if the topic has it twice.
    """

    name: str
    operation: Operation
    taker: Taker
    program: Program
    label: str


class _Copies:
    """What is published: a copy for each subscription."""

    __slots__ = ("path", "root", "topic")

    def __init__(self, topic: Topic, root: Root, path: Path) -> None:
        self.topic = topic
        self.root = root
        self.path = path

    def take(self, published: float) -> bool:
        """The broker has it: every subscription gets its copy."""
        return not self.hand_out(published)

    def hand_out(self, published: float) -> int:
        """Give every subscription its copy; how many had no room for it."""
        topic = self.topic
        topic.published += 1
        refused = 0
        for name, _, taker, program, label in topic.subscribers:
            refused += not taker.take(Message(self.root, topic.place(self.path, name, label), program, published))
        return refused

    def lose(self, reason: str) -> None:
        """It is lost before the broker has it, for every subscription."""
        self.topic.tally.lose(self.root, reason, len(self.topic.subscribers), self.path)


class _Announced(_Copies):
    """What is published after a commit.

    Attributes:
        missing: subscriptions that have not got their copy.
    """

    __slots__ = ("missing",)

    def __init__(self, topic: Topic, root: Root, path: Path) -> None:
        super().__init__(topic, root, path)
        self.missing = len(topic.subscribers)

    def take(self, published: float) -> bool:
        """The broker has it."""
        self.missing = self.hand_out(published)
        return not self.missing


class _Delayed(_Copies):
    """What the broker keeps back for a time. Published is it only then; what finds no room is lost."""

    __slots__ = ("_seconds",)

    def __init__(self, topic: Topic, root: Root, path: Path, seconds: float) -> None:
        super().__init__(topic, root, path)
        self._seconds = seconds

    def take(self, published: float) -> bool:
        """The broker has it."""
        environment, delayed = self.topic.broker.environment, self.topic.delayed
        delayed.accepted += 1
        delayed.there += 1
        self.root.pending += 1
        environment.at(environment._now + self._seconds, self._due, None)
        return True

    def _due(self, _: None) -> None:
        topic = self.topic
        refused = self.hand_out(topic.broker.environment._now)
        if refused:
            topic.tally.lose(self.root, "broker_refused", refused, self.path)
        topic.delayed.passed_on += 1
        topic.delayed.there -= 1
        self.root.leave()


class Topic:
    """One topic on one broker.

    Attributes:
        subscribers: in order of name; filled when the model is built.
        delayed: the books of the messages that are kept back.
    """

    def __init__(self, name: str, broker: Broker, links: Mapping[str, BrokerLink], tally: MessageTally) -> None:
        self.name = name
        self.broker = broker
        self.tally = tally
        self.published = 0
        self.subscribers: Sequence[Subscriber] = ()
        self.delayed = Depot(f"messages kept back for topic {name}")
        self._links = links

    def publish(self, execution: Execution, path: Path, delay: float = 0.0) -> Running:
        """Publish a message from an execution; no subscriber is still ok. Nobody gets it for `delay` seconds."""
        replica = execution.replica
        return self.publish_from(replica.site, execution.root, path, delay, replica)

    def publish_from(
        self, sender: str, root: Root, path: Path, delay: float = 0.0, replica: Replica | None = None
    ) -> Running:
        """Publish a message from site `sender` (or the client), by `replica` if it is one."""
        copies = _Copies(self, root, path) if delay <= 0.0 else _Delayed(self, root, path, delay)
        return self.broker.publish(root, self._links[sender], copies, replica)

    def relay(self, sender: str, root: Root, path: Path) -> Running:
        """Publish a message from site `sender` once; only the broker's own confirmation counts, not a buffer's."""
        return self.broker.attempt(root, self._links[sender], _Copies(self, root, path))

    def announce(self, execution: Execution, path: Path) -> Running:
        """Publish what an execution has committed; who never gets that message has lost it (not_published)."""
        root, replica = execution.root, execution.replica
        copies = _Announced(self, root, path)
        try:
            reply = yield from self.broker.publish(root, self._links[replica.site], copies, replica)
            if reply is OK:
                copies.missing = 0  # or its client library has it, and sees to it
            return reply
        finally:
            if copies.missing:
                self.tally.lose(root, "not_published", copies.missing, path)

    def fan_out(self, root: Root, path: Path) -> int:
        """Give every subscription a copy of what has become a dead letter elsewhere; how many had no room for it."""
        return _Copies(self, root, path).hand_out(self.broker.environment._now)

    def expected(self, path: Path) -> set[Path]:
        """The effects of all handlers, for a message published at `path`."""
        found: set[Path] = set()
        for name, operation, _, _, label in self.subscribers:
            if operation.leaves_effects:
                found |= operation.expected(self.place(path, name, label))
        return found

    def place(self, path: Path, name: str, label: str) -> Path:
        """The place of subscription `name`, whose handler goes by `label`, for a message published at `path`."""
        return path.child(name, f"{self.name} to {label}")
