"""The pending entries list of a Redis consumer group: who has what in hand, since when, delivered how often.

Pure, told the time. Entries have numbers, in the order in which they were added to the stream.
Source: Redis documentation, XREADGROUP, XACK, XPENDING, XAUTOCLAIM; the recorded case `mq-redis-streams`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FROM_THE_START = 0
"""A cursor before every entry; returned when a scan has come to the end."""


@dataclass(slots=True)
class PendingEntry:
    """One entry that was delivered and not acknowledged.

    Attributes:
        owner: the consumer that has it. since: when it was last delivered (seconds). count: how often it was.
    """

    owner: int | str
    since: float
    count: int


class PendingList:
    """The pending entries of one group, in order of number."""

    def __init__(self) -> None:
        self._entries: dict[int, PendingEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, number: int) -> bool:
        return number in self._entries

    def __iter__(self) -> Iterator[tuple[int, PendingEntry]]:
        """All of them, in order of number."""
        return iter(self._entries.items())

    def deliver(self, owner: int | str, number: int, now: float) -> None:
        """A consumer has read a new entry (``XREADGROUP … >``). New entries come in order of number."""
        self._entries[number] = PendingEntry(owner, now, 1)

    def acknowledge(self, number: int) -> None:
        """Any consumer of the group may say so (``XACK``); what is not pending is passed over."""
        self._entries.pop(number, None)

    def reread(self, owner: int | str, most: int, now: float) -> Sequence[int]:
        """A consumer reads its own pending entries (``XREADGROUP … 0``), at most so many: that counts as a delivery."""
        own = [number for number, entry in self._entries.items() if entry.owner == owner][:most]
        for number in own:
            self._hand(number, owner, now)
        return own

    def claim_idle(
        self, owner: int | str, min_idle: float, most: int, now: float, start: int = FROM_THE_START
    ) -> tuple[Sequence[int], int]:
        """Take over what was not delivered for at least `min_idle` seconds (``XAUTOCLAIM``): that counts as a delivery.

        Args:
            owner: who claims.
            min_idle: seconds.
            most: look at so many idle entries at most.
            now: seconds.
            start: number to begin with.

        Returns:
            The claimed numbers, and the number from which to go on (`FROM_THE_START`: there is no more).
        """
        claimed: list[int] = []
        for number, entry in self._entries.items():
            if number < start:
                continue
            if len(claimed) == most:
                return self._take_over(claimed, owner, now), number
            if now - entry.since >= min_idle:
                claimed.append(number)
        return self._take_over(claimed, owner, now), FROM_THE_START

    def _take_over(self, numbers: Sequence[int], owner: int | str, now: float) -> Sequence[int]:
        for number in numbers:
            self._hand(number, owner, now)
        return numbers

    def _hand(self, number: int, owner: int | str, now: float) -> None:
        entry = self._entries[number]
        entry.owner = owner
        entry.since = now
        entry.count += 1
