"""Calls over queues: the request is a message to the called operation's queue, the answer one to the caller's.

The attempt is the correlation: the answer finds it, or finds that nobody waits any more. Whatever a handler replies is
sent back at once and its message acknowledged, an error too, as frameworks for calls over queues do; only a crash, or a
handler that outlasts the broker's patience, makes the request come again. Then it may be answered twice: the second
answer is dropped. Replies are not kept: one that meets a broker that is down, or a cut, is lost.

Source: G. Hohpe and B. Woolf, Enterprise Integration Patterns (2003): Request-Reply, Correlation Identifier, Return
Address; RabbitMQ documentation, "Direct Reply-to".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from simulator.messaging.message import Message
from simulator.network.attempt import NO_DEADLINE, Cancel, failure
from simulator.network.link import LOST
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.leaf import Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.kernel.environment import Environment, Steps
    from simulator.kernel.root import Root
    from simulator.messaging.broker import Broker, BrokerLink
    from simulator.messaging.message import Delivery, MessageTally
    from simulator.messaging.post import Post
    from simulator.network.attempt import Attempt, Target
    from simulator.services.execution import Execution, Program
    from simulator.services.operation import Operation
    from simulator.services.sequence import Running

VOID = Reply(Outcome.CANCELLED, "", "expired in the queue")
"""In place of a reply: the request was found expired, and nobody is told."""


class Mailbox:
    """In place of the replica that a balancer picks: who handles a request is up to the broker."""

    remembers = False
    zone = ""

    def pick(self, root: Root) -> Mailbox:
        """Itself."""
        return self

    def finished(self, target: Target) -> None:
        """It does not remember."""

    def arrive(self, attempt: Attempt) -> None:
        """Never called: requests arrive as messages."""
        raise AssertionError("a request over a queue arrives at no replica")

    def withdraw(self, attempt: Attempt) -> None:
        """Never called: a message cannot be called back."""
        raise AssertionError("a request over a queue cannot be called back")


class Replies(NamedTuple):
    """How answers come back.

    Attributes:
        links: the way from every site to the broker for messages of the answer's size.
        tally: the broker's: each answer is taken, and handled, or lost with a reason.
    """

    broker: Broker
    links: Mapping[str, BrokerLink]
    tally: MessageTally


class _Request(Message):
    """A request: each attempt's is a message of its own, a repetition of none."""

    __slots__ = ("_attempt",)

    def __init__(self, attempt: Attempt, program: Program, published: float) -> None:
        super().__init__(attempt.root, attempt.path, program, published)
        self._attempt = attempt

    @property
    def identity(self) -> object:
        """The attempt."""
        return self._attempt


class _Answer:
    """An answer on its way to the broker and on to its caller.

    Attributes:
        taken: whether the broker had it.
    """

    __slots__ = ("_link", "attempt", "reply", "taken")

    def __init__(self, link: QueuedLink, attempt: Attempt, reply: Reply) -> None:
        self._link = link
        self.attempt = attempt
        self.reply = reply
        self.taken = False

    def take(self, published: float) -> bool:
        """The broker has it, and passes it on."""
        self.taken = True
        self._link.deliver(self)
        return True

    def lose(self, reason: str) -> None:
        """It never reaches its caller."""
        self._link.lose(self.attempt.root, reason)


