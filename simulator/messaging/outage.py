"""What a publisher's client library does while it cannot reach the broker: wait, or keep the message for later.

In both cases it looks for the broker again 100 ms after it failed, then after twice as long each time, at most 1 s
(Apache Kafka, "Producer configs": retry.backoff.ms, retry.backoff.max.ms; without their jitter). A message whose
confirmation was lost is sent again, though the broker may have it: at least once, so perhaps twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kernel.deadlines import Deadlines
from simulator.messaging.depot import Depot
from simulator.outcomes import OK, Outcome

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink, Parcel
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running

FIRST_LOOK = 0.1
LONGEST_LOOK = 1.0
"""Seconds between one look for the broker and the next: at first, and at the most."""


class Blocking:
    """The publisher waits until the broker can be reached again, and is told ``unreachable`` if that takes too long.

    Args:
        wait: seconds that it waits at most.
    """

    def __init__(self, wait: float) -> None:
        self._wait = wait

    def publish(self, broker: Broker, root: Root, link: BrokerLink, parcel: Parcel, replica: Replica | None) -> Running:
        """Publish; ends with what the publisher is told."""
        environment = broker.environment
        until = environment._now + self._wait
        pause = FIRST_LOOK
        while True:
            if broker.in_reach_of(link):
                reply = yield from broker.attempt(root, link, parcel)
                if reply.outcome is not Outcome.UNREACHABLE:
                    return reply
            left = until - environment._now
            if left <= 0:
                return broker.unreachable
            yield min(pause, left)
            pause = min(2 * pause, LONGEST_LOOK)


class Kept:
    """A message in a publisher's buffer.

    Attributes:
        waiting: whether its time is not up; `expires` is when that is.
        link: its way to the broker.
        number: its place in the order of publishing. since: when it was published, in seconds.
        travels: whether it is on its way. gone: why it is lost if it does not arrive this time; empty: it is kept.
    """

    __slots__ = ("buffer", "expires", "gone", "link", "number", "parcel", "root", "since", "travels", "waiting")

    expires: float

    def __init__(self, buffer: Buffer, root: Root, link: BrokerLink, parcel: Parcel, number: int, since: float) -> None:
        self.buffer = buffer
        self.root = root
        self.link = link
        self.parcel = parcel
        self.number = number
        self.since = since
        self.waiting = True
        self.travels = False
        self.gone = ""

    def expire(self) -> None:
        """Its time is up."""
        self.buffer.give_up(self, "expired")


class Buffer:
    """What one publisher keeps for a broker that it could not reach.

    Args:
        replica: the publisher; None: the client. link: one of its ways to the broker: all of them are cut together.
        store: the books of all buffers of the broker.
        patience: seconds that a message is kept. limit: how many are kept at once.
    """

    def __init__(
        self,
        broker: Broker,
        replica: Replica | None,
        link: BrokerLink,
        store: Depot,
        patience: Deadlines,
        limit: float,
    ) -> None:
        self._broker = broker
        self._replica = replica
        self._link = link
        self._store = store
        self._patience = patience
        self._limit = limit
        self._kept: dict[Kept, None] = {}
        self._numbers = 0
        self._resting = 0
        self._pause = FIRST_LOOK
        self._looking = False

    @property
    def clear(self) -> bool:
        """Whether nothing waits to be sent."""
        return not self._resting

    def keep(self, root: Root, link: BrokerLink, parcel: Parcel) -> bool:
        """Keep a message, to be sent later; whether there was room."""
        if len(self._kept) >= self._limit:
            return False
        self._numbers += 1
        kept = Kept(self, root, link, parcel, self._numbers, self._broker.environment._now)
        self._kept[kept] = None
        self._resting += 1
        self._store.accepted += 1
        self._store.there += 1
        root.pending += 1
        self._patience.add(kept)
        self._look_later()
        return True

    def forget(self, _: float) -> None:
        """The publisher has crashed: what it kept is lost. What is on its way arrives, or not."""
        for kept in list(self._kept):
            self.give_up(kept, "publisher_crashed")

    def give_up(self, kept: Kept, reason: str) -> None:
        """It is not sent again."""
        if kept.travels:
            kept.gone = kept.gone or reason
        else:
            self._store.lost += 1
            kept.parcel.lose(reason)
            self._drop(kept)

    def _look_later(self) -> None:
        if not self._looking:
            self._looking = True
            environment = self._broker.environment
            environment.at(environment._now + self._pause, self._look, None)

    def _look(self, _: None) -> None:
        self._looking = False
        if self._replica is not None and self._replica.paused.value:
            pass  # its client library stands still with it
        elif not self._broker.in_reach_of(self._link):
            self._pause = min(2 * self._pause, LONGEST_LOOK)
        else:
            self._pause = FIRST_LOOK
            for kept in sorted(self._kept, key=lambda one: one.number):
                if not kept.travels:
                    kept.travels = True
                    self._resting -= 1
                    self._broker.environment.start(self._send(kept), kept.root)
        if self._resting:
            self._look_later()

    def _send(self, kept: Kept) -> Running:
        reply = yield from self._broker.attempt(kept.root, kept.link, kept.parcel, kept.since)
        kept.travels = False
        self._resting += 1
        if reply.outcome is Outcome.OK:
            self._store.passed_on += 1
            self._drop(kept)
        elif reply.outcome is not Outcome.UNREACHABLE:
            self.give_up(kept, "broker_refused")
        elif kept.gone:
            self.give_up(kept, kept.gone)
        else:
            self._look_later()
        return reply

    def _drop(self, kept: Kept) -> None:
        kept.waiting = False
        self._resting -= 1
        del self._kept[kept]
        self._store.there -= 1
        kept.root.leave()


class Buffering:
    """The publisher's client library keeps what it cannot send, and says ok at once.

    Args:
        name: of the broker. wait: seconds that a message is kept. limit: messages that one publisher keeps.

    Attributes:
        store: the books of all buffers.
    """

    def __init__(self, environment: Environment, name: str, wait: float, limit: float) -> None:
        self.store = Depot(f"publishers' buffers for broker {name}")
        self._patience = Deadlines(environment, wait)
        self._limit = limit
        self._buffers: dict[Replica | None, Buffer] = {}

    def publish(self, broker: Broker, root: Root, link: BrokerLink, parcel: Parcel, replica: Replica | None) -> Running:
        """Publish; ends with what the publisher is told. Behind what is kept already it waits its turn."""
        buffer = self._buffers.get(replica)
        if buffer is None:
            buffer = Buffer(broker, replica, link, self.store, self._patience, self._limit)
            self._buffers[replica] = buffer
            if replica is not None:
                replica.when_crashed.append(buffer.forget)
        if buffer.clear and broker.in_reach_of(link):
            reply = yield from broker.attempt(root, link, parcel)
            if reply.outcome is not Outcome.UNREACHABLE:
                return reply
        return OK if buffer.keep(root, link, parcel) else broker.full
