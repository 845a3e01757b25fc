"""The hands of a queue's consumers: who can take another message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.network.link import Leg
    from simulator.services.replica import Replica


class Hands:
    """The replicas of the consuming service, by place, and what each has in hand. They are asked in turn.

    Args:
        out, back: the way of each replica to the broker and from it: whoever is cut off on either asks for nothing, as
            it has no connection.
        limit: messages in hand at once, per replica.

    Attributes:
        held: messages in hand, by place.
        turn: who is asked first for the next message: whoever comes `after` the one that took the last.
    """

    __slots__ = ("_back", "_limit", "_out", "_replicas", "after", "held", "turn")

    def __init__(self, replicas: Sequence[Replica], out: Sequence[Leg], back: Sequence[Leg], limit: float) -> None:
        self._replicas = replicas
        self._out = out
        self._back = back
        self._limit = limit
        self.after = [*range(1, len(replicas)), 0]
        self.turn = 0
        self.held = [0] * len(replicas)

    def free(self) -> int | None:
        """The place of the next replica that can take a message; None: nobody can."""
        place = self.turn
        for _ in self.held:
            replica = self._replicas[place]
            if self.held[place] < self._limit and replica.up and not replica.draining:
                out, back = self._out[place], self._back[place]
                if not ((out.channel.disturbed and out.cut) or (back.channel.disturbed and back.cut)):
                    return place
            place = self.after[place]
        return None

    def room(self, place: int) -> int:
        """How many more messages a replica can take: none while it is down, leaving, or cut off."""
        replica = self._replicas[place]
        if not replica.up or replica.draining or self._out[place].cut or self._back[place].cut:
            return 0
        return int(min(self._limit - self.held[place], _PLENTY))

    def open(self) -> Iterator[int]:
        """The places of all replicas that have room, from the one whose turn it is."""
        size = len(self._replicas)
        for step in range(size):
            place = (self.turn + step) % size
            if self.room(place):
                yield place


_PLENTY = 1 << 30
"""In place of a room without limit."""
