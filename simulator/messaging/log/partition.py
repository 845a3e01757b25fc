"""One partition of a log: records in order of arrival, read by offset; and where its reader stands. Pure.

A record stays until its offset is committed (nobody reads it again then), or until it is too old. Where a new owner
begins is the committed offset: whatever was read beyond it is read again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.messaging.message import Message


class Record:
    """A message at its place.

    Attributes:
        appended: when it came, in seconds.
        waits: whether it counts among what waits for a consumer.
        holders: how many consumers have it: fetched, at work on it, or about to try again.
        beyond: why it will never be read again (it is lost by that, if it was not handled); empty: it may be.
    """

    __slots__ = ("appended", "beyond", "holders", "message", "offset", "waits")

    def __init__(self, message: Message, offset: int, appended: float) -> None:
        self.message = message
        self.offset = offset
        self.appended = appended
        self.waits = False
        self.holders = 0
        self.beyond = ""


class Partition:
    """An append-only sequence of records.

    Attributes:
        base: offset of the first record that is still here. end: offset that the next record will get.
        committed: where a new owner begins. owner: the cursor of the consumer that it belongs to.
        newest: the highest offset that was handled (if all are handed out at once: handed out); -1: none.
    """

    __slots__ = ("_records", "base", "committed", "end", "newest", "number", "owner")

    def __init__(self, number: int) -> None:
        self.number = number
        self.base = self.end = self.committed = 0
        self.newest = -1
        self.owner: Cursor | None = None
        self._records: deque[Record] = deque()

    def append(self, message: Message, now: float) -> Record:
        """Put a message at the end."""
        record = Record(message, self.end, now)
        self.end += 1
        self._records.append(record)
        return record

    def at(self, offset: int) -> Record | None:
        """The record at an offset from `base` on, or None at the end."""
        return self._records[offset - self.base] if offset < self.end else None

    def between(self, start: int, end: int) -> Iterator[Record]:
        """The records from offset `start` up to, and without, `end`, as far as they are here."""
        return islice(self._records, max(0, start - self.base), max(0, end - self.base))

    def commit(self, offset: int) -> Iterator[Record]:
        """A new owner begins at `offset` from now on; gives the records that nobody reads again."""
        self.committed = max(self.committed, offset)
        while self.base < self.committed:
            self.base += 1
            yield self._records.popleft()

    def expire(self, now: float, retention: float) -> Iterator[Record]:
        """Forget what is `retention` seconds old; gives what is forgotten."""
        while self._records and self._records[0].appended + retention <= now:
            self.base += 1
            self.committed = max(self.committed, self.base)
            yield self._records.popleft()

    def truncate(self, now: float, unseen: float) -> Iterator[Record]:
        """Forget what is younger than `unseen` seconds, from the end; gives it. Nobody has read it yet."""
        while self._records and self._records[-1].appended + unseen > now:
            self.end -= 1
            yield self._records.pop()

    @property
    def oldest(self) -> float | None:
        """When the first record came."""
        return self._records[0].appended if self._records else None


class Cursor:
    """How far one consumer has come in a partition that is its own.

    Attributes:
        position: the next offset that it fetches.
        since: when it got the partition, in seconds.
        revoked: whether it has to give the partition away at its next poll.
        consumer: whose it is.
    """

    __slots__ = ("_done", "_open", "consumer", "partition", "position", "revoked", "since")

    def __init__(self, partition: Partition, since: float, consumer: Any = None) -> None:
        self.partition = partition
        self.position = partition.committed
        self.since = since
        self.consumer = consumer
        self.revoked = False
        self._open: deque[int] = deque()
        self._done: set[int] = set()

    def ahead(self) -> Record | None:
        """The record that it fetches next, if there is one."""
        self.position = max(self.position, self.partition.base)
        return self.partition.at(self.position)

    def fetch(self, number: int, until: float) -> list[Record]:
        """Take up to `number` records that had come by `until`, in order."""
        found: list[Record] = []
        while len(found) < number and (record := self.ahead()) is not None and record.appended <= until:
            self.position += 1
            self._open.append(record.offset)
            found.append(record)
        return found

    def done(self, offset: int) -> None:
        """A record that was fetched has been handled, or given up."""
        self._done.add(offset)
        while self._open and self._open[0] in self._done:
            self._done.remove(self._open.popleft())

    @property
    def safe(self) -> int:
        """Everything before this offset is done: what may be committed without losing anything."""
        return self._open[0] if self._open else self.position
