"""A channel carries messages one way between two names: services, ``client``, brokers.

A call's request travels on the channel caller → callee and its answer on the channel back, so a one-way fault hits
just what goes that way. What faults do is summed up in knobs; the latency law itself belongs to the link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.kernel.knobs import Count, Share

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws


class Disturbed(Protocol):
    """What is disturbed with a channel: a leg of a link."""

    def disturbance_changed(self) -> None:
        """Look at the channel again."""


class Channel:
    """One direction between two names, and what faults do to it.

    Attributes:
        added: laws whose draws (seconds) are added to every message, by the handle of the fault.
        lost: share of messages lost through faults (combined as 1 - ∏(1 - share)).
        dropped: number of partitions in force that swallow messages.
        refused: number of partitions in force that refuse connections.
        disturbed: whether any of these is in force.
        legs: what is told when `disturbed` has changed.
    """

    __slots__ = ("added", "disturbed", "dropped", "legs", "lost", "refused")

    def __init__(self) -> None:
        self.disturbed = False
        self.legs: list[Disturbed] = []
        self.added: dict[int, Draws] = {}
        self.lost = Share()
        self.dropped = Count()
        self.refused = Count()
        for knob in (self.lost, self.dropped, self.refused):
            knob.watch(self._turned)

    def add(self, number: int, draws: Draws) -> None:
        """Let fault `number` add its draws to every message."""
        self.added[number] = draws
        self._turned()

    def take_away(self, number: int) -> None:
        """End what fault `number` adds."""
        del self.added[number]
        self._turned()

    def _turned(self) -> None:
        self.disturbed = bool(self.added or self.lost.value or self.dropped.value or self.refused.value)
        for leg in self.legs:
            leg.disturbance_changed()


class Channels:
    """All channels, made on demand: ``channels.between("a", "b")`` is always the same object."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, str], Channel] = {}

    def between(self, sender: str, receiver: str) -> Channel:
        """The channel from `sender` to `receiver`."""
        return self._channels.setdefault((sender, receiver), Channel())
