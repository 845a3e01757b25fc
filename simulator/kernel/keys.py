"""Keys of requests: drawn once a request, and carried by everything that belongs to it.

The key is a function of the first draw of the stream ``key/NAME`` for the request (see `kernel.random`): every
attempt, call and message of a request finds the same key, and it is drawn when somebody asks for it. So keys cost a
request nothing where nobody looks at them, and two variants meet the same keys.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, assert_never

from simulator.kernel.root import Key
from simulator.spec.keys import AnyKeys, EmpiricalKeys, UniformKeys, ZipfKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.kernel.random import Source
    from simulator.kernel.root import Root

NO_KEY: Key = ("", 0)
"""The one key of requests that have none."""


class Keys:
    """The keys of one name.

    Args:
        name: as in the table ``keys``.
        chance: uniform draws by request.
        value: the key at a piece of luck from [0, 1).
    """

    __slots__ = ("_chance", "_value", "name")

    def __init__(self, name: str, chance: Source, value: Callable[[float], str | int]) -> None:
        self.name = name
        self._chance = chance
        self._value = value

    def of(self, root: Root) -> Key:
        """The key of a request: as its workload entry gives it (a trace), or else by chance."""
        given = root.entry.given
        if given is not None and self.name in given:
            return self.name, given[self.name][root.ordinal]
        return self.name, self._value(self._chance.first(root))


class EntryKey:
    """The key of a request where its operation names none: that of its workload entry, or none."""

    __slots__ = ()

    def of(self, root: Root) -> Key:
        """The request's key."""
        keys = root.entry.keys
        return NO_KEY if keys is None else keys.of(root)


class SingleKey:
    """No keys: every request has the same."""

    __slots__ = ()

    def of(self, root: Root) -> Key:
        """`NO_KEY`."""
        return NO_KEY


def key_at(spec: AnyKeys) -> Callable[[float], str | int]:
    """From luck in [0, 1) to a key: by inversion of the cumulative weights. Zipf and uniform keys count from 1."""
    match spec:
        case UniformKeys():
            size = spec.n
            return lambda luck: int(luck * size) + 1
        case ZipfKeys():
            ranks = _zipf(spec.n, spec.s)
            mass = ranks[-1]
            return lambda luck: bisect_right(ranks, luck * mass, 0, len(ranks) - 1) + 1
        case EmpiricalKeys():
            names = list(spec.shares)
            bounds = list(accumulate(spec.shares.values()))
            total = bounds[-1]
            return lambda luck: names[bisect_right(bounds, luck * total, 0, len(bounds) - 1)]
        case _:
            assert_never(spec)


@lru_cache(maxsize=4)
def _zipf(size: int, exponent: float) -> Sequence[float]:
    """The cumulative weights of the ranks; replications of one experiment share them."""
    return tuple(accumulate(rank**-exponent for rank in range(1, size + 1)))
