"""When a message comes again whose delivery has not led to an acknowledgement: who notices, and how soon.

One of these stands beside each queue, chosen by its broker's preset. `ByClaim`, that of Redis Streams, has a file of
its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.causes import AFTER_BROKER_DOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.deadlines import Deadlines
    from simulator.kernel.environment import Environment
    from simulator.messaging.broker import Broker
    from simulator.messaging.hands import Hands
    from simulator.messaging.message import Delivery, Message
    from simulator.messaging.store import Store

CRASHED = "replica_down"
"""A delivery was lost with its consumer."""
CUT = "network"
"""A delivery, or the word of its consumer, was lost on the way."""


class Served(Protocol):
    """A queue, as those see it who bring messages back to it.

    Attributes:
        store: what is kept. hands: what each consumer holds.
    """

    store: Store
    hands: Hands

    def hand_again(self, message: Message, place: int) -> None:
        """Let a consumer take over a message that somebody has or had in hand."""


class Redelivery(Protocol):
    """What becomes of deliveries that come to nothing.

    Attributes:
        late_words: whether an acknowledgement counts after the message was given to somebody else.
        silent: whether the broker has forgotten a message as soon as it is handed over, so that nobody reports to it.
        full: whether nothing more is handed out at present.
        settled: called with each message that is settled; None: nobody need know.
        concluded: called when the broker has heard that a delivery's message was handled; None: nobody need know.
    """

    late_words: bool
    silent: bool
    full: bool
    settled: Callable[[Message], None] | None
    concluded: Callable[[Delivery], None] | None

    def serve(self, queue: Served) -> None:
        """Belong to a queue from now on."""

    def handed(self, delivery: Delivery) -> None:
        """A message is handed over."""

    def rejected(self, delivery: Delivery) -> None:
        """The broker has heard that the handler has failed."""

    def lost(self, delivery: Delivery, how: str) -> None:
        """The consumer has crashed, or word to or from it was lost."""

    def expired(self, delivery: Delivery) -> None:
        """The visibility timeout of a delivery is over."""

    def restored(self, place: int) -> None:
        """A consumer has come back."""


class ByVisibility:
    """The message stays invisible for the visibility timeout, and then comes again; nothing else notices a crash.

    Args:
        timer: the visibility timeout; None: longer than the run can last.
        delay: seconds from the word of a failure to the next delivery.
        late_words: see `Redelivery`; a receipt handle of an SQS FIFO queue is void after the timeout.

    Source: Amazon SQS developer guide, "Amazon SQS visibility timeout".
    """

    silent = full = False
    settled: Callable[[Message], None] | None = None
    concluded: Callable[[Delivery], None] | None = None

    def __init__(self, timer: Deadlines | None, delay: float, *, late_words: bool = True) -> None:
        self.handed: Callable[[Delivery], None] = _unwatched if timer is None else timer.add
        self.late_words = late_words
        self._delay = delay
        self._store: Store

    def serve(self, queue: Served) -> None:
        """See `Redelivery`."""
        self._store = queue.store

    def rejected(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        if delivery.waiting:  # else its visibility ran out and it is already on its way again
            delivery.waiting = False
            self._store.come_again(delivery.message, self._delay)

    def lost(self, delivery: Delivery, how: str) -> None:
        """See `Redelivery`: the visibility timeout runs on."""

    def expired(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        self._store.come_again(delivery.message)

    def restored(self, place: int) -> None:
        """See `Redelivery`."""


class ByVisibilityUpTo(ByVisibility):
    """`ByVisibility` with a limit: beyond so many messages in flight none is received.

    Args:
        most: messages that were received, and neither deleted nor visible again.

    Source: Amazon SQS developer guide, "Amazon SQS message quotas", in-flight messages.
    """

    def __init__(self, timer: Deadlines | None, delay: float, most: int, *, late_words: bool) -> None:
        super().__init__(timer, delay, late_words=late_words)
        self._most = most
        self._in_flight = 0
        self._watch = self.handed
        self.handed = self._counted
        self.concluded = self._back

    def rejected(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        self._count(-delivery.waiting)
        super().rejected(delivery)

    def expired(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        self._count(-1)
        super().expired(delivery)

    def _counted(self, delivery: Delivery) -> None:
        self._count(1)
        self._watch(delivery)

    def _back(self, delivery: Delivery) -> None:
        self._count(-delivery.waiting)

    def _count(self, more: int) -> None:
        self._in_flight += more
        self.full = self._in_flight >= self._most


class ByConnection:
    """The broker knows which connection has which message: when it closes, all of them are ready again at once.

    The connection of a consumer that crashes closes in that instant, and all connections do when the broker goes down.
    What the network swallows without a word is noticed after the heartbeat timeout.

    Args:
        timeout: seconds that a consumer may take (consumer_timeout); None: longer than the run can last. Deliveries are
            remembered only until they are settled, however long that is.
        delay: seconds from the word of a failure to the next delivery (0 is what ``basic.nack`` does).
        heartbeat: seconds.

    Sources: RabbitMQ documentation, "Consumer Acknowledgements and Publisher Confirms" (automatic requeueing),
    "Detecting Dead TCP Connections with Heartbeats".
    """

    silent = full = False
    late_words = False  # delivery tags are those of one channel, which is closed
    concluded: Callable[[Delivery], None] | None = None

    def __init__(self, broker: Broker, timeout: float | None, delay: float, heartbeat: float) -> None:
        self._environment: Environment = broker.environment
        self._timeout = timeout
        self._armed = False
        self._delay = delay
        self._heartbeat = heartbeat
        self._unacknowledged: dict[int, Delivery] = {}
        self._store: Store
        self.settled: Callable[[Message], None] | None = self._forget
        broker.when_failed(self._all_close)

    def serve(self, queue: Served) -> None:
        """See `Redelivery`."""
        self._store = queue.store

    def handed(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        number = delivery.message.number
        self._unacknowledged.pop(number, None)  # so that they are in the order of their hand-over
        self._unacknowledged[number] = delivery
        if self._timeout is not None:
            delivery.expires = self._environment._now + self._timeout
            if not self._armed:
                self._armed = True
                self._environment.at(delivery.expires, self._due, None)

    def rejected(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        self._requeue(delivery, self._delay)

    def lost(self, delivery: Delivery, how: str) -> None:
        """See `Redelivery`. It is ready again when everything else that happens at this instant has happened."""
        after = self._heartbeat if how == CUT else 0.0
        self._environment.at(self._environment._now + after, self._requeue, delivery)

    def expired(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        self._store.come_again(delivery.message)

    def restored(self, place: int) -> None:
        """See `Redelivery`."""

    def _requeue(self, delivery: Delivery, delay: float = 0.0) -> None:
        if delivery.waiting:
            delivery.waiting = False
            self._store.come_again(delivery.message, delay)

    def _due(self, _: None) -> None:
        held = self._unacknowledged
        while held:
            number, oldest = next(iter(held.items()))
            if oldest.waiting and oldest.expires > self._environment._now:
                self._environment.at(oldest.expires, self._due, None)
                return
            del held[number]
            if oldest.waiting:
                oldest.waiting = False
                oldest.expire()
        self._armed = False

    def _all_close(self) -> None:
        for delivery in list(self._unacknowledged.values()):
            delivery.message.again = delivery.message.again or AFTER_BROKER_DOWN
            self._requeue(delivery)

    def _forget(self, message: Message) -> None:
        self._unacknowledged.pop(message.number, None)


class AtHandOver:
    """Acknowledged by the hand-over itself: at most once. What fails is only counted, what crashes is lost.

    Sources: RabbitMQ documentation, "Consumer Acknowledgements" (automatic acknowledgement mode); Redis documentation,
    XREADGROUP, NOACK.
    """

    silent = True
    full = False
    late_words = True
    settled: Callable[[Message], None] | None = None
    concluded: Callable[[Delivery], None] | None = None

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._store: Store

    def serve(self, queue: Served) -> None:
        """See `Redelivery`."""
        self._store = queue.store

    def handed(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        delivery.waiting = False

    def rejected(self, delivery: Delivery) -> None:
        """See `Redelivery`."""
        message = delivery.message
        if message.given_up is not None:
            message.given_up(message)
        self._store.tally.was_handled(message.published, self._environment._now)
        self._store.settle(message)

    def lost(self, delivery: Delivery, how: str) -> None:
        """See `Redelivery`."""
        self._store.lose(delivery.message, how)

    def expired(self, delivery: Delivery) -> None:
        """Nothing runs that could expire."""
        raise AssertionError("what is acknowledged at the hand-over has no visibility timeout")

    def restored(self, place: int) -> None:
        """See `Redelivery`."""


def _unwatched(delivery: Delivery) -> None:
    """Its visibility timeout outlasts the run."""
