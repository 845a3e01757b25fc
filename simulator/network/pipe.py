"""Bandwidth: one way between two names is a pipe, through which messages pass one after the other.

Store and forward: a message waits for those before it, takes its size over the bandwidth to pass, and then the
latency. So a pipe with Poisson arrivals of messages of one size is an M/D/1 queue (F. Pollaczek 1930, A. Khinchine
1932), and it needs to know no more than when it will be free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.network.link import LOST, Leg

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.random import Source
    from simulator.kernel.root import Root
    from simulator.network.channel import AnyChannel


class Pipe:
    """One way between two names, shared by all that goes there.

    Args:
        bandwidth: bytes per second.
    """

    __slots__ = ("_bandwidth", "_environment", "_free_at")

    def __init__(self, environment: Environment, bandwidth: float) -> None:
        self._environment = environment
        self._bandwidth = bandwidth
        self._free_at = 0.0

    def send(self, size: float) -> float:
        """Put a message of `size` bytes in; how many seconds from now its last byte has passed."""
        now: float = self._environment._now
        begins = self._free_at if self._free_at > now else now
        self._free_at = begins + size / self._bandwidth
        return self._free_at - now


class PipedLeg(Leg):
    """A direction whose messages share a pipe.

    A message that the network loses has used the pipe all the same. One that a partition refuses has not: only the
    question was asked.

    Args:
        size: bytes of a message of the leg's own kind. Empty ones wait for their turn and take no time to pass.
    """

    __slots__ = ("_pipe", "_size")

    def __init__(
        self, channel: AnyChannel, latency: Draws | None, loss: float, chance: Source, pipe: Pipe, size: float
    ) -> None:
        self._pipe = pipe
        self._size = size
        super().__init__(channel, latency, loss, chance)
        self._free = False
        self.disturbance_changed()

    def become(self, latency: Draws | None, loss: float) -> None:
        """Take so long, and lose such a share, from now on; the pipe stays as it is."""
        super().become(latency, loss)
        self._free = False
        self.disturbance_changed()

    def delay(self, root: Root) -> float:
        """How long the next message of `root` takes (seconds), its wait for the pipe included, or `LOST`."""
        return self._through(root, 0.0 if self.channel.refused.value else self._size)

    def word(self, root: Root) -> float:
        """How long an empty message of `root` takes (seconds), or `LOST`."""
        return self._through(root, 0.0)

    def _through(self, root: Root, size: float) -> float:
        passed = self._pipe.send(size)
        delay = super().delay(root)
        return LOST if delay == LOST else passed + delay
