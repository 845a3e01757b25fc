"""Who is in a consumer group, and how it rebalances: what its coordinator knows. Pure: told the time, it has no clock.

Whoever comes, leaves or is taken for dead makes the group rebalance. Every member has to join again, which it does at
its next poll; when all have, and not before the pause is over, there is a new generation. Source: Apache Kafka,
``GroupCoordinator`` (states PreparingRebalance, CompletingRebalance, Stable), KIP-62.
"""

from __future__ import annotations

from math import floor
from typing import Generic, TypeVar

Member = TypeVar("Member")


class Roster(Generic[Member]):
    """The members of one group.

    Args:
        pause: seconds that a rebalance takes at least: until the last member has heard of it.

    Attributes:
        generation: how many assignments there have been.
        begun: when the rebalance in progress began, or None.
    """

    def __init__(self, pause: float) -> None:
        self.generation = 0
        self.begun: float | None = None
        self._pause = pause
        self._joined: dict[Member, bool] = {}

    def __contains__(self, member: Member) -> bool:
        return member in self._joined

    @property
    def members(self) -> list[Member]:
        """Who is in the group, in the order in which they joined."""
        return list(self._joined)

    def join(self, member: Member) -> None:
        """Somebody new, who waits for an assignment."""
        self._joined[member] = True

    def leave(self, member: Member) -> None:
        """Somebody is out: by its own word, or taken for dead."""
        del self._joined[member]

    def begin(self, now: float, *, pause: float | None = None) -> bool:
        """Rebalance, unless that is under way already: then whoever has come is in it. Whether it began now.

        Args:
            now: seconds.
            pause: how long it takes at least, if not as usual.
        """
        if self.begun is not None:
            return False
        self.begun = now - self._pause + pause if pause is not None else now
        for member in self._joined:
            self._joined[member] = False
        return True

    def rejoin(self, member: Member) -> None:
        """A member has come to its poll, and waits for (or just expects) its new assignment."""
        self._joined[member] = True

    def owes(self, member: Member) -> bool:
        """Whether a rebalance waits for this member."""
        return self.begun is not None and not self._joined.get(member, True)

    @property
    def due(self) -> float:
        """When the pause of the rebalance in progress is over."""
        assert self.begun is not None
        return self.begun + self._pause

    def is_complete(self, now: float) -> bool:
        """Whether the rebalance in progress can end."""
        return self.begun is not None and now >= self.due and all(self._joined.values())

    def complete(self) -> None:
        """The rebalance ends: a new generation."""
        self.begun = None
        self.generation += 1


def last_heartbeat(joined: float, every: float, until: float) -> float:
    """When a member that joined at `joined` was last heard of at `until`: its heartbeats come `every` seconds."""
    return joined + floor((until - joined) / every) * every
