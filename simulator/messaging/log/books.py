"""What becomes of each record of a group: counted once, and its request kept open for as long as it may come again.

A record works for its request until it is settled (handled, given up or lost), will not be read again, *and* no
consumer has it: a handled record whose offset was never committed comes again when its consumer dies, and one that is
out of its group handles what it has fetched all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.messaging.log.partition import Record
    from simulator.messaging.message import MessageTally
    from simulator.messaging.topic import Topic


class Books:
    """The books of one group.

    Args:
        dead_letters: the topic on which dead letters are published; None: they are kept and counted.

    Attributes:
        there: records that are not settled. waiting: records that no handler has been given (again) yet.
    """

    def __init__(self, environment: Environment, tally: MessageTally, dead_letters: Topic | None = None) -> None:
        self.there = 0
        self.waiting = 0
        self._environment = environment
        self._tally = tally
        self._dead_letters = dead_letters

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
            message.root.mishaps.bury(message.path)
            if message.given_up is not None:
                message.given_up(message)
            if self._dead_letters is not None:
                self._dead_letters.fan_out(message.root, message.path)
            self._settle(record)

    def put_down(self, record: Record) -> None:
        """A consumer does not have it any more."""
        record.holders -= 1
        self._finish(record)

    def pass_beyond(self, record: Record, reason: str) -> None:
        """A record will not be read again; if nobody has handled it then, or still does, it is lost by `reason`."""
        self.hand_out(record)
        record.beyond = reason
        self._finish(record)

    def _finish(self, record: Record) -> None:
        """Nobody has it and nobody will: its request is done with it."""
        if record.beyond and not record.holders:
            if not record.message.settled:
                self._tally.lost[record.beyond] += 1
                record.message.root.mishaps.lose(record.message.path)
                self._settle(record)
            record.message.root.leave()

    def _settle(self, record: Record) -> None:
        record.message.settled = True
        self.there -= 1
