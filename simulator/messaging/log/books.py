"""What becomes of each record of a group: counted once, and its request kept open for as long as it may come again.

A record works for its request until it is settled (handled, given up or lost) *and* will not be read again: a handled
record whose offset was never committed comes again when its consumer dies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.messaging.log.partition import Record
    from simulator.messaging.message import MessageTally


class Books:
    """The books of one group.

    Attributes:
        there: records that are not settled. waiting: records that no handler has been given (again) yet.
    """

    def __init__(self, environment: Environment, tally: MessageTally) -> None:
        self.there = 0
        self.waiting = 0
        self._environment = environment
        self._tally = tally

    def take(self, record: Record) -> None:
        """A record has come."""
        self._tally.taken += 1
        self.there += 1
        record.message.root.pending += 1
        self.wait(record)

    def wait(self, record: Record) -> None:
        """A record waits for a consumer: it is new, or will be read again."""
        if not record.waits:
            record.waits = True
            self.waiting += 1
            self._tally.waits(self._environment._now)

    def hand_out(self, record: Record) -> None:
        """A record waits no longer."""
        if record.waits:
            record.waits = False
            self.waiting -= 1
            self._tally.leaves(self._environment._now)

    def handled(self, record: Record) -> None:
        """A handler has been done with a record; only the first time counts."""
        message = record.message
        if not message.settled:
            self._tally.was_handled(message.published, self._environment._now)
            self._settle(record)

    def give_up(self, record: Record) -> None:
        """A record has failed for the last time: a dead letter, unless it was handled once."""
        message = record.message
        if not message.settled:
            self._tally.dead += 1
            message.root.mishaps.dead_lettered += 1
            if message.given_up is not None:
                message.given_up(message)
            self._settle(record)

    def lose(self, record: Record, reason: str) -> None:
        """A record is lost: nobody has handled it, and nobody will."""
        self._tally.lost[reason] += 1
        record.message.root.mishaps.lost += 1
        self._settle(record)

    def put_down(self, record: Record) -> None:
        """A consumer does not have it any more."""
        record.holders -= 1
        if record.beyond and not record.holders and not record.message.settled:
            self.lose(record, record.beyond)

    def pass_beyond(self, record: Record, reason: str) -> None:
        """A record will not be read again; if nobody has it and nobody has handled it, that is how it is lost."""
        self.hand_out(record)
        record.beyond = reason
        if record.message.settled:
            record.message.root.leave()
        elif not record.holders:
            self.lose(record, reason)

    def _settle(self, record: Record) -> None:
        record.message.settled = True
        self.there -= 1
        if record.beyond:
            record.message.root.leave()
