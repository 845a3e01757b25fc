"""A durable queue with competing consumers: at least once, with a visibility timeout and dead letters.

Each replica of the consuming service holds at most ``consumers * prefetch`` messages at a time; the queue hands them
out in turn. A message is settled by an ok or client_error of its handler. Any other failure gives it back, to be
delivered again ``redelivery_delay`` after the failure; a handler that outlasts the visibility timeout (counted from
the hand-over, as in SQS) goes on, and so does the redelivery. What fails its last delivery is a dead letter.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.causes import AFTER_CRASH, AFTER_FAILURE, AFTER_LOST_DELIVERY, AFTER_TIMEOUT
from simulator.messaging.message import Delivery, Message
from simulator.messaging.order import Order
from simulator.network.link import LOST
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.kernel.deadlines import DeadlineTable
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.message import MessageTally
    from simulator.outcomes import Reply
    from simulator.services.replica import Replica
    from simulator.spec.messaging.brokers import QueueBroker

NO_LIMIT = float("inf")


class Queue:
    """Messages for one operation of one service.

    Args:
        links: the way between each replica and the broker.
        starts: when the consumers begin (seconds); until then messages wait.

    Attributes:
        there: messages taken in and not settled: waiting, delayed or in hand.
    """

    def __init__(
        self,
        broker: Broker,
        spec: QueueBroker,
        links: Mapping[Replica, BrokerLink],
        consumers: float,
        max_deliveries: float,
        tally: MessageTally,
        deadlines: DeadlineTable,
        starts: float = 0.0,
    ) -> None:
        self.there = 0
        self._starts = starts
        self.tally = tally
        self._broker = broker
        self._replicas = replicas = list(links)
        self._out = [link.out for link in links.values()]
        self._back = [link.back for link in links.values()]
        self._limit = consumers * (spec.prefetch or NO_LIMIT)
        self._max_deliveries = max_deliveries
        self._redelivery_delay = spec.redelivery_delay
        self._visibility = deadlines.of(spec.visibility_timeout)
        self._environment = broker.environment
        self._in_hand = [0] * len(replicas)
        self._index = {replica: number for number, replica in enumerate(replicas)}
        self._turn = 0
        self._ready: deque[Message] = deque()
        self._published = 0
        self._order = Order()
        broker.when_restored(self.dispatch)
        for leg in self._out:
            if self not in leg.channel.legs:
                leg.channel.legs.append(self)
        if starts > 0.0:
            self._environment.at(starts, self._open, None)

    def take(self, message: Message) -> bool:
        """Put a published message in the queue."""
        self._published += 1
        message.number = self._published
        message.root.pending += 1
        self.there += 1
        self.tally.taken += 1
        self._wait(message)
        return True

    def dispatch(self) -> None:
        """Hand out messages while there are both messages and consumers."""
        if self._broker.outages.value or self._environment._now < self._starts:
            return
        while self._ready:
            number = self._free_consumer()
            if number is None:
                return
            message = self._ready.popleft()
            self.tally.leaves(self._environment._now)
            if not message.settled:
                self._deliver(message, number)

    def disturbance_changed(self) -> None:
        """A consumer can, or cannot, reach the broker again: who cannot asks for nothing.

        The other ways that the same fault has cut are free at the same instant, but not yet.
        """
        if self._ready:
            self._environment.at(self._environment._now, self._open, None)

    def _open(self, _: None) -> None:
        self.dispatch()

    def conclude(self, delivery: Delivery, reply: Reply) -> None:
        """The plain rule: ok and client_error settle a message, any other failure gives it back."""
        if reply.outcome in (Outcome.OK, Outcome.CLIENT_ERROR):
            self.acknowledge(delivery)
        else:
            self.give_back(delivery)

    def acknowledge(self, delivery: Delivery) -> None:
        """The message has been handled."""
        message = delivery.message
        self._free(delivery)
        delivery.waiting = False
        if not message.settled:
            self.tally.was_handled(message.published, self._environment._now)
            self._settle(message)
        self.dispatch()

    def give_back(self, delivery: Delivery) -> None:
        """The handler has failed: deliver the message again, or give it up."""
        self.tally.failures += 1
        self._free(delivery)
        if delivery.waiting:  # else its visibility ran out and it is already on its way again
            delivery.waiting = False
            self._again(delivery.message, AFTER_FAILURE)
        self.dispatch()

    def consumer_lost(self, delivery: Delivery) -> None:
        """The consumer crashed: only the visibility timeout notices."""
        delivery.failing = AFTER_CRASH
        self._free(delivery)
        self.dispatch()

    def expired(self, delivery: Delivery) -> None:
        """The visibility timeout of a delivery is over; its handler, if any, goes on."""
        if not delivery.message.settled:
            self._again(delivery.message, delivery.failing or AFTER_TIMEOUT, at_once=True)
            self.dispatch()

    def waiting(self) -> int:
        """How many messages are ready and wait for a consumer."""
        return len(self._ready)

    def in_hand(self, replica: Replica) -> int:
        """How many messages were handed to a replica that it is not done with."""
        return self._in_hand[self._index[replica]]

    def _free_consumer(self) -> int | None:
        size = len(self._replicas)
        for step in range(size):
            number = (self._turn + step) % size
            replica = self._replicas[number]
            there = replica.up and not replica.draining
            if there and self._in_hand[number] < self._limit and not self._out[number].cut:
                self._turn = number + 1
                return number
        return None

    def _deliver(self, message: Message, number: int) -> None:
        root = message.root
        message.deliveries += 1
        if message.deliveries > 1:
            self.tally.redeliveries += 1
            root.begin_again(message.path, message.again, self._environment._now)
        if self._order.delivered(message):
            root.mishaps.out_of_order += 1
            self.tally.out_of_order += 1
        replica = self._replicas[number]
        delivery = Delivery(message, replica, self)
        self._in_hand[number] += 1
        root.pending += 1
        self._visibility.add(delivery)
        leg = self._back[number]
        travel = leg.delay(root)
        if travel == LOST or leg.cut:
            delivery.failing = AFTER_LOST_DELIVERY
            self._free(delivery)
            return
        due = self._environment._now + travel + self._broker.delivery_latency.draw(root)
        self._environment.at(due, replica.accept, delivery)

    def _free(self, delivery: Delivery) -> None:
        """The consumer has its hand free again; until then the delivery works for its request, settled or not."""
        if not delivery.ended:
            delivery.ended = True
            self._in_hand[self._index[delivery.replica]] -= 1
            delivery.root.leave()

    def _again(self, message: Message, why: str, *, at_once: bool = False) -> None:
        if message.settled:
            return
        message.again = why
        if message.deliveries >= self._max_deliveries:
            self.tally.dead += 1
            message.root.mishaps.dead_lettered += 1
            if message.given_up is not None:
                message.given_up(message)
            self._settle(message)
        elif at_once or self._redelivery_delay <= 0:
            self._wait(message)
        else:
            self._environment.at(self._environment._now + self._redelivery_delay, self._wait, message)

    def _wait(self, message: Message) -> None:
        if message.settled:  # by an earlier delivery, while it was delayed
            return
        self._ready.append(message)
        self.tally.waits(self._environment._now)
        self.dispatch()

    def _settle(self, message: Message) -> None:
        message.settled = True
        self.there -= 1
        message.root.leave()
