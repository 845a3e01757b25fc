"""One consumer of a group: a thread of a replica that polls, handles what it got one record after the other, commits.

Whatever its coordinator wants of it happens at its next poll, because that is the only moment at which a Kafka
consumer listens: until then it handles what it has fetched, in the group or not.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from simulator.messaging.log.commits import Commits
from simulator.messaging.log.doing import IN_POLL, Doing
from simulator.messaging.log.reading import Reading
from simulator.messaging.log.rules import ALL_AT_ONCE, When
from simulator.network.link import LOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.messaging.broker import BrokerLink
    from simulator.messaging.log.delivery import LogDelivery
    from simulator.messaging.log.partition import Cursor, Record
    from simulator.messaging.log.rules import CoordinatorOf, GroupOf
    from simulator.services.replica import Replica


class Consumer:
    """One member of a group.

    Args:
        place: its place in the order of member ids: thread, then replica, then how often that was started.

    Attributes:
        doing: see `Doing`. hands: records that handlers are at.
        fenced: whether it is no member, or not any more, whether it knows that or not.
        leaving: whether it is to leave when it is done with what it has in hand.
        joined: when it became a member. silent: since when it cannot be heard, or None; `silences` counts the changes.
    """

    def __init__(
        self,
        group: GroupOf,
        coordinator: CoordinatorOf,
        replica: Replica,
        link: BrokerLink,
        place: tuple[int, int, int],
    ) -> None:
        self.replica = replica
        self.place = place
        self._reading = Reading()
        self.doing = Doing.JOINING
        self.hands = 0
        self.fenced = True
        self.leaving = False
        self.joined = 0.0
        self.silent: float | None = None
        self.silences = 0
        self._group = group
        self._coordinator = coordinator
        self._rules = group.rules
        self._environment = group.environment
        self._back = link.back
        self._commits = Commits(group, link)
        self._turn = 0
        self._polled: deque[tuple[Cursor, Record]] = deque()
        self._held: dict[Record, int] = {}  # more than once: handled beside the poll, and fetched again meanwhile
        self._polled_at = 0.0
        self._watched = self._timed = self._lingers = False

    @property
    def cursors(self) -> list[Cursor]:
        """Where it stands in the partitions that are its own."""
        return self._reading.cursors

    @property
    def busy(self) -> int:
        """How many records handlers are at, or 1 while it is about to leave."""
        return self.hands or int(self.leaving and self.doing is not Doing.GONE)

    # -- polling ------------------------------------------------------------------------------------------

    def assigned(self, cursors: list[Cursor]) -> None:
        """These partitions are its own now."""
        self._reading.cursors = cursors
        if self.doing in IN_POLL:
            self.poll()

    def wake(self) -> None:
        """There may be something to fetch."""
        if self.doing is Doing.IDLE or (self._lingers and self._reading.there() >= self._rules.width):
            self.poll()

    def nudge(self) -> None:
        """Something has changed: look, if it waits in its poll."""
        if self.doing in (Doing.IDLE, Doing.FETCHING) or (self.doing is Doing.JOINING and self.fenced):
            self.poll()

    def poll(self) -> None:
        """Come to the poll with nothing left to hand out."""
        self._turn += 1
        self.doing = Doing.IDLE
        self._lingers = False
        if self.leaving:
            if not self.hands:
                self._commit(self._leave)
        elif self.fenced:
            self._reading.cursors = []
            self.doing = Doing.JOINING
            if self._group.reaches(self.replica):
                self._coordinator.join(self)
        elif self._coordinator.owes(self):
            if self._group.reaches(self.replica):
                self._commit(self._rejoin)
        elif any(cursor.revoked for cursor in self.cursors):
            self._commit(self._release)
        else:
            if self._rules.when is When.TIMED and self._environment._now >= self._commits.due_at:
                self._commits.send(self.cursors)
            self._fetch()

    def _rejoin(self) -> None:
        if self._coordinator.owes(self) and not self.leaving:
            self.doing = Doing.JOINING
            if not self._coordinator.rejoin(self):
                return
        self.poll()

    def _release(self) -> None:
        turn = self._turn
        self._coordinator.release(self._reading.take_revoked())
        self._look_again(turn)  # unless it has heard of the next rebalance by that, and come to its poll already

    def _fetch(self) -> None:
        ahead = self._reading.ahead()
        if ahead is None or not self._group.reaches(self.replica):
            self._commit_in_time()
            return
        cursor, record = ahead
        self.doing = Doing.FETCHING
        now: float = self._environment._now
        travel = self._back.delay(record.message.root)
        if travel == LOST:
            self._environment.at(now + self._rules.patience, self._look_again, self._turn)
            return
        travel += self._rules.delivery.draw(record.message.root) + self._rules.unseen
        ready = self._ready_at(max(record.appended, cursor.since))
        if ready + travel > now:
            self._environment.at(ready + travel, self._arrive, (self._turn, ready))
        else:  # it has polled ahead, while it was handling
            self._arrive((self._turn, max(ready, now - travel)))

    def _ready_at(self, first: float) -> float:
        """When the broker answers the fetch whose first record is there from `first` on: it may wait for a batch."""
        if not self._rules.linger:
            return first
        full = self._reading.full_at(int(self._rules.width))
        self._lingers = full is None
        given_up = first + self._rules.linger
        return given_up if full is None else min(full, given_up)

    def _look_again(self, turn: int) -> None:
        if turn == self._turn:
            self.poll()

    def _arrive(self, what: tuple[int, float]) -> None:
        """A fetch has brought what had come by a certain time."""
        turn, until = what
        if turn != self._turn:
            return
        self._lingers = False
        for cursor, record in self._reading.fetch(self._rules.most, until):
            record.holders += 1
            self._held[record] = self._held.get(record, 0) + 1
            self._polled.append((cursor, record))
        if not self._polled:  # what was on its way has become too old meanwhile
            self.poll()
            return
        self._polled_at = self._environment._now
        self._commits.root = self._polled[-1][1].message.root
        self.doing = Doing.HANDLING
        self._watch()
        if self._rules.when is When.BEFORE:
            self._commit(self._begin)
        else:
            self._go_on()

    def _begin(self) -> None:
        """Handle what is committed already. What could not be committed is not begun."""
        if self.fenced or (self.leaving and self._reading.is_behind):
            self._drop_polled()
        elif self._reading.is_behind:
            self._wait_for(partial(self._commit, self._begin), self._rules.patience)
            return
        self._go_on()

    # -- handling -----------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Hand out what there is room for; with nothing left to do, come to the poll again."""
        self.doing = Doing.HANDLING
        if self.leaving and self._rules.when is not When.BEFORE:
            self._drop_polled()
        while self._polled and self.hands < self._rules.width:
            cursor, record = self._polled.popleft()
            self.hands += 1
            self._group.hand_over(self, cursor, record, 1)
        if self._polled or (self.hands and (self._rules.width != ALL_AT_ONCE or self.leaving)):
            return
        if self._rules.when is When.BATCH:
            self._commit(self.poll)
        else:
            self.poll()

    def done(self, delivery: LogDelivery) -> None:
        """It is done with a record."""
        self.hands -= 1
        self._put_down(delivery.record)
        delivery.cursor.done(delivery.record.offset)
        if self.doing is Doing.GONE:
            return
        each = self._rules.when is When.EACH
        if self._rules.width == ALL_AT_ONCE:
            if each or (self._rules.when is When.BATCH and not self.hands):
                self._commits.send(self.cursors)
            if self.leaving and not self.hands:
                self._go_on()
        elif each:
            self._commit(self._told)
        else:
            self._go_on()

    def _told(self) -> None:
        """It has committed one record, and learns by that whether it is still in the group."""
        if self.fenced:
            self._drop_polled()
        self._go_on()

    def try_again(self, delivery: LogDelivery) -> bool:
        """Try a record again that has failed, in its place, with everything behind it waiting. False: never again."""
        if self.doing is not Doing.GONE and delivery.attempt >= self._rules.attempts:
            return False
        if self._rules.again_after > 0:
            self._environment.at(self._environment._now + self._rules.again_after, self._retry, delivery)
        else:
            self._retry(delivery)
        return True

    def _retry(self, delivery: LogDelivery) -> None:
        if self.leaving and self.doing is not Doing.GONE:  # whoever owns the partition then will
            self.hands -= 1
            self._put_down(delivery.record)
            self._go_on()
        elif self.doing is not Doing.GONE:
            self._group.hand_over(self, delivery.cursor, delivery.record, delivery.attempt + 1)

    def _drop_polled(self) -> None:
        for _, record in self._polled:
            self._put_down(record)
        self._polled.clear()

    def _put_down(self, record: Record) -> None:
        times = self._held.pop(record, 0)
        if times > 1:
            self._held[record] = times - 1
        if times:
            self._group.books.put_down(record)

    # -- committing ---------------------------------------------------------------------------------------

    def _commit(self, then: Callable[[], None]) -> None:
        """Commit what there is; `then` goes on when that is confirmed, or the confirmation should have come."""
        wait = self._commits.send(self.cursors, only_done=self.leaving)
        if wait > 0:
            self._wait_for(then, wait)
        else:
            then()

    def _wait_for(self, then: Callable[[], None], seconds: float) -> None:
        self._turn += 1
        self.doing = Doing.COMMITTING
        self._environment.at(self._environment._now + seconds, self._confirmed, (self._turn, then))

    def _confirmed(self, what: tuple[int, Callable[[], None]]) -> None:
        turn, then = what
        if turn == self._turn:
            then()

    def _commit_in_time(self) -> None:
        """It waits in its poll, and something is not committed: a timer will see to it."""
        if not self._timed and self._reading.is_behind:
            self._timed = True
            self._environment.at(max(self._commits.due_at, self._environment._now), self._time_to_commit, None)

    def _time_to_commit(self, _: None) -> None:
        self._timed = False
        if self.doing is Doing.IDLE and not self.fenced:
            if self._environment._now >= self._commits.due_at:
                self._commits.send(self.cursors)
            self._commit_in_time()

    # -- the end ------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Leave the group when what is in hand is done; what else was fetched is left for others."""
        if self.doing is not Doing.GONE and not self.leaving:
            self.leaving = True
            if self.doing in IN_POLL:
                self.poll()

    def stay(self) -> None:
        """It is not to leave after all."""
        self.leaving = False

    def _leave(self) -> None:
        if self.leaving:
            self._stop()
            self._coordinator.left(self)
        else:
            self.poll()

    def die(self) -> None:
        """Its process is gone: it knows nothing, and nobody has been told."""
        self._stop()
        held, self._held = self._held, {}
        for record, times in held.items():
            for _ in range(times):
                self._group.books.put_down(record)

    def _stop(self) -> None:
        self._turn += 1
        self.doing = Doing.GONE
        self._lingers = False  # else what comes to its partitions, until they go to others, would wake it
        self._drop_polled()

    def _watch(self) -> None:
        """See to it that it is thrown out when it has not polled for too long: one timer at a time."""
        if not self._watched:
            self._watched = True
            self._environment.at(self._polled_at + self._rules.longest, self._look_at_polls, None)

    def _look_at_polls(self, _: None) -> None:
        self._watched = False
        if self.doing in (Doing.HANDLING, Doing.COMMITTING) and not self.fenced:
            if self._environment._now >= self._polled_at + self._rules.longest:
                self._coordinator.overdue(self)
            else:
                self._watch()
