"""Batches: a consumer handles several messages of one subscription in one execution.

A batch is open for more messages until it is full or a worker takes it up. It is handed to the workers when it is
full, or `linger` seconds after its first message has come, and when fewer than `consumers` batches are in hand at the
replica; messages that come at the same instant are together even without a linger. Its steps run once, with the luck
of its first message; every message is settled with its reply.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from simulator.network.attempt import NO_DEADLINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.environment import Environment
    from simulator.messaging.message import Delivery
    from simulator.outcomes import Reply
    from simulator.services.execution import Execution
    from simulator.services.replica import Replica


class Batch:
    """Messages that are handled together: the origin of the execution that handles them.

    Attributes:
        open: whether more may come in. ready: whether it waits for no more.
    """

    __slots__ = (
        "_desk",
        "deadline",
        "deliveries",
        "execution",
        "given_up",
        "open",
        "path",
        "program",
        "ready",
        "root",
    )

    def __init__(self, first: Delivery, desk: Desk, program: Any) -> None:
        self._desk = desk
        self.deliveries = [first]
        self.root = first.root
        self.path = first.path
        self.program = program
        self.deadline = NO_DEADLINE
        self.given_up = False
        self.execution: Any = None
        self.open = True
        self.ready = False

    @property
    def sent(self) -> float:
        """When its first message was published, in seconds."""
        return self.deliveries[0].sent

    def answer(self, reply: Reply) -> None:
        """The handler is done: every message is settled with its reply."""
        for delivery in self.deliveries:
            delivery.answer(reply)
        self._desk.done()

    def break_off(self) -> None:
        """The consumer has crashed with the batch in hand."""
        self.scatter()
        self._desk.done()

    def scatter(self) -> None:
        """The consumer has crashed: the messages follow their broker's rule."""
        self.open = False
        for delivery in self.deliveries:
            delivery.break_off()

    def drop(self) -> None:
        """Messages carry no deadline: they are never found void."""
        raise AssertionError("a batch cannot be dropped at dequeue")


class Desk:
    """The batches of one subscription at one replica."""

    __slots__ = ("_batches", "_environment", "_in_hand", "_newest", "_replica", "_waiting")

    def __init__(self, batches: Batches, replica: Replica) -> None:
        self._batches = batches
        self._replica = replica
        self._environment: Environment = replica.environment
        self._waiting: deque[Batch] = deque()
        self._newest: Batch | None = None
        self._in_hand = 0
        replica.when_crashed.append(self._crashed)

    def add(self, delivery: Delivery) -> None:
        """Put a message into the batch that is open, or begin another."""
        batch = self._newest
        if batch is not None and batch.open:
            batch.deliveries.append(delivery)
        else:
            batch = self._newest = Batch(delivery, self, self._batches.program)
            self._waiting.append(batch)
            self._environment.at(self._environment._now + self._batches.linger, self._lingered, batch)
        if len(batch.deliveries) >= self._batches.size:
            batch.open = False
            batch.ready = True
            self._hand_over(None)

    def done(self) -> None:
        """A batch has been handled, one way or another. The next one is handed over when its worker is free, and what
        the broker hands out at this instant may still join it."""
        self._in_hand -= 1
        self._environment.at(self._environment._now, self._hand_over, None)

    def _lingered(self, batch: Batch) -> None:
        if not batch.ready:
            batch.ready = True
            self._hand_over(None)

    def _hand_over(self, _: None) -> None:
        waiting = self._waiting
        while waiting and waiting[0].ready and self._in_hand < self._batches.consumers:
            self._in_hand += 1
            self._replica.accept(waiting.popleft())

    def _crashed(self, _: float) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        for batch in waiting:
            batch.scatter()


class Batches:
    """Stands in place of the program of a subscription's messages: they are collected, and handled in batches.

    Args:
        size: messages in a batch at most. linger: seconds that a batch waits for more after its first message.
        consumers: batches in hand at once, per replica.
        handle: what is run for a batch.
    """

    collects = True

    def __init__(self, size: int, linger: float, consumers: float, handle: Callable[[Execution], Any]) -> None:
        self.size = size
        self.linger = linger
        self.consumers = consumers
        self._handle = handle
        self._desks: dict[Replica, Desk] = {}

    def collect(self, message: Delivery, replica: Replica) -> None:
        """Put a message that has come to `replica` with others."""
        desk = self._desks.get(replica)
        if desk is None:
            desk = self._desks[replica] = Desk(self, replica)
        desk.add(message)

    def program(self, execution: Execution) -> Any:
        """Handle a batch; from now on nothing joins it."""
        batch: Any = execution.origin
        batch.open = False
        return self._handle(execution)

    def __call__(self, execution: Execution) -> Any:
        """Never called: no single message is ever handed to a worker."""
        raise AssertionError("messages in batches are collected first")
