"""Subscribers that read too slowly are disconnected, as Redis does it: ``client-output-buffer-limit pubsub``.

What a subscriber has not read yet waits in the server's output buffer for its connection. Beyond the hard limit Redis
closes the connection at once; beyond the soft one, if that lasts. What waits is lost then (cut_off), and so is what is
published until the subscriber has connected again (no_subscriber). What it has in hand it handles.

A client that handles messages concurrently reads all the time: nothing waits for it, and it is never cut off.
Source: Redis documentation, "Redis client handling", output buffer limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.messaging.pubsub import Subscription

if TYPE_CHECKING:
    from simulator.messaging.message import Delivery
    from simulator.services.replica import Replica


class CutOff(NamedTuple):
    """The limits of a connection.

    Attributes:
        hard, soft: bytes that may wait; 0: any number. seconds: how long more than `soft` may wait.
        reconnect: seconds until a subscriber that was cut off listens again.
    """

    hard: float
    soft: float
    seconds: float
    reconnect: float


class _Connection:
    """One replica's connection.

    Attributes:
        back_at: until when it is closed, in seconds.
        spells: how often more than the soft limit began or ceased to wait; odd while more does.
    """

    __slots__ = ("back_at", "spells")

    def __init__(self) -> None:
        self.back_at = 0.0
        self.spells = 0


class SlowSubscription(Subscription):
    """A subscription whose slow replicas are cut off.

    Args:
        limits: of each replica's connection.
        size: bytes of a message.
        others: as for `Subscription`.
    """

    def __init__(self, limits: CutOff, size: float, *others: Any, **more: Any) -> None:
        super().__init__(*others, **more)
        self._limits = limits
        self._size = size
        self._connections = {replica: _Connection() for replica in self._held}

    def _absence(self, replica: Replica) -> str:
        if replica.up and self._environment._now < self._connections[replica].back_at:
            return "no_subscriber"
        return super()._absence(replica)

    def _arrive(self, delivery: Delivery) -> None:
        replica = delivery.replica
        if replica.up and self._environment._now < self._connections[replica].back_at:
            self.there -= 1
            self._lose(delivery, "cut_off")
            delivery.root.leave()
            return
        super()._arrive(delivery)
        self._weigh(replica)

    def _end(self, delivery: Delivery) -> None:
        super()._end(delivery)
        self._weigh(delivery.replica)

    def _weigh(self, replica: Replica) -> None:
        """Look at what waits for a replica."""
        limits, connection = self._limits, self._connections[replica]
        waiting = len(self._held[replica]) * self._size
        if limits.hard and waiting > limits.hard:
            self._cut_off(replica)
            return
        above = bool(limits.soft) and waiting > limits.soft
        if above != bool(connection.spells % 2):
            connection.spells += 1
            if above:
                due = self._environment._now + limits.seconds
                self._environment.at(due, self._lasted, (replica, connection.spells))

    def _lasted(self, spell: tuple[Replica, int]) -> None:
        replica, number = spell
        if self._connections[replica].spells == number:
            self._cut_off(replica)

    def _cut_off(self, replica: Replica) -> None:
        connection = self._connections[replica]
        connection.spells += connection.spells % 2
        connection.back_at = self._environment._now + self._limits.reconnect
        self._lose_held(replica, "cut_off")
