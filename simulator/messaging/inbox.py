"""What a consumer remembers of the messages that it has handled: so that a repetition changes nothing.

It is a table beside the consumer's own data, written in the handler's transaction: all replicas share it, and no crash
loses it (C. Richardson, Microservices Patterns, section 3.3.6). Pure: told the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root

Identity = tuple[int, int, "Path"]
"""What is the same for every repetition of one publishing: whose request it was for, and at which step."""


def identity(root: Root, path: Path) -> Identity:
    """The identity of a message of `root` that is handled at `path`."""
    return root.lane, root.ordinal, path


class Inbox:
    """The messages that one subscription has handled ok.

    Args:
        window: seconds for which each is remembered; infinity: for ever.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._handled: dict[Identity, float] = {}

    def knows(self, message: Identity, now: float) -> bool:
        """Whether it was handled, and is still remembered."""
        at = self._handled.get(message)
        return at is not None and now - at <= self._window

    def remember(self, message: Identity, now: float) -> bool:
        """Note that it has been handled; False if it is known already: then whoever did it again must roll back."""
        if self.knows(message, now):
            return False
        self._forget_until(now - self._window)
        self._handled.pop(message, None)
        self._handled[message] = now
        return True

    def _forget_until(self, end: float) -> None:
        """The oldest come first."""
        while self._handled:
            oldest = next(iter(self._handled))
            if self._handled[oldest] >= end:
                return
            del self._handled[oldest]
