"""Publish and subscribe as Redis does it: at most once, to whoever listens now.

A handler's error is counted and forgotten, as in the brief. `handling` says how many messages of one subscription a
replica has in hand: one (``sequential``, the brief's first version), any number (``concurrent``, its exercise: a
goroutine a message), or its consumers (``workers``). A message that comes in between waits at the replica.
Source: Redis documentation, "Redis Pub/Sub", delivery semantics.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.messaging.message import Delivery, Message
from simulator.messaging.order import order_of
from simulator.network.link import LOST
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.kernel.root import KeyOf
    from simulator.messaging.broker import Broker
    from simulator.messaging.message import MessageTally
    from simulator.network.link import Leg
    from simulator.outcomes import Reply
    from simulator.services.replica import Replica


class Subscription:
    """One operation that listens to one topic.

    Args:
        legs: the way to each replica.
        starts: when the subscriber comes up, in seconds; earlier messages are lost (no_subscriber).
        limit: messages in hand at once, per replica.
        members: those of the replicas that listen at present; the list changes where replicas come and go.
        every_replica: whether each replica gets a copy, or one of them in turn.
        keys: only messages with the same key are out of order to one another; None: all are.

    Attributes:
        there: copies taken in and not settled.
    """

    def __init__(
        self,
        broker: Broker,
        legs: Mapping[Replica, Leg],
        members: Sequence[Replica],
        tally: MessageTally,
        *,
        starts: float,
        limit: float,
        every_replica: bool,
        keys: KeyOf | None = None,
    ) -> None:
        self.there = 0
        self.tally = tally
        self._broker = broker
        self._legs = legs
        replicas = list(legs)
        self._members = members
        self._starts = starts
        self._limit = limit
        self._every_replica = every_replica
        self._environment = broker.environment
        self._turn = 0
        self._published = 0
        shared = order_of(keys)
        self._order = {replica: order_of(keys) if every_replica else shared for replica in replicas}
        self._in_hand = dict.fromkeys(replicas, 0)
        self._held: dict[Replica, deque[Delivery]] = {replica: deque() for replica in replicas}

    def take(self, message: Message) -> bool:
        """Send a published message on its way to the replicas that listen. Nobody's listening is no refusal."""
        self._published += 1
        message.number = self._published
        now: float = self._environment._now
        if now < self._starts:
            self.tally.taken += 1
            self._lose(message, "no_subscriber")
            return True
        for replica in self._listeners():
            self.tally.taken += 1
            absent = self._absence(replica)
            if absent:
                self._lose(message, absent)
                continue
            leg = self._legs[replica]
            travel = leg.delay(message.root)
            if travel == LOST or leg.cut:
                self._lose(message, "network")
                continue
            self.there += 1
            message.root.pending += 1
            due = now + travel + self._broker.delivery_latency.draw(message.root)
            self._environment.at(due, self._arrive, Delivery(message, replica, self))
        return True

    def waiting(self) -> int:
        """How many messages wait at replicas whose hands are full."""
        return sum(map(len, self._held.values()))

    def in_hand(self, replica: Replica) -> int:
        """How many messages a replica is at work on."""
        return self._in_hand[replica]

    def conclude(self, delivery: Delivery, reply: Reply) -> None:
        """A handler is done; its error, if any, is only counted."""
        if reply.outcome in (Outcome.OK, Outcome.CLIENT_ERROR):
            self.tally.failures += reply.outcome is Outcome.CLIENT_ERROR
            self.acknowledge(delivery)
        else:
            self.give_back(delivery)

    def acknowledge(self, delivery: Delivery) -> None:
        """The handler is done. Nobody is told: the broker has forgotten the message long ago."""
        self.tally.was_handled(delivery.message.published, self._environment._now)
        self._end(delivery)

    def give_back(self, delivery: Delivery) -> None:
        """The handler has failed, and there is no second delivery: whoever sent the message is told so at once."""
        self.tally.failures += 1
        message = delivery.message
        if message.given_up is not None:
            message.given_up(message)
        self.acknowledge(delivery)

    def consumer_lost(self, delivery: Delivery) -> None:
        """The replica is down, or crashed with the message in hand: it is lost, and so is all that waits there."""
        self._lose(delivery, "replica_down")
        self._end(delivery)

    def expired(self, delivery: Delivery) -> None:
        """Nothing expires here."""
        raise AssertionError("publish/subscribe has no visibility timeout")

    def _absence(self, replica: Replica) -> str:
        """Why a replica does not listen now; empty: it does."""
        return "" if replica.up else "replica_down"

    def _listeners(self) -> Sequence[Replica]:
        if self._every_replica:
            return self._members
        self._turn += 1
        return (self._members[(self._turn - 1) % len(self._members)],)

    def _arrive(self, delivery: Delivery) -> None:
        replica = delivery.replica
        if replica.up and self._in_hand[replica] >= self._limit:
            self._held[replica].append(delivery)
            self.tally.waits(self._environment._now)
        else:
            self._hand_over(replica, delivery)

    def _hand_over(self, replica: Replica, delivery: Delivery) -> None:
        if replica.up and self._order[replica].delivered(delivery.message):
            delivery.root.mishaps.out_of_order += 1
            self.tally.out_of_order += 1
        self._in_hand[replica] += 1
        replica.accept(delivery)

    def _end(self, delivery: Delivery) -> None:
        replica = delivery.replica
        self._in_hand[replica] -= 1
        self.there -= 1
        held = self._held[replica]
        if held and replica.up:
            following = held.popleft()
            self.tally.leaves(self._environment._now)
            self._hand_over(replica, following)
        if held and not replica.up:
            self._lose_held(replica, "replica_down")
        delivery.root.leave()

    def _lose_held(self, replica: Replica, reason: str) -> None:
        """Nothing that waits at a replica will ever be handled."""
        held = self._held[replica]
        while held:
            waiting = held.popleft()
            self.tally.leaves(self._environment._now)
            self.there -= 1
            self._lose(waiting, reason)
            waiting.root.leave()

    def _lose(self, one: Message | Delivery, reason: str) -> None:
        self.tally.lost[reason] += 1
        one.root.mishaps.lose(one.path)
