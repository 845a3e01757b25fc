"""A channel carries messages one way between two names: services, ``client``, brokers, zones.

A call's request travels on the channel caller → callee and its answer on the channel back, so a one-way fault hits
just what goes that way. What faults do is summed up in knobs; the latency law itself belongs to the link. What travels
between zones is on several channels at once: that of the services, that of the two zones, and the borders of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, prod
from typing import TYPE_CHECKING, Protocol

from simulator.kernel.knobs import Count, Share

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws

BEYOND = "*"
"""In place of a name: everything outside of a zone."""


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


class Level:
    """A figure that is summed up from knobs, and turned by nobody."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class Joint:
    """Several channels that the same messages are on: what faults do to any of them is done to these messages.

    Attributes: see `Channel`.
    """

    __slots__ = ("_parts", "added", "disturbed", "dropped", "legs", "lost", "refused")

    def __init__(self, parts: Sequence[Channel]) -> None:
        self._parts = parts
        self.disturbed = False
        self.legs: list[Disturbed] = []
        self.added: dict[tuple[int, int], Draws] = {}
        self.lost = Level()
        self.dropped = Level()
        self.refused = Level()
        for part in parts:
            part.legs.append(self)

    def disturbance_changed(self) -> None:
        """One of the channels has become disturbed, or quiet again: sum them up anew."""
        parts = self._parts
        self.added = {
            (place, number): draws for place, part in enumerate(parts) for number, draws in part.added.items()
        }
        self.lost.value = 1.0 - prod(1.0 - part.lost.value for part in parts)
        self.dropped.value = fsum(part.dropped.value for part in parts)
        self.refused.value = fsum(part.refused.value for part in parts)
        self.disturbed = any(part.disturbed for part in parts)
        for leg in self.legs:
            leg.disturbance_changed()


AnyChannel = Channel | Joint
"""What a leg is on."""


class Channels:
    """All channels, made on demand: ``channels.between("a", "b")`` is always the same object."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, str], Channel] = {}

    def between(self, sender: str, receiver: str) -> Channel:
        """The channel from `sender` to `receiver`."""
        return self._channels.setdefault((sender, receiver), Channel())

    def borders(self, zone: str) -> tuple[Channel, Channel]:
        """What leaves a zone (``zone:z``), and what enters it."""
        return self.between(zone, BEYOND), self.between(BEYOND, zone)
