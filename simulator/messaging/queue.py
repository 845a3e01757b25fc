"""A queue with competing consumers: at least once, with redelivery and dead letters.

Each replica of the consuming service holds at most so many messages at a time; the queue hands them out in turn. A
message is settled when the broker hears that its handler has ended ok or with a client_error. Word of that travels
the consumer's way to the broker, and may be lost with it. When and where a message comes again is up to the broker's
preset: see `redelivery` and `lines`. What is kept, and what becomes of it: see `store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.causes import (
    AFTER_CRASH,
    AFTER_FAILURE,
    AFTER_LOST_ACKNOWLEDGEMENT,
    AFTER_LOST_DELIVERY,
    AFTER_TIMEOUT,
    ALTHOUGH_ACKNOWLEDGED,
)
from simulator.messaging.hands import Hands
from simulator.messaging.message import Delivery, Message
from simulator.messaging.redelivery import CRASHED, CUT
from simulator.network.link import LOST
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.message import MessageTally
    from simulator.messaging.order import Order, OrderByKey
    from simulator.messaging.redelivery import Redelivery
    from simulator.messaging.store import Store
    from simulator.outcomes import Reply
    from simulator.services.replica import Replica

_SETTLING = (Outcome.OK, Outcome.CLIENT_ERROR)


class Queue:
    """Messages for one operation of one service.

    Args:
        links: the way between each replica and the broker.
        store: what the broker keeps. redelivery: when it comes again.
        order: within which messages should keep theirs.
        hold: messages in hand at once, per replica.
        starts: when the consumers begin (seconds); until then messages wait.
        forgets: whether the broker delivers a message of a request again though it was acknowledged; None: never.

    Attributes:
        hands: what each consumer holds.
    """

    def __init__(
        self,
        broker: Broker,
        links: Mapping[Replica, BrokerLink],
        store: Store,
        redelivery: Redelivery,
        order: Order | OrderByKey,
        hold: float,
        starts: float = 0.0,
        forgets: Callable[[Root], bool] | None = None,
    ) -> None:
        self.store = store
        self._starts = starts
        self._broker = broker
        self._environment = broker.environment
        self._replicas = list(links)
        self._out = [link.out for link in links.values()]
        self._back = [link.back for link in links.values()]
        self.hands = Hands(self._replicas, self._out, self._back, hold)
        self._line = store.line
        self._tally = store.tally
        self._held = self.hands.held
        self._max_receives = store.max_receives
        self._redelivery = redelivery
        self._forgets = forgets
        self._order = order
        self.take = store.take
        store.ready = self.dispatch
        store.settled = redelivery.settled
        redelivery.serve(self)
        broker.when_restored(self.dispatch)
        for leg in (*self._out, *self._back):
            if self not in leg.channel.legs:
                leg.channel.legs.append(self)
        if starts > 0.0:
            self._environment.at(starts, self._open, None)

    @property
    def there(self) -> int:
        """Messages taken in and not settled: waiting, delayed or in hand."""
        return self.store.there

    @property
    def tally(self) -> MessageTally:
        """What is counted of them."""
        return self.store.tally

    def waiting(self) -> int:
        """How many messages are ready and wait for a consumer."""
        return self._line.size

    def in_hand(self, replica: Replica) -> int:
        """How many messages were handed to a replica that it is not done with."""
        return self.hands.held[self._replicas.index(replica)]

    # -- handing out --------------------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Hand out messages while there are both messages and consumers."""
        line = self._line
        if not line.size or self._broker.outages.value or self._environment._now < self._starts:
            return
        while line.size and not self._redelivery.full:
            place = self.hands.free()
            if place is None:
                return
            message = line.next()
            if message is None:
                return
            message.waits = False
            self._tally.leaves(self._environment._now)
            if message.deliveries < self._max_receives:
                self._hand(message, place)
            else:
                self.store.bury(message)

    def hand_again(self, message: Message, place: int) -> None:
        """A consumer takes over a message that somebody has or had in hand, unless it is given up."""
        if self.store.may_go_again(message):
            self._hand(message, place)

    def disturbance_changed(self) -> None:
        """A consumer can, or cannot, reach the broker again: who cannot asks for nothing.

        The other ways that the same fault has cut are free at the same instant, but not yet.
        """
        if self._line.size:
            self._environment.at(self._environment._now, self._open, None)

    def restored(self, place: int) -> None:
        """A consumer has come back, empty."""
        self._redelivery.restored(place)
        self.dispatch()

    def _open(self, _: None) -> None:
        self.dispatch()

    def _hand(self, message: Message, place: int) -> None:
        root = message.root
        message.deliveries += 1
        if message.deliveries > 1:
            self._tally.redeliveries += 1
            root.begin_again(message.path, message.again or AFTER_TIMEOUT, self._environment._now)
            message.again = ""
        if self._order.delivered(message):
            root.mishaps.out_of_order += 1
            self._tally.out_of_order += 1
        replica = self._replicas[place]
        delivery = Delivery(message, replica, self, place)
        hands = self.hands
        hands.held[place] += 1
        hands.turn = hands.after[place]
        root.pending += 1
        self._redelivery.handed(delivery)
        travel = self._back[place].delay(root)
        if travel == LOST:
            self._comes_to_nothing(delivery, AFTER_LOST_DELIVERY)
            self._free(delivery)
            self._redelivery.lost(delivery, CUT)
            return
        due = self._environment._now + travel + self._broker.delivery_latency.draw(root)
        self._environment.at(due, replica.accept, delivery)

    # -- what consumers say -------------------------------------------------------------------------------

    def conclude(self, delivery: Delivery, reply: Reply) -> None:
        """The plain rule: ok and client_error settle a message, any other failure gives it back."""
        if reply.outcome in _SETTLING:
            self.acknowledge(delivery)
        else:
            self.give_back(delivery)

    def acknowledge(self, delivery: Delivery) -> None:
        """The message has been handled."""
        message = delivery.message
        if not message.succeeded:
            message.succeeded = True
            self._tally.succeeded(message.published, self._environment._now)
        if self._out[delivery.place].clear and not self._broker.outages.value:
            self._acknowledged(delivery)
        else:
            self._tell(delivery, self._acknowledged)

    def give_back(self, delivery: Delivery) -> None:
        """The handler has failed."""
        self._tally.failures += 1
        self._tell(delivery, self._rejected)

    def consumer_lost(self, delivery: Delivery) -> None:
        """The consumer crashed, or was down when the message came."""
        self._lost(delivery, CRASHED)

    def expired(self, delivery: Delivery) -> None:
        """The visibility timeout of a delivery is over; its handler, if any, goes on."""
        delivery.message.again = delivery.failing or AFTER_TIMEOUT
        self._redelivery.expired(delivery)
        self.dispatch()

    def _tell(self, delivery: Delivery, then: Callable[[Delivery], None]) -> None:
        """The consumer tells the broker something; its hand is free when the broker has heard it, or never will."""
        leg = self._out[delivery.place]
        if self._redelivery.silent:
            then(delivery)
            return
        travel = leg.word(delivery.root)
        if travel == LOST or leg.cut:
            self._lost(delivery, CUT)
        elif travel > 0:
            self._environment.at(self._environment._now + travel, self._hear, (delivery, then))
        else:
            self._hear((delivery, then))

    def _hear(self, word: tuple[Delivery, Callable[[Delivery], None]]) -> None:
        delivery, then = word
        if self._broker.outages.value:
            self._lost(delivery, CUT)
        else:
            then(delivery)

    def _acknowledged(self, delivery: Delivery) -> None:
        message = delivery.message
        if not delivery.ended:  # as `_free` does
            delivery.ended = True
            self._held[delivery.place] -= 1
            delivery.root.leave()
        counts = delivery.waiting or self._redelivery.late_words
        if counts and self._forgets is not None and self._forgets(message.root):
            delivery.failing = ALTHOUGH_ACKNOWLEDGED
        elif counts:
            if self._redelivery.concluded is not None:
                self._redelivery.concluded(delivery)
            delivery.waiting = False
            if not message.settled:
                self._tally.handled += 1
                self.store.settle(message)
        self.dispatch()

    def _rejected(self, delivery: Delivery) -> None:
        self._comes_to_nothing(delivery, AFTER_FAILURE)
        self._free(delivery)
        self._redelivery.rejected(delivery)
        self.dispatch()

    def _lost(self, delivery: Delivery, how: str) -> None:
        self._comes_to_nothing(delivery, AFTER_CRASH if how == CRASHED else AFTER_LOST_ACKNOWLEDGEMENT)
        self._free(delivery)
        self._redelivery.lost(delivery, how)
        self.dispatch()

    def _comes_to_nothing(self, delivery: Delivery, why: str) -> None:
        if delivery.waiting:  # else its message is on its way again already, for another reason
            delivery.failing = delivery.message.again = why

    def _free(self, delivery: Delivery) -> None:
        """The consumer has its hand free again; until then the delivery works for its request, settled or not."""
        if not delivery.ended:
            delivery.ended = True
            self._held[delivery.place] -= 1
            delivery.root.leave()
