"""What consumers of a group go by, and what they know of their group."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.messaging.log.assignment import Assignor
    from simulator.messaging.log.books import Books
    from simulator.messaging.log.consumer import Consumer
    from simulator.messaging.log.partition import Cursor, Record
    from simulator.services.replica import Replica

ALL_AT_ONCE = float("inf")
"""Width of a consumer that hands out everything that it has fetched, and waits for none of it."""


class When(Enum):
    """When offsets are committed."""

    TIMED = auto()
    """By the client itself, some time after the last time: what was polled (``enable.auto.commit``)."""
    BATCH = auto()
    """When everything that a poll has brought is handled."""
    EACH = auto()
    """After every record."""
    BEFORE = auto()
    """When a poll has brought something, before it is handled: at most once."""


class ConsumerRules(NamedTuple):
    """What all consumers of a group go by.

    Attributes:
        when: when offsets are committed; `interval`: seconds between two commits by time, and after which one that was
            lost is sent again.
        most: records that a poll brings at most. width: records handled at a time (or `ALL_AT_ONCE`).
        linger: seconds that the broker keeps a fetch waiting for `width` records to be there (fetch.max.wait.ms).
        attempts: tries of one record by one consumer; `again_after`: seconds from a failure to the next.
        longest: seconds that may pass between two polls. patience: seconds until a lost fetch is sent again.
        delivery, commit: seconds that the broker takes for a delivery, and for a commit. unseen: seconds until a record
            may be read, since it has to be replicated first.
    """

    when: When
    interval: float
    most: int
    width: float
    linger: float
    attempts: float
    again_after: float
    longest: float
    patience: float
    delivery: Draws
    commit: Draws
    unseen: float


class GroupRules(NamedTuple):
    """What a group goes by, in seconds.

    Attributes:
        session: silence after which a member is out. heartbeat: how often one is heard of.
        pause: what a rebalance takes at least, until everybody has heard of it.
        assignor: who gets which partition.
    """

    session: float
    heartbeat: float
    pause: float
    assignor: Assignor


class GroupOf(Protocol):
    """A group's side of the log, as its consumers know it.

    Attributes:
        environment, rules, books: what they share.
    """

    environment: Environment
    rules: ConsumerRules
    books: Books

    def reaches(self, replica: Replica) -> bool:
        """Whether a replica and the broker can speak with each other."""

    def in_touch(self, replica: Replica) -> bool:
        """The same, as far as it is not up to the broker."""

    def commit(self, offsets: list[tuple[Cursor, int]]) -> None:
        """A commit has arrived."""

    def hand_over(self, consumer: Consumer, cursor: Cursor, record: Record, attempt: int) -> None:
        """Give a record to a handler."""


class CoordinatorOf(Protocol):
    """A group's coordinator, as its consumers know it."""

    def owes(self, consumer: Consumer) -> bool:
        """Whether a rebalance waits for this consumer to join again."""

    def rejoin(self, consumer: Consumer) -> bool:
        """It joins again; whether it may go on with the partitions that it has meanwhile."""

    def join(self, consumer: Consumer) -> None:
        """It joins anew, with no partitions."""

    def release(self, cursors: list[Cursor]) -> None:
        """Partitions that were revoked are given away."""

    def left(self, consumer: Consumer) -> None:
        """It has left by itself."""

    def overdue(self, consumer: Consumer) -> None:
        """It has not polled for too long."""
