"""How a consumer's commits get to the broker: over its link, where they can be lost as anything can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.messaging.log.rules import When
from simulator.network.link import LOST

if TYPE_CHECKING:
    from simulator.kernel.root import Root
    from simulator.messaging.broker import BrokerLink
    from simulator.messaging.log.partition import Cursor
    from simulator.messaging.log.rules import GroupOf


class Commits:
    """The commits of one consumer.

    Attributes:
        sent_at: when it last tried, in seconds.
        root: the request whose luck with the network the next one has: that of the last record that came.
    """

    __slots__ = ("_group", "_link", "_polled", "root", "sent_at")

    def __init__(self, group: GroupOf, link: BrokerLink) -> None:
        self.root: Root | None = None
        self.sent_at: float = group.environment._now
        self._group = group
        self._link = link
        self._polled = group.rules.when in (When.TIMED, When.BEFORE)

    @property
    def due_at(self) -> float:
        """When the next one is due by time."""
        return self.sent_at + self._group.rules.interval

    def send(self, cursors: list[Cursor], *, only_done: bool = False) -> float:
        """Send the positions of some cursors, as far as they are news to the broker.

        Args:
            cursors: of the partitions that the consumer has.
            only_done: what was polled and is not done is left out, whatever the rule says.

        Returns:
            seconds until the confirmation is there, or should have been.
        """
        by_position = self._polled and not only_done
        offsets = [(cursor, cursor.position if by_position else cursor.safe) for cursor in cursors]
        offsets = [(cursor, offset) for cursor, offset in offsets if offset > cursor.partition.committed]
        environment, link = self._group.environment, self._link
        self.sent_at = environment._now
        if not offsets or self.root is None:
            return 0.0
        out = link.out.word(self.root)
        if out != LOST and not link.out.channel.refused.value:
            if out > 0:
                environment.at(environment._now + out, self._group.commit, offsets)
            else:
                self._group.commit(offsets)
        back = link.back.word(self.root)
        return max(out, 0.0) + self._group.rules.commit.draw(self.root) + max(back, 0.0)
