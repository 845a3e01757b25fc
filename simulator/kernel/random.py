"""Random draws that are indexed by request, so that designs can be compared on common random numbers.

The k-th draw of source S for request r is a fixed number: entry r of the stream named
(seed, replication, S, lane, k), where the lane is r's workload entry (or closed user) and k counts the draws of S
within r: attempts, repeats, fan-out. The name never holds a variant, a sweep point or an order of creation. So a
variant that retries more, or asks in another order, shifts no other request's luck, and the variance of a paired
difference is that of the design alone (Law, Simulation Modeling and Analysis, 5th ed., section 11.2).

Streams are made in blocks by Philox, a counter-based generator (Salmon et al., "Parallel random numbers: as easy as
1, 2, 3", SC 2011): block b of a stream is a fixed piece of it, whichever blocks were asked for before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from simulator.kernel.root import Root

Sampler = Callable[[np.random.Generator, int], "list[float]"]
"""Makes a block of draws of a law: ``sampler(generator, size)``."""

FIRST_DRAW_BITS = 9
"""Blocks of first draws hold 2**9 requests: every request of a lane takes one."""
LATER_DRAW_BITS = 5
"""Blocks of later draws hold 2**5: retries and repeats are sparse."""
KEPT_BLOCKS = 8
"""Blocks that a stream remembers: requests in flight lie close together, a late redelivery makes its block anew."""


def uniform(generator: np.random.Generator, size: int) -> list[float]:
    """Uniform draws from [0, 1)."""
    draws: list[float] = generator.random(size).tolist()
    return draws


class Streams:
    """All streams of one replication.

    Args:
        seed: the experiment's seed.
        replication: which replication this is, from 0.
    """

    def __init__(self, seed: int, replication: int) -> None:
        self._prefix = f"{seed}/{replication}/".encode()
        self.lanes: list[str] = []
        self._philox = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._philox)
        self._state: Any = self._philox.state

    def lane(self, name: str) -> int:
        """Register a lane (a workload entry, or one of its users); returns the number that its requests carry."""
        self.lanes.append(name)
        return len(self.lanes) - 1

    def key(self, name: str) -> tuple[int, int]:
        """The 128-bit Philox key of the stream called `name`, as two words."""
        digest = blake2b(self._prefix + name.encode(), digest_size=16).digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")

    def block(self, key: tuple[int, int], number: int, sampler: Sampler, size: int) -> list[float]:
        """Block `number` of the stream with that key: `size` draws."""
        state = self._state
        state["state"]["counter"][:] = (0, number, 0, 0)
        state["state"]["key"][:] = key
        state["buffer_pos"] = 4
        state["has_uint32"] = 0
        self._philox.state = state
        return sampler(self._generator, size)

    def source(self, name: str, sampler: Sampler = uniform) -> Source:
        """The draws of a law at the place called `name`, indexed by request."""
        return Source(self, name, sampler)

    def sequence(self, name: str, sampler: Sampler = uniform) -> Sequence:
        """Draws in order, for what has no root request: arrivals, faults, relays."""
        return Sequence(self, name, sampler)


class _Stream:
    """The k-th draws of one source for the requests of one lane."""

    __slots__ = ("bits", "block", "blocks", "key", "mask", "number", "sampler", "streams")

    def __init__(self, streams: Streams, key: tuple[int, int], sampler: Sampler, bits: int) -> None:
        self.streams = streams
        self.key = key
        self.sampler = sampler
        self.bits = bits
        self.mask = (1 << bits) - 1
        self.number = -1
        self.block: list[float] = []
        self.blocks: dict[int, list[float]] = {}

    def turn_to(self, number: int) -> None:
        """Make block `number` the present one, from memory or anew."""
        block = self.blocks.get(number)
        if block is None:
            block = self.streams.block(self.key, number, self.sampler, self.mask + 1)
            if len(self.blocks) >= KEPT_BLOCKS:
                del self.blocks[min(self.blocks)]
            self.blocks[number] = block
        self.number = number
        self.block = block


class Source:
    """A law at one place of the model. `draw` is the next draw of a request there."""

    __slots__ = ("_lanes", "_name", "_sampler", "_streams")

    def __init__(self, streams: Streams, name: str, sampler: Sampler) -> None:
        self._streams = streams
        self._name = name
        self._sampler = sampler
        self._lanes: dict[int, list[_Stream]] = {}

    def draw(self, root: Root) -> float:
        """The next draw of this source for `root`, in the law's unit."""
        draws = root.draws
        count = draws.get(self, 0)
        draws[self] = count + 1
        try:
            stream = self._lanes[root.lane][count]
        except (KeyError, IndexError):
            stream = self._open(root.lane, count)
        ordinal = root.ordinal
        if ordinal >> stream.bits != stream.number:
            stream.turn_to(ordinal >> stream.bits)
        return stream.block[ordinal & stream.mask]

    def first(self, root: Root) -> float:
        """The first draw of this source for `root`, however often it is asked for; nothing is counted."""
        try:
            stream = self._lanes[root.lane][0]
        except KeyError:
            stream = self._open(root.lane, 0)
        ordinal = root.ordinal
        if ordinal >> stream.bits != stream.number:
            stream.turn_to(ordinal >> stream.bits)
        return stream.block[ordinal & stream.mask]

    def _open(self, lane: int, count: int) -> _Stream:
        streams = self._streams
        key = streams.key(f"{self._name}/{streams.lanes[lane]}/{count}")
        bits = FIRST_DRAW_BITS if count == 0 and not streams.lanes[lane].endswith("]") else LATER_DRAW_BITS
        stream = _Stream(streams, key, self._sampler, bits)
        self._lanes.setdefault(lane, []).append(stream)
        return stream


class Sequence:
    """Draws of one law, one after the other."""

    __slots__ = ("_block", "_key", "_number", "_sampler", "_streams")

    SIZE = 512

    def __init__(self, streams: Streams, name: str, sampler: Sampler) -> None:
        self._streams = streams
        self._key = streams.key(name)
        self._sampler = sampler
        self._number = 0
        self._block: list[float] = []

    def draw(self) -> float:
        """The next draw."""
        if not self._block:
            self._block = self._streams.block(self._key, self._number, self._sampler, self.SIZE)
            self._block.reverse()
            self._number += 1
        return self._block.pop()

    def __iter__(self) -> Iterator[float]:
        """The draws block by block, without end; what `draw` has begun is left out."""
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[list[float]]:
        while True:
            self._number += 1
            yield self._streams.block(self._key, self._number - 1, self._sampler, self.SIZE)
