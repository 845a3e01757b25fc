"""What the events of a choreographed saga carry with them, and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from simulator.outcomes import OK, Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.message import Delivery
    from simulator.messaging.post import Post
    from simulator.services.execution import Done, Origin
    from simulator.services.operation import Operation
    from simulator.services.sequence import Running
    from simulator.styles.handlings import Handlings


class Remote(NamedTuple):
    """A call step, or an undo, as an event: where its message goes.

    Attributes:
        post: the called service's queue. operation: the called operation.
        treatment: what the step makes of an outcome (`on_error`).
        times: how often it is asked for.
    """

    post: Post
    operation: Operation
    treatment: Mapping[Outcome, str]
    times: int

    def treated(self, reply: Reply) -> Reply:
        """What the step makes of its handler's reply."""
        kind = self.treatment.get(reply.outcome)
        if kind is None:
            return reply
        if kind == "continue":
            return OK
        outcome = Outcome.CLIENT_ERROR if kind == "client_error" else Outcome.SERVER_ERROR
        return Reply(outcome, reply.reason, reply.by, reply)


class Trail(NamedTuple):
    """Where one chain of events stands: who started it, at which event it is, and what has been done so far.

    Attributes:
        until: when the saga's time is up, in seconds.
        late: handlings that had branches which went on when they ended.
        undoing: what has begun to be undone, by whichever of the chains that one request's events make.
        by: what its next event is published for: the attempt that started it, or the delivery of the last event.
    """

    root: Root
    path: Path
    number: int
    done: tuple[Done, ...]
    until: float
    undoing: list[Done]
    by: Origin
    late: tuple[Handlings, ...]

    def having(self, *more: Done) -> Trail:
        """The same, with more done."""
        done = self.done + more
        return Trail(self.root, self.path, self.number, done, self.until, self.undoing, self.by, self.late)

    def at(self, number: int) -> Trail:
        """The same at another event."""
        return Trail(self.root, self.path, number, self.done, self.until, self.undoing, self.by, self.late)


def then_acknowledge(following: Running, delivery: Delivery) -> Running:
    """Publish what follows a handled event, and only then acknowledge it; what the broker refuses gives it back."""
    confirmation = yield from following
    if confirmation.outcome is Outcome.OK:
        delivery.queue.acknowledge(delivery)
    else:
        delivery.queue.give_back(delivery)
    return confirmation


def nothing() -> Running:
    """No event follows."""
    yield from ()
    return OK
