"""The partitions that one consumer reads, in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.messaging.log.partition import Cursor, Record


class Reading:
    """Where a consumer stands in all of its partitions.

    Attributes:
        cursors: one for each.
    """

    __slots__ = ("_first", "cursors")

    def __init__(self) -> None:
        self.cursors: list[Cursor] = []
        self._first = 0

    @property
    def is_behind(self) -> bool:
        """Whether something was fetched whose offset is not committed."""
        return any(cursor.position > cursor.partition.committed for cursor in self.cursors)

    def there(self) -> int:
        """How many records there are to fetch."""
        return sum(cursor.partition.end - cursor.position for cursor in self.cursors)

    def full_at(self, number: int) -> float | None:
        """When there were `number` records to fetch, in seconds; None: there are not."""
        come = [
            max(record.appended, cursor.since)
            for cursor in self.cursors
            for record in cursor.partition.between(cursor.position, cursor.position + number)
        ]
        return sorted(come)[number - 1] if len(come) >= number else None

    def ahead(self) -> tuple[Cursor, Record] | None:
        """The first record that there is, beginning with the partition whose turn it is."""
        for step in range(len(self.cursors)):
            place = (self._first + step) % len(self.cursors)
            cursor = self.cursors[place]
            record = cursor.ahead()
            if record is not None:
                self._first = place
                return cursor, record
        return None

    def fetch(self, most: int, until: float) -> list[tuple[Cursor, Record]]:
        """Take up to `most` records that had come by `until`; then it is the next partition's turn."""
        found: list[tuple[Cursor, Record]] = []
        for step in range(len(self.cursors)):
            cursor = self.cursors[(self._first + step) % len(self.cursors)]
            found += [(cursor, record) for record in cursor.fetch(most - len(found), until)]
        self._first += 1
        return found

    def take_revoked(self) -> list[Cursor]:
        """Give away the partitions that were revoked."""
        given = [cursor for cursor in self.cursors if cursor.revoked]
        self.cursors = [cursor for cursor in self.cursors if not cursor.revoked]
        return given
