"""Which versions of replicated rows a request carries, and how stale what it read was.

A request that writes or reads a row knows its value from then on. What it sends afterwards carries the newest value
that it knows; what it writes later is not in a message that has left already. So an event that is delivered again late
still carries what was true when it was published.
"""

from __future__ import annotations

from typing import NamedTuple

UNREAD = -1.0
"""The staleness of a request that has read nothing."""


class Known(NamedTuple):
    """A version that a request came to know: since when (seconds), and what wrote it (None: it was read)."""

    since: float
    version: int
    writer: object | None


class Versions:
    """The account of one request.

    Attributes:
        staleness: the largest of all that it has read, in seconds; `UNREAD` where it has read nothing.
        reads: everything that it has read, in order: the row and the version seen.
    """

    __slots__ = ("_known", "reads", "staleness")

    def __init__(self) -> None:
        self._known: dict[object, list[Known]] = {}
        self.reads: list[tuple[object, int]] = []
        self.staleness = UNREAD

    def know(self, row: object, version: int, now: float, writer: object | None = None) -> None:
        """The request knows a version of `row` now, or `writer` (what asked for that execution) has written it."""
        known = self._known.setdefault(row, [])
        if not known or known[-1].version != version:
            known.append(Known(now, version, writer))

    def carried(self, row: object, sent: float, asked_by: object) -> int | None:
        """The version of `row` that an execution has in hand.

        Args:
            row: the original.
            sent: when its message was published, or its call sent (seconds).
            asked_by: what asked for the execution.

        Returns:
            The newest that the request had written by then, or the execution itself has written, or the request has
            read at any time; None: it knows of none.
        """
        found = [
            version
            for since, version, writer in self._known.get(row, ())
            if since <= sent or writer is None or writer is asked_by
        ]
        return max(found, default=None)

    def see(self, row: object, version: int, now: float, staleness: float) -> None:
        """The request has read a version of `row` that was stale for so many seconds (0: up to date)."""
        self.know(row, version, now)
        self.reads.append((row, version))
        self.staleness = max(self.staleness, staleness)
