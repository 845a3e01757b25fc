"""Messages that nobody can handle, however often they come: drawn once for each message that is published."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.random import Source
    from simulator.kernel.root import Root


class Poison:
    """The poison among the messages of one subscription.

    Args:
        share: of the messages, from 0 to 1.
        source: gives the uniform draws of a place by its name.
    """

    def __init__(self, share: float, name: str, source: Callable[[str], Source]) -> None:
        self._share = share
        self._name = name
        self._source = source
        self._at: dict[Path, Source] = {}

    def spoils(self, root: Root, path: Path) -> bool:
        """Whether the message of `root` that is handled at `path` is one: the same for each of its deliveries."""
        chance = self._at.get(path)
        if chance is None:
            chance = self._at[path] = self._source(f"{self._name}/{path!r}")
        return chance.first(root) < self._share
