"""How entries of a Redis stream come again: from the group's pending entries list, by claim.

Nobody notices a crash or a failure. An entry stays pending until somebody acknowledges it. Consumers look every
`every` seconds for entries that were idle for `min_idle` and claim as many as they have hands free; a consumer that
comes back under its name reads its own pending entries first.
Source: Redis documentation, "Redis Streams", "Recovering from permanent failures"; XAUTOCLAIM.
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from simulator.messaging.pending import PendingList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.messaging.broker import Broker
    from simulator.messaging.message import Delivery, Message
    from simulator.messaging.redelivery import Served


class ByClaim:
    """See `redelivery.Redelivery`.

    Args:
        min_idle, every: seconds.
        rereads: whether a consumer that comes back reads its own pending entries.
    """

    silent = full = False
    late_words = True  # any consumer of the group may acknowledge
    concluded: Callable[[Delivery], None] | None = None

    def __init__(self, broker: Broker, min_idle: float, every: float, *, rereads: bool) -> None:
        self._broker = broker
        self._environment = broker.environment
        self._min_idle = min_idle
        self._every = every
        self._rereads = rereads
        self._pending = PendingList()
        self._messages: dict[int, Message] = {}
        self._looks = False
        self._queue: Served
        self.settled: Callable[[Message], None] | None = self._acknowledged

    def serve(self, queue: Served) -> None:
        """See `redelivery.Redelivery`."""
        self._queue = queue

    def handed(self, delivery: Delivery) -> None:
        """See `redelivery.Redelivery`. What was claimed or read again is in the list already."""
        number = delivery.message.number
        if number not in self._pending:
            self._pending.deliver(delivery.place, number, self._environment._now)
            self._messages[number] = delivery.message
            self._look_later()

    def rejected(self, delivery: Delivery) -> None:
        """See `redelivery.Redelivery`: it stays pending."""

    def lost(self, delivery: Delivery, how: str) -> None:
        """See `redelivery.Redelivery`: it stays pending."""

    def expired(self, delivery: Delivery) -> None:
        """Idle entries are looked for, they do not report."""
        raise AssertionError("pending entries have no timer")

    def restored(self, place: int) -> None:
        """See `redelivery.Redelivery`. At most as many as it can take; the others are claimed when they are idle."""
        if self._rereads and not self._broker.outages.value:
            room = self._queue.hands.room(place)
            self._deliver(self._pending.reread(place, room, self._environment._now), place)

    def _acknowledged(self, message: Message) -> None:
        self._pending.acknowledge(message.number)
        self._messages.pop(message.number, None)

    def _look_later(self) -> None:
        if not self._looks:
            self._looks = True
            now, every = self._environment._now, self._every
            rounds = floor(now / every) + 1
            if rounds * every <= now:  # the quotient was rounded down from a whole number
                rounds += 1
            self._environment.at(rounds * every, self._look, None)

    def _look(self, _: None) -> None:
        self._looks = False
        now: float = self._environment._now
        if not self._broker.outages.value:
            for place in list(self._queue.hands.open()):
                room = self._queue.hands.room(place)
                self._deliver(self._pending.claim_idle(place, self._min_idle, room, now)[0], place)
        if len(self._pending):
            self._look_later()

    def _deliver(self, numbers: Iterable[int], place: int) -> None:
        for number in numbers:
            self._queue.hand_again(self._messages[number], place)
