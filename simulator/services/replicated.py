"""Rows of which other services keep copies: versions, who is behind, and for how long.

An original has one row for each key; each write makes a new version of it. A copy has for each key the version that it
was last brought up to. A copy is *stale* for a reader by the time since the oldest write that it does not show: 0 if
it shows them all (the bound on time of bounded staleness: D. Terry, Replicated Data Consistency Explained Through
Baseball, CACM 56(12), 2013; t-visibility in P. Bailis, S. Venkataraman, M. Franklin, J. Hellerstein, I. Stoica,
Probabilistically Bounded Staleness for Practical Partial Quorums, PVLDB 5(8), 2012). Like all state of a service it
is shared by the replicas and outlives their crashes.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from simulator.services.state import Row

if TYPE_CHECKING:
    from simulator.kernel.root import Key, KeyOf, Root


class OriginalRow(Row):
    """One row of an original. `written` is when each version was made (seconds); version 0 was always there."""

    __slots__ = ("key", "written")

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.written = array("d")

    def staleness(self, version: int, now: float) -> float:
        """For how long `version` has not been the newest; 0 if it is (seconds)."""
        return now - self.written[version] if version < self.version else 0.0


class Original:
    """All rows of one name at the service that owns them.

    Args:
        keys: gives each request its row.

    Attributes:
        rows: those that were asked for so far, by key. copies: who follows them.
    """

    __slots__ = ("_keys", "copies", "rows")

    def __init__(self, keys: KeyOf) -> None:
        self._keys = keys
        self.rows: dict[Key, OriginalRow] = {}
        self.copies: list[Copy] = []

    def row(self, root: Root) -> OriginalRow:
        """The row that a request is about."""
        key = self._keys.of(root)
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = OriginalRow(key)
        return row

    def write(self, row: OriginalRow, seen: int | None, now: float) -> bool:
        """Write a row, unless it was written since version `seen` (see `Row.write`); whether it was done."""
        if not row.write(seen):
            return False
        row.written.append(now)
        for copy in self.copies:
            copy.original_written(row, now)
        return True


class Copy:
    """A copy of all rows of an original.

    Args:
        newest: whether a version older than the copy's own is passed over; else it overwrites what is there.

    Attributes:
        behind_now: rows that do not show the newest version at present.
    """

    __slots__ = ("_behind_seconds", "_newest", "_versions", "behind_now", "original")

    def __init__(self, original: Original, *, newest: bool) -> None:
        self.original = original
        self.behind_now = 0
        self._behind_seconds = 0.0
        self._newest = newest
        self._versions: dict[Key, int] = {}
        original.copies.append(self)

    def version(self, row: OriginalRow) -> int:
        """Which version of a row it shows."""
        return self._versions.get(row.key, 0)

    def apply(self, row: OriginalRow, version: int, now: float) -> None:
        """Bring the copy of a row to `version`, or leave it where it is further."""
        before = self._versions.get(row.key, 0)
        if version == before or (self._newest and version < before):
            return
        self._versions[row.key] = version
        if version == row.version:
            self._is_behind(-1, now)
        elif before == row.version:
            self._is_behind(1, now)

    def original_written(self, row: OriginalRow, now: float) -> None:
        """The original has a new version: a copy that showed the one before it falls behind."""
        if self._versions.get(row.key, 0) == row.version - 1:
            self._is_behind(1, now)

    def behind_seconds(self, now: float) -> float:
        """The integral of the number of rows that were behind, up to now."""
        return self._behind_seconds + now * self.behind_now

    def missing(self) -> list[float]:
        """Of each row that is behind, when the oldest write that it does not show was made (seconds)."""
        rows = self.original.rows.values()
        return [row.written[version] for row in rows if (version := self.version(row)) < row.version]

    def _is_behind(self, change: int, now: float) -> None:
        self.behind_now += change
        self._behind_seconds -= change * now
