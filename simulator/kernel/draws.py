"""Laws as they are drawn: by request, or one after the other, or not at all where a law is constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.kernel.root import Root


class Draws(Protocol):
    """Gives each request its draws of one law."""

    def draw(self, root: Root) -> float:
        """The next draw for `root`."""


class Constant:
    """A law without chance."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def draw(self, root: Root) -> float:
        """The constant."""
        return self.value


class Added:
    """Two laws, one after the other: the sum of a draw of each."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Draws, second: Draws) -> None:
        self._first = first
        self._second = second

    def draw(self, root: Root) -> float:
        """The next sum for `root`."""
        return self._first.draw(root) + self._second.draw(root)
