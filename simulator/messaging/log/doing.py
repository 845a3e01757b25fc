"""What a consumer of a group does at a time."""

from __future__ import annotations

from enum import Enum, auto


class Doing(Enum):
    """What a consumer does."""

    IDLE = auto()
    """It waits in its poll for something to come."""
    FETCHING = auto()
    """It waits in its poll for what is on its way."""
    JOINING = auto()
    """It waits in its poll for its assignment."""
    HANDLING = auto()
    """It has records to handle."""
    COMMITTING = auto()
    """It waits for a commit to be confirmed."""
    GONE = auto()
    """It has left, or has died."""


IN_POLL = (Doing.IDLE, Doing.FETCHING, Doing.JOINING)
"""What it does while it listens to its group."""
