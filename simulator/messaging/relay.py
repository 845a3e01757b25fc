"""The relay of an outbox: sends committed rows to the broker in order, and marks them as sent afterwards.

It is one process for all replicas, beside the first of them that is up, and what it knows is in the database: the next
row that is not marked. So nothing that was committed is ever lost, and what was sent and not yet marked when it crashed
is sent again: at least once (C. Richardson, Microservices Patterns, section 3.3.7).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from math import floor
from typing import TYPE_CHECKING, NamedTuple

from simulator.causes import REPUBLISHED
from simulator.outcomes import OK

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment, Steps, Task
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.message import MessageTally
    from simulator.services.replica import Replica
    from simulator.services.transactions import Announced


class Row:
    """One committed message.

    Attributes:
        written: when it was committed, in seconds. due: when the relay can see it.
        sends: how often it was sent. sent: when the broker first confirmed it.
    """

    __slots__ = ("due", "path", "root", "sends", "sent", "topic", "written")

    def __init__(self, root: Root, path: Path, topic: Announced, written: float, due: float) -> None:
        self.root = root
        self.path = path
        self.topic = topic
        self.written = written
        self.due = due
        self.sends = 0
        self.sent: float | None = None


class Pace(NamedTuple):
    """How a relay goes about it.

    Attributes:
        every: seconds between polls, or between tries where it follows the log.
        delay: how long after its commit the log shows a row, by request; None: it polls.
        batch: rows that it sends before it marks them.
        mark: draws how long marking takes, in seconds.
    """

    every: float
    delay: Draws | None
    batch: int
    mark: Callable[[], float]


class Relay:
    """The outbox of one service, and the process that empties it.

    Args:
        all_replicas: those that the service can ever have; `members` those that it has at present.
        tally: counts the rows: taken when committed, handled when marked as sent.

    Attributes:
        up: whether the process itself is there, whatever becomes of the replicas.
    """

    def __init__(
        self,
        environment: Environment,
        all_replicas: Sequence[Replica],
        members: Sequence[Replica],
        pace: Pace,
        tally: MessageTally,
    ) -> None:
        self.up = True
        self.tally = tally
        self._environment = environment
        self._members = members
        self._pace = pace
        self._rows: deque[Row] = deque()
        self._task: Task | None = None
        self._host: Replica | None = None
        self._awaited = False
        for replica in all_replicas:
            replica.when_crashed.append(self._somebody_crashed)
            replica.when_restored.append(self._look_later)

    @property
    def there(self) -> int:
        """Rows that are committed and not marked."""
        return len(self._rows)

    @property
    def task(self) -> Task:
        """The task of the round that is under way."""
        assert self._task is not None
        return self._task

    def waiting(self) -> int:
        """None of them waits for a consumer."""
        return 0

    def write(self, root: Root, path: Path, topic: Announced) -> None:
        """Add a row, as part of the commit of this instant."""
        now: float = self._environment._now
        due = now
        if self._pace.delay is not None:
            due += self._pace.delay.draw(root)
            if self._rows:
                due = max(due, self._rows[-1].due)  # a log is read in its order
        root.pending += 1
        self.tally.taken += 1
        self.tally.waits(now)
        self._rows.append(Row(root, path, topic, now, due))
        self._look_later()

    # -- the process --------------------------------------------------------------------------------------

    def crash(self) -> None:
        """The process is gone; what it had not marked is sent again."""
        self.up = False
        self._break_off()

    def restore(self) -> None:
        """The process is back."""
        self.up = True
        self._look_later()

    def _somebody_crashed(self, _: float) -> None:
        if self._host is not None and not self._host.up:
            self._break_off()
            self._look_later()

    def _break_off(self) -> None:
        task, self._task, self._host = self._task, None, None
        if task is not None:
            self._environment.close(task)

    def _look_later(self) -> None:
        """Look at the outbox when that is due next, if there is anything in it."""
        if self._rows and self._task is None and not self._awaited and self.up:
            self._awaited = True
            self._environment.at(self._next_look(), self._look, None)

    def _next_look(self) -> float:
        now: float = self._environment._now
        if self._pace.delay is not None:
            return max(now, self._rows[0].due)
        return self._tick(now)

    def _tick(self, now: float) -> float:
        """The next multiple of `every` after now."""
        number = floor(now / self._pace.every) + 1
        while number * self._pace.every <= now:
            number += 1
        return number * self._pace.every

    def _look(self, _: None) -> None:
        self._awaited = False
        if self._task is not None or not self._rows or not self.up:
            return
        host = next((replica for replica in self._members if replica.up), None)
        if host is None:
            return  # whoever comes back looks
        if host.paused.value:
            self._awaited = True
            self._environment.at(self._tick(self._environment._now), self._look, None)
            return
        self._host = host
        self._task = self._environment.start(self._send(host))

    def _send(self, host: Replica) -> Steps:
        environment, pace = self._environment, self._pace
        going_well = True
        while going_well and self._rows and self._rows[0].due <= environment._now:
            rows = list(islice(self._rows, pace.batch))
            confirmed = 0
            for row in rows:
                if row.due > environment._now:
                    break
                if host.paused.value:
                    yield from host.paused.wait(self)
                self._count_send(row)
                reply = yield from row.topic.relay(host.site, row.root, row.path)
                if reply is not OK:
                    self.tally.failures += 1
                    going_well = False
                    break
                if row.sent is None:
                    row.sent = environment._now
                confirmed += 1
            if host.paused.value:
                yield from host.paused.wait(self)
            yield from self._mark(confirmed)
            going_well &= pace.delay is not None or confirmed == pace.batch  # who polls and finds few goes to sleep
        self._task = self._host = None
        self._again(failed=not going_well)

    def _again(self, *, failed: bool) -> None:
        if failed and self._pace.delay is not None and self._rows and not self._awaited:
            self._awaited = True
            self._environment.at(self._environment._now + self._pace.every, self._look, None)
        else:
            self._look_later()

    def _count_send(self, row: Row) -> None:
        row.sends += 1
        if row.sends > 1:
            self.tally.redeliveries += 1
            row.root.begin_again(row.path, REPUBLISHED, self._environment._now)

    def _mark(self, confirmed: int) -> Steps:
        if not confirmed:
            return
        seconds = self._pace.mark()
        if seconds > 0:
            yield seconds
        for _ in range(confirmed):
            row = self._rows.popleft()
            assert row.sent is not None
            self.tally.leaves(self._environment._now)
            self.tally.was_handled(row.written, row.sent)
            row.root.leave()
