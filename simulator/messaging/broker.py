"""A broker: publishers travel to it, it confirms or refuses, and is down while a fault says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from simulator.kernel.knobs import Count
from simulator.network.link import LOST
from simulator.outcomes import OK, Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.root import Root
    from simulator.network.link import Leg
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running


class BrokerLink:
    """The way from one service (or the client) to the broker and back.

    Attributes:
        out: the leg to the broker; publishing.
        back: the leg from the broker; confirmations and deliveries.
    """

    __slots__ = ("back", "out")

    def __init__(self, out: Leg, back: Leg) -> None:
        self.out = out
        self.back = back


class Parcel(Protocol):
    """What is published: one message, or a copy for each subscription of a topic."""

    def take(self, published: float) -> bool:
        """The broker has it, published at that time (seconds): put it in its place. Whether there was room."""

    def lose(self, reason: str) -> None:
        """It is lost before the broker has it, though its publisher was told that all is well."""


class WhenDown(Protocol):
    """What publishers do that cannot reach the broker (see `messaging.outage`)."""

    def publish(self, broker: Broker, root: Root, link: BrokerLink, parcel: Parcel, replica: Replica | None) -> Running:
        """Publish; ends with what the publisher is told."""


class Broker:
    """One broker.

    A message that the network loses is noticed by the publisher's client library when the connection breaks: the
    publisher sees ``unreachable`` after the time that the confirmation would have taken.

    Args:
        when_down: what publishers do that cannot reach it; None: they are told at once.

    Attributes:
        outages: faults in force that keep it down.
        unreachable, full: what a publisher is told that cannot reach it, or finds no room.
    """

    def __init__(
        self,
        environment: Environment,
        name: str,
        publish_latency: Draws,
        delivery_latency: Draws,
        when_down: WhenDown | None = None,
    ) -> None:
        self.environment = environment
        self.name = name
        self.delivery_latency = delivery_latency
        self.outages = Count()
        self.unreachable = Reply(Outcome.UNREACHABLE, "", name)
        self.full = Reply(Outcome.REJECTED, "queue_full", name)
        self._publish_latency = publish_latency
        self._when_down = when_down
        self._restored: list[Callable[[], None]] = []
        self._failed: list[Callable[[], None]] = []
        self._was_down = False
        self.outages.watch(self._turned)

    def publish(self, root: Root, link: BrokerLink, parcel: Parcel, replica: Replica | None = None) -> Running:
        """Send what is published on its way, from `replica` where one publishes it.

        Ends with the broker's confirmation: ok, rejected (queue_full), or unreachable.
        """
        if self._when_down is None:
            return self.attempt(root, link, parcel)
        return self._when_down.publish(self, root, link, parcel, replica)

    def attempt(self, root: Root, link: BrokerLink, parcel: Parcel, published: float | None = None) -> Running:
        """Send it once. It counts as published when the broker has it, or at `published` (seconds)."""
        out = link.out.delay(root)
        lost = out == LOST or bool(link.out.channel.refused.value)
        yield (0.0 if lost else out) + self._publish_latency.draw(root)
        accepted = not lost and not self.outages.value
        now: float = self.environment._now
        reply = OK if accepted and parcel.take(now if published is None else published) else self.full
        back = link.back.word(root)
        if back > 0:
            yield back
        return reply if accepted and back != LOST and not link.back.channel.refused.value else self.unreachable

    def in_reach_of(self, link: BrokerLink) -> bool:
        """Whether it is up, and no partition lies between it and whoever publishes over `link`."""
        return not (self.outages.value or link.out.cut or link.back.cut)

    def when_restored(self, action: Callable[[], None]) -> None:
        """Call `action` whenever an outage ends."""
        self._restored.append(action)

    def when_failed(self, action: Callable[[], None]) -> None:
        """Call `action` whenever an outage begins."""
        self._failed.append(action)

    def _turned(self) -> None:
        is_down = bool(self.outages.value)
        if is_down and not self._was_down:
            for action in self._failed:
                action()
        self._was_down = is_down

    def restore(self) -> None:
        """An outage has ended."""
        for action in self._restored:
            action()