class QueuedLink:
    """The way from one caller to one operation through a broker, in place of a link.

    An attempt is under way until its answer comes or its caller gives up, whatever its messages do: they are accounted
    for by the broker.

    Args:
        site: where the caller is.
        expires: whether a request whose caller has given up is thrown away by the worker that takes it up
            (``cancel: at_dequeue``).

    Attributes:
        sent, answered, lost, dropped: attempts; `dropped` are those whose caller gave up. late: answers that came when
            nobody waited, or after another one.
        cancel: always `QUEUED`, so that an attempt tells when it is given up; nothing is sent then.
    """

    def __init__(
        self,
        environment: Environment,
        name: str,
        site: str,
        post: Post,
        replies: Replies,
        operation: Operation,
        *,
        expires: bool,
    ) -> None:
        self.environment = environment
        self.name = name
        self.cancel = Cancel.QUEUED
        self.program: Program = operation.program
        self.timed_out = failure(Outcome.TIMEOUT, name)
        self.unreachable = failure(Outcome.UNREACHABLE, name)
        self.sent = self.answered = self.lost = self.dropped = self.late = 0
        self._site = site
        self._post = post
        self._replies = replies
        self._operation = operation
        self._expires = expires

    def send(self, attempt: Attempt, target: Target) -> None:
        """Send the request as a message."""
        attempt.root.pending += 1
        self.sent += 1
        self.environment.start(self._ask(attempt), attempt.root)

    def send_cancel(self, attempt: Attempt) -> None:
        """The caller has given up: the attempt is over, its messages go on."""
        self.dropped += 1
        attempt.root.leave()

    def _ask(self, attempt: Attempt) -> Running:
        confirmation = yield from self._post.send(self._site, self._message(attempt))
        if confirmation is not OK:
            refused = confirmation.outcome is Outcome.REJECTED
            self._hand_over(attempt, confirmation if refused else self.unreachable)
        return confirmation

    def _message(self, attempt: Attempt) -> Message:
        program: Program = self.program
        if self._expires or attempt.deadline != NO_DEADLINE:
            program = partial(self._unless_void, attempt)
        message = _Request(attempt, program, self.environment._now)
        message.concluded = partial(self._concluded, attempt)
        return message

    def _unless_void(self, attempt: Attempt, execution: Execution) -> Steps:
        """Handle the request unless a worker takes it up too late; the deadline handed down bounds what follows."""
        if attempt.deadline < self.environment._now or (self._expires and attempt.given_up):
            execution.answer(VOID)
            return
        execution.deadline = attempt.deadline
        if isinstance(self.program, Leaf):
            reply = yield from self._operation.carry_out(execution, self._operation.steps)
            execution.answer(reply)
        else:
            yield from self.program(execution)

    def _concluded(self, attempt: Attempt, delivery: Delivery, reply: Reply) -> None:
        delivery.given_up = attempt.given_up  # its work is wasted
        if reply is not VOID:
            self.environment.start(self._send_back(attempt, delivery.replica.site, reply), attempt.root)
        delivery.queue.acknowledge(delivery)

    def _send_back(self, attempt: Attempt, site: str, reply: Reply) -> Steps:
        """Send an answer back; it may be lost on either leg, or find the broker down or beyond its capacity."""
        root, broker, answer = attempt.root, self._replies.broker, _Answer(self, attempt, reply)
        confirmation = yield from broker.attempt(root, self._replies.links[site], answer)
        if not answer.taken:
            reason = "broker_down" if broker.outages.value else "network"
            answer.lose("broker_refused" if confirmation.outcome is Outcome.REJECTED else reason)

    def deliver(self, answer: _Answer) -> None:
        """The broker has an answer: on to its caller."""
        root, back = answer.attempt.root, self._replies.links[self._site].back
        delay = back.delay(root) if answer.reply.outcome is Outcome.OK else back.word(root)
        if delay == LOST or back.cut:
            answer.lose("network")
            return
        root.pending += 1
        delay += self._replies.broker.delivery_latency.draw(root)
        self.environment.at(self.environment._now + delay, self._arrive, answer)

    def lose(self, root: Root, reason: str) -> None:
        """An answer is lost."""
        self._replies.tally.lose(root, reason)

    def _arrive(self, answer: _Answer) -> None:
        tally = self._replies.tally
        tally.taken += 1
        if self._hand_over(answer.attempt, answer.reply):
            tally.handled += 1
        else:
            self.late += 1
            tally.lost["late_reply"] += 1
        answer.attempt.root.leave()

    def _hand_over(self, attempt: Attempt, reply: Reply) -> bool:
        """Give the caller a reply, if it still waits for one."""
        if attempt.given_up or attempt.reply is not None:
            return False
        attempt.reply = reply
        attempt.receive(reply)
        return True
