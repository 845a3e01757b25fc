"""What Kafka's producer does beside waiting: it sends nothing twice, or waits for no confirmation at all.

Source: Apache Kafka documentation, "Producer Configs" (acks, enable.idempotence); KIP-98: the broker knows a batch that
its producer sends again by its sequence number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import OK, Outcome

if TYPE_CHECKING:
    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink, Parcel, WhenDown
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running


class Once:
    """A parcel that its broker takes only once, however often the client library sends it."""

    __slots__ = ("_parcel", "taken")

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self.taken = False

    def take(self, published: float) -> bool:
        """The broker has it, perhaps again."""
        if not self.taken:
            self.taken = self._parcel.take(published)
        return self.taken

    def lose(self, reason: str) -> None:
        """The client library gives it up: it is lost unless it had arrived before."""
        if not self.taken:
            self._parcel.lose(reason)


class Idempotent:
    """What the client library sends again, because the confirmation did not come, is recognised by the broker.

    Args:
        sending: how it sends again.
    """

    def __init__(self, sending: WhenDown) -> None:
        self._sending = sending

    def publish(self, broker: Broker, root: Root, link: BrokerLink, parcel: Parcel, replica: Replica | None) -> Running:
        """Publish; ends with what the publisher is told."""
        return self._sending.publish(broker, root, link, Once(parcel), replica)


class Unconfirmed:
    """``acks=0``: the publisher goes on as soon as the message has left; what happens to it then, nobody learns.

    Args:
        otherwise: what is done while there is no connection to the broker; None: the publisher is told.
    """

    def __init__(self, otherwise: WhenDown | None) -> None:
        self._otherwise = otherwise

    def publish(self, broker: Broker, root: Root, link: BrokerLink, parcel: Parcel, replica: Replica | None) -> Running:
        """Publish; ends with what the publisher is told."""
        if broker.in_reach_of(link):
            broker.environment.start(_carry(broker, root, link, Once(parcel)), root)
            return OK
        if self._otherwise is None:
            return (yield from broker.attempt(root, link, parcel))
        return (yield from self._otherwise.publish(broker, root, link, parcel, replica))


def _carry(broker: Broker, root: Root, link: BrokerLink, parcel: Once) -> Running:
    reply = yield from broker.attempt(root, link, parcel)
    if not parcel.taken:
        if reply.outcome is Outcome.REJECTED:
            parcel.lose("broker_refused")
        else:
            parcel.lose("broker_down" if broker.outages.value else "network")
    return reply
