"""A message and its deliveries, and what is counted of them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any

from simulator.network.attempt import NO_DEADLINE

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Key, Root
    from simulator.outcomes import Reply
    from simulator.services.execution import Program
    from simulator.services.replica import Replica

LOSS_REASONS: tuple[str, ...] = (
    "no_subscriber",
    "replica_down",
    "broker_refused",
    "network",
    "cut_off",
    "expired",
    "publisher_crashed",
    "not_published",
    "broker_down",
    "late_reply",
    "overflow",
    "trimmed",
)
"""Why a message can be lost. ``broker_down``: it was not durable; ``expired``: it was kept for as long as it may be;
``overflow``: dropped for a newer one; ``trimmed``: cut off a stream that has grown too long."""


class MessageTally:
    """Messages of one topic or broker, one count per subscription or queue that should get them.

    Attributes:
        taken: messages taken in. Each is then handled, dead-lettered, lost (by reason) or still there.
        backlog: sum behind the integral of waiting messages (see `services.workers`).
        ages: seconds from publishing to the end of handling, and when that was.
        failures: handlings that failed. redeliveries: deliveries after the first.
        out_of_order: deliveries after one that was published later.
        recognised: deliveries that a consumer knew again and did not handle twice.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.handled = 0
        self.dead = 0
        self.lost: dict[str, int] = dict.fromkeys(LOSS_REASONS, 0)
        self.failures = 0
        self.redeliveries = 0
        self.out_of_order = 0
        self.recognised = 0
        self.backlog = 0.0
        self.backlog_now = 0
        self.backlog_max = 0
        self.ages = array("d")
        self.aged_at = array("d")

    def waits(self, now: float) -> None:
        """A message begins to wait in the broker."""
        self.backlog -= now
        self.backlog_now += 1
        if self.backlog_now > self.backlog_max:  # noqa: PLR1730 - max() would cost every message a call
            self.backlog_max = self.backlog_now

    def leaves(self, now: float) -> None:
        """A message waits no longer."""
        self.backlog += now
        self.backlog_now -= 1

    def was_handled(self, published: float, now: float) -> None:
        """A message has been handled for good."""
        self.handled += 1
        self.succeeded(published, now)

    def succeeded(self, published: float, now: float) -> None:
        """A handler is the first that is done with a message, whether or not the broker ever hears of it."""
        self.ages.append(now - published)
        self.aged_at.append(now)

    def lose(self, root: Root, reason: str, copies: int = 1, path: Path | None = None) -> None:
        """Messages that no queue or subscription has ever seen are lost; `path` is what they were for, if known."""
        self.taken += copies
        self.lost[reason] += copies
        root.mishaps.lose(path, copies)

    def backlog_seconds(self, now: float) -> float:
        """Message-seconds waited up to now."""
        return self.backlog + now * self.backlog_now

    def take_max(self) -> int:
        """The largest backlog since the last call."""
        largest, self.backlog_max = self.backlog_max, self.backlog_now
        return largest


class Message:
    """What was published, for one subscription or queue.

    Attributes:
        program: what its handler runs.
        number: its place in the order of publishing.
        key: of its group, where its broker has groups.
        deliveries: how often it was handed to a consumer.
        again: why it is delivered once more, if it is (see `simulator.causes`).
        waits: whether it is ready and waits for a consumer.
        succeeded: whether a handler was done with it.
        settled: whether it was handled or given up: nothing more is done for it.
        taken: of an operation's own message: whether the broker has had it, whatever its publisher was told.
        repeated: whether its broker recognised it as published before, and confirmed and forgot it.
        gone: why it will not come again, should its present delivery come to nothing; empty: it will.
        concluded: called as ``concluded(delivery, reply)`` with each handler's reply instead of the plain rule.
        given_up: called as ``given_up(message)`` when it becomes a dead letter.
    """

    __slots__ = (
        "again",
        "concluded",
        "deliveries",
        "given_up",
        "gone",
        "key",
        "number",
        "path",
        "program",
        "published",
        "repeated",
        "root",
        "settled",
        "succeeded",
        "taken",
        "waits",
    )

    def __init__(self, root: Root, path: Path, program: Program, published: float) -> None:
        self.root = root
        self.path = path
        self.program = program
        self.published = published
        self.number = 0
        self.deliveries = 0
        self.again = self.gone = ""
        self.key: Key | None = None
        self.waits = self.succeeded = self.settled = self.taken = self.repeated = False
        self.concluded: Callable[[Delivery, Reply], None] | None = None
        self.given_up: Callable[[Message], None] | None = None

    def afresh(self) -> Message:
        """The same message once more, as its publisher sends it again: nothing has happened to that one yet."""
        second = copy(self)
        second.number = second.deliveries = 0
        second.again = second.gone = ""
        second.waits = second.succeeded = second.settled = second.repeated = False
        return second

    @property
    def identity(self) -> object:
        """What a broker that deduplicates knows it by: its request and its place, the same for each repetition."""
        return self.root, self.path


class Delivery:
    """A message in the hands of one consumer: the origin of the execution that handles it.

    Attributes:
        place: of the replica among the consumers.
        waiting: whether its visibility timeout still runs; `expires` is when that ends.
        ended: whether the consumer is done with it, one way or another.
        failing: why it came to nothing although nobody said so; empty as long as somebody may be at work on it.
    """

    __slots__ = (
        "deadline",
        "ended",
        "execution",
        "expires",
        "failing",
        "given_up",
        "message",
        "path",
        "place",
        "program",
        "queue",
        "replica",
        "root",
        "since",
        "waiting",
    )

    def __init__(self, message: Message, replica: Replica, queue: Any, place: int = 0) -> None:
        self.message = message
        self.place = place
        self.root = message.root
        self.path = message.path
        self.program = message.program
        self.replica = replica
        self.queue = queue
        self.deadline = NO_DEADLINE
        self.given_up = False
        self.execution: Any = None
        self.waiting = True
        self.expires = NO_DEADLINE
        self.ended = False
        self.failing = ""

    @property
    def sent(self) -> float:
        """When its message was published, in seconds."""
        return self.message.published

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """What its execution handles: itself alone."""
        return (self,)

    def answer(self, reply: Reply) -> None:
        """The handler is done."""
        if self.message.concluded is not None:
            self.message.concluded(self, reply)
        else:
            self.queue.conclude(self, reply)

    def break_off(self) -> None:
        """The consumer has crashed, or was down when the message came."""
        self.queue.consumer_lost(self)

    def drop(self) -> None:
        """Messages carry no deadline: they are never found void."""
        raise AssertionError("a message cannot be dropped at dequeue")

    def expire(self) -> None:
        """The visibility timeout is over."""
        self.queue.expired(self)
