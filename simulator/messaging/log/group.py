"""A log with its one consumer group: what takes in the messages for one operation where the broker is Kafka.

A message goes to the partition of its key; without a key the partitions take turns. Order holds within a partition:
its records are handed out in order, and one that fails is tried again in its place. What was handled and not committed
when a consumer died, or was taken for dead, is handled again by the next owner. Source: Apache Kafka documentation,
"Design" (Message Delivery Semantics), "Consumer Configs"; retries in place: Spring for Apache Kafka,
``DefaultErrorHandler`` (``FixedBackOff(0, 9)``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.causes import AFTER_CRASH, AFTER_FAILURE, AFTER_REBALANCE
from simulator.messaging.log.books import Books
from simulator.messaging.log.coordinator import Coordinator
from simulator.messaging.log.delivery import LogDelivery
from simulator.messaging.log.hashing import partition_of
from simulator.messaging.log.partition import Partition
from simulator.messaging.log.rules import ALL_AT_ONCE, When
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.kernel.root import KeyOf
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.log.consumer import Consumer
    from simulator.messaging.log.partition import Cursor, Record
    from simulator.messaging.log.rules import ConsumerRules, GroupRules
    from simulator.messaging.message import Delivery, Message, MessageTally
    from simulator.messaging.topic import Topic
    from simulator.outcomes import Reply
    from simulator.services.replica import Replica


class Group:
    """The messages for one operation of one service, and the group that handles them.

    Args:
        links: the way between each replica and the broker.
        partitions: how many there are. threads: consumers of one replica.
        retention: seconds for which a message is kept. keys: give messages their key; None: there are none.
        starts: when the consumers begin (seconds); until then messages wait.
        dead_letters: the topic on which dead letters are published.

    Attributes:
        tally: what is counted of the messages.
        coordinator: who is in the group. close: lets the consumers of a replica leave it.
    """

    def __init__(
        self,
        broker: Broker,
        links: Mapping[Replica, BrokerLink],
        tally: MessageTally,
        *,
        partitions: int,
        threads: int,
        retention: float,
        keys: KeyOf | None,
        consumers: ConsumerRules,
        group: GroupRules,
        starts: float = 0.0,
        dead_letters: Topic | None = None,
    ) -> None:
        self.environment = broker.environment
        self.rules = consumers
        self.tally = tally
        self.books = Books(broker.environment, tally, dead_letters)
        self._broker = broker
        self._links = links
        self._keys = keys
        self._retention = retention
        self._partitions = [Partition(number) for number in range(partitions)]
        self._turn = 0
        self._expiring = False
        self._down = False
        broker.outages.watch(self._outage)
        self.coordinator = Coordinator(self, broker, self._partitions, links, threads, group)
        if starts > 0.0:
            self.environment.at(starts, self.coordinator.open, None)
        else:
            self.coordinator.open()

    @property
    def there(self) -> int:
        """Messages taken in and not settled."""
        return self.books.there

    def waiting(self) -> int:
        """How many messages no handler has been given yet, or will be given again: the lag."""
        return self.books.waiting

    def in_hand(self, replica: Replica) -> int:
        """How many messages a replica is at work on."""
        return sum(consumer.busy for consumer in self.coordinator.consumers[replica])

    def take(self, message: Message) -> bool:
        """Append a published message to its partition."""
        partition = self._partitions[self._place(message)]
        record = partition.append(message, self.environment._now)
        self.books.take(record)
        if not self._expiring:
            self._expiring = True
            self.environment.at(record.appended + self._retention, self._expire, None)
        if partition.owner is not None:
            partition.owner.consumer.wake()
        return True

    def _place(self, message: Message) -> int:
        if self._keys is not None:
            name, key = self._keys.of(message.root)
            if name:
                return partition_of(key, len(self._partitions))
        self._turn += 1
        return (self._turn - 1) % len(self._partitions)

    # -- handling -----------------------------------------------------------------------------------------

    def hand_over(self, consumer: Consumer, cursor: Cursor, record: Record, attempt: int) -> None:
        """Give a record to a handler: at its replica it waits for a worker as any message does."""
        message, partition = record.message, cursor.partition
        message.deliveries += 1
        if message.deliveries > 1:
            self.tally.redeliveries += 1
            again = AFTER_FAILURE if attempt > 1 else message.again or AFTER_REBALANCE
            message.root.begin_again(message.path, again, self.environment._now)
        if record.offset < partition.newest and not message.settled:
            message.root.mishaps.out_of_order += 1
            self.tally.out_of_order += 1
        if self.rules.width == ALL_AT_ONCE:  # else what is in hand together is one batch, and comes again as one
            partition.newest = max(partition.newest, record.offset)
        self.books.hand_out(record)
        delivery = LogDelivery(message, consumer.replica, self)
        delivery.consumer, delivery.cursor, delivery.record, delivery.attempt = consumer, cursor, record, attempt
        message.root.pending += 1
        consumer.replica.accept(delivery)

    def conclude(self, delivery: Delivery, reply: Reply) -> None:
        """The plain rule: ok and client_error settle a message, any other failure is tried again in its place."""
        if reply.outcome in (Outcome.OK, Outcome.CLIENT_ERROR):
            self.acknowledge(delivery)
        else:
            self.give_back(delivery)

    def acknowledge(self, delivery: Delivery) -> None:
        """The message has been handled."""
        assert isinstance(delivery, LogDelivery)
        if not delivery.ended:
            delivery.ended = True
            self._handled(delivery)
            delivery.root.leave()

    def _handled(self, delivery: LogDelivery) -> None:
        partition = delivery.cursor.partition
        partition.newest = max(partition.newest, delivery.record.offset)
        self.books.handled(delivery.record)
        delivery.consumer.done(delivery)

    def give_back(self, delivery: Delivery) -> None:
        """The handler has failed: its consumer tries again, or gives the message up and goes on."""
        assert isinstance(delivery, LogDelivery)
        if delivery.ended:
            return
        delivery.ended = True
        self.tally.failures += 1
        if self.rules.when is When.BEFORE:  # at most once: a failure is only counted
            self._handled(delivery)
        elif not delivery.consumer.try_again(delivery):
            self.books.give_up(delivery.record)
            delivery.consumer.done(delivery)
        delivery.root.leave()

    def consumer_lost(self, delivery: Delivery) -> None:
        """The consumer has crashed: only the end of its session tells."""
        delivery.message.again = AFTER_CRASH
        if not delivery.ended:
            delivery.ended = True
            delivery.root.leave()

    def expired(self, delivery: Delivery) -> None:
        """Nobody holds a record for too long: it is the consumer that is out when it does not poll."""
        raise AssertionError("a log has no visibility timeout")

    # -- the broker ---------------------------------------------------------------------------------------

    def reaches(self, replica: Replica) -> bool:
        """Whether a replica and the broker can speak with each other."""
        return not self._broker.outages.value and self.in_touch(replica)

    def in_touch(self, replica: Replica) -> bool:
        """The same, as far as it is not up to the broker."""
        link = self._links[replica]
        return not (replica.paused.value or link.out.cut or link.back.cut)

    def commit(self, offsets: list[tuple[Cursor, int]]) -> None:
        """A commit has arrived: it counts for partitions that are still their sender's own."""
        if self._broker.outages.value:
            return
        for cursor, offset in offsets:
            if cursor.partition.owner is cursor:
                for record in cursor.partition.commit(offset):
                    self.books.pass_beyond(record, "replica_down")

    def _outage(self) -> None:
        down = bool(self._broker.outages.value)
        if down == self._down:
            return
        self._down = down
        if not down:
            self.coordinator.broker_back()
            return
        for partition in self._partitions:
            for record in partition.truncate(self.environment._now, self.rules.unseen):
                self.books.pass_beyond(record, "broker_down")

    def _expire(self, _: None) -> None:
        """Forget what is too old, and look again when the next record will be."""
        now: float = self.environment._now
        for partition in self._partitions:
            for record in partition.expire(now, self._retention):
                self.books.pass_beyond(record, "expired")
        ages = [partition.oldest for partition in self._partitions if partition.oldest is not None]
        self._expiring = bool(ages)
        if ages:
            self.environment.at(min(ages) + self._retention, self._expire, None)
