"""Whether a queue takes a published message in: length limits and deduplication. Pure, told the time."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.messaging.message import Message


class Verdict(Enum):
    """What becomes of a published message."""

    ENTER = "enters"
    REPETITION = "is confirmed and forgotten: it was taken in before"
    REFUSE = "is refused"
    DROP_HEAD = "enters, and the message at the head goes"
    REFUSE_AND_BURY = "is refused, and kept as a dead letter"


class Gate(Protocol):
    """Stands before a queue."""

    def judge(self, message: Message, waiting: int, now: float) -> Verdict:
        """What becomes of a message that is published `now` (seconds), while `waiting` are ready."""


class LengthLimit:
    """At most so many ready messages; messages in the hands of consumers do not count.

    Source: RabbitMQ documentation, "Queue Length Limit", ``max-length`` and ``overflow``.
    """

    def __init__(self, max_length: int, beyond: Verdict) -> None:
        self._max_length = max_length
        self._beyond = beyond

    def judge(self, message: Message, waiting: int, now: float) -> Verdict:
        """See `Gate`."""
        return self._beyond if waiting >= self._max_length else Verdict.ENTER


class Deduplication:
    """What was taken in less than `window` seconds ago is not taken in again, by a message's identity: that is the same
    for every repetition of one publish.

    Source: Amazon SQS developer guide, "Using the message deduplication ID", 5 minutes from the first acceptance.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._taken: dict[object, float] = {}

    def judge(self, message: Message, waiting: int, now: float) -> Verdict:
        """See `Gate`."""
        taken = self._taken
        while taken:
            first = next(iter(taken))
            if now - taken[first] < self._window:
                break
            del taken[first]
        identity = message.identity
        if identity in taken:
            return Verdict.REPETITION
        taken[identity] = now
        return Verdict.ENTER
