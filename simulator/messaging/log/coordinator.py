"""The coordinator of a consumer group: who is in, who has gone silent, who reads what. It lives on the broker.

A consumer that crashes, stands still or is cut off tells nobody: its partitions stand still until its session is over.
One that leaves says so. While the broker is down no session runs out: when it is back, all of them begin anew.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.causes import AFTER_CRASH, AFTER_REBALANCE
from simulator.messaging.log.assignment import EAGER, sticking
from simulator.messaging.log.consumer import Consumer
from simulator.messaging.log.doing import Doing
from simulator.messaging.log.partition import Cursor, Partition
from simulator.messaging.log.roster import Roster, last_heartbeat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.log.rules import GroupOf, GroupRules
    from simulator.services.replica import Replica


class Coordinator:
    """The coordinator of one group.

    Args:
        group: what its consumers share.
        links: the way between each replica and the broker.
        threads: consumers of one replica.

    Attributes:
        consumers: of each replica; the dead ones too, until the group has noticed.
        roster: who is in the group.
    """

    def __init__(
        self,
        group: GroupOf,
        broker: Broker,
        partitions: Sequence[Partition],
        links: Mapping[Replica, BrokerLink],
        threads: int,
        rules: GroupRules,
    ) -> None:
        self.consumers: dict[Replica, list[Consumer]] = {replica: [] for replica in links}
        self.roster: Roster[Consumer] = Roster(rules.pause)
        self._group = group
        self._broker = broker
        self._environment = group.environment
        self._partitions = partitions
        self._links = links
        self._threads = threads
        self._rules = rules
        self._index = {replica: index for index, replica in enumerate(links)}
        self._started = dict.fromkeys(links, 0)
        self._open = False
        for replica in links:
            replica.when_crashed.append(partial(self._crashed, replica))
            replica.when_restored.append(partial(self._come, replica))
            replica.paused.watch(self.disturbance_changed)
        for leg in (leg for link in links.values() for leg in (link.out, link.back)):
            if self not in leg.channel.legs:
                leg.channel.legs.append(self)

    def open(self, _: None = None) -> None:
        """The consumers begin: whoever is up forms the group, as if that had been done before."""
        self._open = True
        self.roster.begin(self._environment._now, pause=0.0)
        for replica in self.consumers:
            self._come(replica)
        self._check(None)

    def close(self, replica: Replica) -> None:
        """A replica is about to go: its consumers leave the group."""
        for consumer in list(self.consumers[replica]):
            consumer.close()

    # -- coming and going ---------------------------------------------------------------------------------

    def _come(self, replica: Replica) -> None:
        if not self._open or not replica.up or replica.draining:
            return
        living = [consumer for consumer in self.consumers[replica] if consumer.doing is not Doing.GONE]
        for consumer in living:
            consumer.stay()
        if living:
            return
        self._started[replica] += 1
        for thread in range(self._threads):
            place = (thread, self._index[replica], self._started[replica])
            consumer = Consumer(self._group, self, replica, self._links[replica], place)
            self.consumers[replica].append(consumer)
            consumer.poll()

    def join(self, consumer: Consumer) -> None:
        """A consumer becomes a member, with no partitions yet."""
        self._rebalance()
        consumer.fenced = False
        consumer.joined = self._environment._now
        self.roster.join(consumer)
        self._check_soon()

    def left(self, consumer: Consumer) -> None:
        """A consumer has gone by itself; if its word is not heard, the end of its session tells."""
        if consumer in self.roster:
            if self._group.reaches(consumer.replica):
                self._remove(consumer)
            else:
                self._lose_touch(consumer)
        else:
            self.consumers[consumer.replica].remove(consumer)
        if consumer.replica.draining:
            consumer.replica.when_drained(consumer.replica)

    def overdue(self, consumer: Consumer) -> None:
        """A consumer has not polled for too long: its own client leaves the group for it."""
        if consumer in self.roster and self._group.reaches(consumer.replica):
            self._remove(consumer)

    def _crashed(self, replica: Replica, _: float) -> None:
        for consumer in list(self.consumers[replica]):
            if consumer.doing is not Doing.GONE:
                consumer.die()
                if consumer in self.roster:
                    self._lose_touch(consumer)
                else:
                    self.consumers[replica].remove(consumer)

    def _remove(self, consumer: Consumer) -> None:
        """A member is out: its partitions are free, and what it may still do or say counts no more."""
        self.roster.leave(consumer)
        consumer.fenced = True
        for cursor in consumer.cursors:
            self._free(cursor)
        if consumer.doing is Doing.GONE:
            self.consumers[consumer.replica].remove(consumer)
        self._rebalance()
        self._check_soon()
        consumer.nudge()

    # -- sessions -----------------------------------------------------------------------------------------

    def disturbance_changed(self) -> None:
        """A link is cut or mended, or a replica stands still or goes on. What else the same fault has done is so at the
        same instant, but not yet."""
        self._environment.at(self._environment._now, self._look_at_contacts, None)

    def _look_at_contacts(self, _: None) -> None:
        for replica, consumers in self.consumers.items():
            for consumer in [one for one in consumers if one.doing is not Doing.GONE]:
                if not self._group.in_touch(replica):
                    self._lose_touch(consumer)
                elif consumer.silent is not None or consumer.fenced:
                    consumer.silent = None
                    consumer.silences += 1
                    consumer.nudge()

    def _lose_touch(self, consumer: Consumer) -> None:
        if consumer.silent is None:
            now: float = self._environment._now
            consumer.silent = now
            heard = last_heartbeat(consumer.joined, self._rules.heartbeat, now)
            self._expect(consumer, max(now, heard + self._rules.session))

    def _expect(self, consumer: Consumer, end: float) -> None:
        consumer.silences += 1
        self._environment.at(end, self._session_over, (consumer, consumer.silences))

    def _session_over(self, what: tuple[Consumer, int]) -> None:
        consumer, silences = what
        if silences == consumer.silences and consumer in self.roster and not self._broker.outages.value:
            self._remove(consumer)

    def broker_back(self) -> None:
        """The broker is back: the sessions of those that it does not hear begin anew; the others go on."""
        now: float = self._environment._now
        for consumer in self.roster.members:
            if consumer.silent is not None:
                self._expect(consumer, now + self._rules.session)
        for consumer in [consumer for consumers in self.consumers.values() for consumer in consumers]:
            consumer.nudge()
        self._check_soon()

    # -- rebalancing --------------------------------------------------------------------------------------

    def owes(self, consumer: Consumer) -> bool:
        """Whether a rebalance waits for this consumer to join again."""
        return self.roster.owes(consumer)

    def rejoin(self, consumer: Consumer) -> bool:
        """A member joins again; whether it may go on with the partitions that it has meanwhile."""
        self.roster.rejoin(consumer)
        self._check_soon()
        return self._rules.assignor not in EAGER

    def release(self, cursors: list[Cursor]) -> None:
        """Partitions that were revoked are free; when all are, a second rebalance gives them away."""
        for cursor in cursors:
            self._free(cursor)
        if not any(partition.owner is not None and partition.owner.revoked for partition in self._partitions):
            self._rebalance()

    def _rebalance(self) -> None:
        if self.roster.begin(self._environment._now):
            self._environment.at(self.roster.due, self._check, None)
            for consumer in self.roster.members:
                consumer.nudge()

    def _check_soon(self) -> None:
        self._environment.at(self._environment._now, self._check, None)

    def _check(self, _: None) -> None:
        if self.roster.is_complete(self._environment._now) and not self._broker.outages.value:
            self.roster.complete()
            self._assign()

    def _assign(self) -> None:
        members = sorted(self.roster.members, key=lambda member: member.place)
        if not members:
            return
        given: dict[Consumer, list[Cursor]] = {member: [] for member in members}
        eager = EAGER.get(self._rules.assignor)
        if eager is not None:
            for partition in self._partitions:
                if partition.owner is not None:
                    self._free(partition.owner)
            owners = eager(members, len(self._partitions))
        else:
            owners = sticking(members, [_owner(partition) for partition in self._partitions])
        for partition, owner in zip(self._partitions, owners, strict=True):
            cursor = partition.owner
            if cursor is None:
                cursor = partition.owner = Cursor(partition, self._environment._now, owner)
            elif cursor.consumer is not owner:
                cursor.revoked = True
            given[cursor.consumer].append(cursor)
        for member, cursors in given.items():
            member.assigned(cursors)

    def _free(self, cursor: Cursor) -> None:
        """Nobody owns the partition: what was read beyond the committed offset waits to be read again."""
        partition = cursor.partition
        if partition.owner is cursor:
            partition.owner = None
            crashed = cursor.consumer.doing is Doing.GONE and not cursor.consumer.leaving
            for record in partition.between(partition.committed, cursor.position):
                record.message.again = AFTER_CRASH if crashed else AFTER_REBALANCE
                self._group.books.wait(record)


def _owner(partition: Partition) -> Consumer | None:
    return None if partition.owner is None else partition.owner.consumer
