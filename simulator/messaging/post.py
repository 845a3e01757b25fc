"""The way of an operation's own messages: through a broker into the queue of whoever handles them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Union

from simulator.messaging.message import Message
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.taker import Taker
    from simulator.outcomes import Reply
    from simulator.services.execution import Program
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running


Sender = Union[str, "Replica"]
"""Who publishes: a replica, or the site of whoever is none."""


class _Letter:
    """One message on its way to its queue.

    A client library that has heard nothing sends it again (see `outage`), and then the broker has it twice.
    """

    __slots__ = ("_arrived", "_message", "_taker")

    def __init__(self, message: Message, taker: Taker) -> None:
        self._message = message
        self._taker = taker
        self._arrived = False

    def take(self, published: float) -> bool:
        """The broker has it, perhaps again."""
        message = self._message.afresh() if self._arrived else self._message
        self._arrived = True
        message.published = published
        if self._taker.take(message):
            self._message.taken = True
            return True
        return False

    def lose(self, reason: str) -> None:
        """It is lost before the broker has it."""
        self._taker.tally.lose(self._message.root, reason, path=self._message.path)


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

    def send(self, sender: Sender, message: Message) -> Running:
        """Publish `message`; ends with the broker's confirmation."""
        letter = _Letter(message, self._taker)
        if isinstance(sender, str):
            return self._broker.publish(message.root, self._links[sender], letter)
        return self._broker.publish(message.root, self._links[sender.site], letter, sender)

    def give_up(self, message: Message, confirmation: Reply) -> None:
        """Nobody will publish it again after that `confirmation`: it is lost, unless the broker has had it."""
        if message.taken or message.settled:  # settled: refused, and kept as a dead letter
            return
        reason = "broker_down" if self._broker.outages.value else "network"
        if confirmation.outcome is Outcome.REJECTED:
            reason = "broker_refused"
        self._taker.tally.lose(message.root, reason, path=message.path)
