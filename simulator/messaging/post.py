"""The way of an operation's own messages: through a broker into the queue of whoever handles them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulator.messaging.message import Message

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.taker import Taker
    from simulator.services.execution import Program
    from simulator.services.sequence import Running


class Post:
    """One queue and the ways to it.

    Attributes:
        service: whose replicas handle what is sent.
    """

    __slots__ = ("_broker", "_links", "_taker", "service")

    def __init__(self, service: str, broker: Broker, links: Mapping[str, BrokerLink], taker: Taker) -> None:
        self.service = service
        self._broker = broker
        self._links = links
        self._taker = taker

    def message(self, root: Root, path: Path, program: Program) -> Message:
        """A message whose handler runs `program` at `path`."""
        return Message(root, path, program, self._broker.environment._now)

    def send(self, sender: str, message: Message) -> Running:
        """Publish `message` from site `sender`; ends with the broker's confirmation."""
        return self._broker.publish(message.root, self._links[sender], lambda: self._taker.take(message))
