"""A broker: publishers travel to it, it confirms or refuses, and is down while a fault says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.kernel.knobs import Count
from simulator.network.link import LOST
from simulator.outcomes import OK, Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.root import Root
    from simulator.network.link import Leg
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


class Broker:
    """One broker.

    A message that the network loses is noticed by the publisher's client library when the connection breaks: the
    publisher sees ``unreachable`` after the time that the confirmation would have taken.

    Attributes:
        outages: faults in force that keep it down.
    """

    def __init__(self, environment: Environment, name: str, publish_latency: Draws, delivery_latency: Draws) -> None:
        self.environment = environment
        self.name = name
        self.delivery_latency = delivery_latency
        self.outages = Count()
        self._publish_latency = publish_latency
        self._restored: list[Callable[[], None]] = []
        self._failed: list[Callable[[], None]] = []
        self._was_down = False
        self.outages.watch(self._turned)
        self._unreachable = Reply(Outcome.UNREACHABLE, "", name)
        self._full = Reply(Outcome.REJECTED, "queue_full", name)

    def publish(self, root: Root, link: BrokerLink, take: Callable[[], bool]) -> Running:
        """Send a message; `take` puts it in its place once the broker has it, and says whether there was one.

        Ends with the broker's confirmation: ok, rejected (queue_full), or unreachable.
        """
        out = link.out.delay(root)
        lost = out == LOST or bool(link.out.channel.refused.value)
        yield (0.0 if lost else out) + self._publish_latency.draw(root)
        accepted = not lost and not self.outages.value
        reply = OK if accepted and take() else self._full
        back = link.back.word(root)
        if back > 0:
            yield back
        return reply if accepted and back != LOST and not link.back.channel.refused.value else self._unreachable

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
