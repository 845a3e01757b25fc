"""A topic: a message published to it goes to every subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulator.messaging.message import Message

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.message import MessageTally
    from simulator.messaging.taker import Taker
    from simulator.services.execution import Execution
    from simulator.services.operation import Operation
    from simulator.services.sequence import Running


class Subscriber(NamedTuple):
    """One subscription of a topic.

    Attributes:
        name: as in the file; the step under which its effects are written down.
        operation: the handler.
        taker: where its messages go.
    """

    name: str
    operation: Operation
    taker: Taker


class Topic:
    """One topic on one broker.

    Attributes:
        subscribers: in order of name; filled when the model is built.
    """

    def __init__(self, name: str, broker: Broker, links: Mapping[str, BrokerLink], tally: MessageTally) -> None:
        self.name = name
        self.tally = tally
        self.published = 0
        self.subscribers: Sequence[Subscriber] = ()
        self._broker = broker
        self._links = links

    def publish(self, execution: Execution, path: Path) -> Running:
        """Publish a message from an execution; no subscriber is still ok."""
        return self.publish_from(execution.replica.site, execution.root, path)

    def publish_from(self, sender: str, root: Root, path: Path) -> Running:
        """Publish a message from site `sender` (or the client)."""
        return self._broker.publish(root, self._links[sender], lambda: not self.fan_out(root, path))

    def announce(self, execution: Execution, path: Path) -> Running:
        """Publish what an execution has committed; who never gets that message has lost it (not_published)."""
        root, missing = execution.root, len(self.subscribers)

        def take() -> bool:
            nonlocal missing
            missing = self.fan_out(root, path)
            return not missing

        try:
            return (yield from self._broker.publish(root, self._links[execution.replica.site], take))
        finally:
            if missing:
                self.tally.taken += missing
                self.tally.lost["not_published"] += missing
                root.mishaps.lost += missing

    def fan_out(self, root: Root, path: Path) -> int:
        """Hand what has arrived, or became a dead letter, to every subscriber; how many had no room for it."""
        self.published += 1
        now: float = self._broker.environment._now
        refused = 0
        for name, operation, taker in self.subscribers:
            refused += not taker.take(Message(root, self._place(path, name), operation.program, now))
        return refused

    def expected(self, path: Path) -> set[Path]:
        """The effects of all handlers, for a message published at `path`."""
        found: set[Path] = set()
        for name, operation, _ in self.subscribers:
            if operation.leaves_effects:
                found |= operation.expected(self._place(path, name))
        return found

    def _place(self, path: Path, name: str) -> Path:
        return path.child(name, f"{self.name} to {name}")
