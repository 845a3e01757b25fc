"""One execution of an operation at a replica: who asked, where it stands in the tree of steps, what it holds."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from simulator.kernel.environment import Task
from simulator.outcomes import Outcome, Reply
from simulator.services.leaf import Leaf

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.services.replica import Replica
    from simulator.services.state import Row

Program = Callable[["Execution"], Generator[float | None, Any, Any]] | Leaf
"""What is done for an attempt or a message: steps, from the first to the answer and what follows it, or a leaf."""


class Origin(Protocol):
    """What an execution works for: an attempt of a caller, or a message in hand.

    Attributes:
        execution: its execution while it lasts; the leaf itself where that serves it.
    """

    root: Root
    path: Path
    deadline: float
    given_up: bool
    program: Program
    execution: Any

    @property
    def sent(self) -> float:
        """When the attempt was sent, or the message published, in seconds; infinity: what it is done for is at hand."""

    def answer(self, reply: Reply) -> None:
        """Take the reply."""

    def break_off(self) -> None:
        """The replica has crashed while it had this in hand."""

    def drop(self) -> None:
        """It was found void when a worker took it up."""


class Execution(Task):
    """An operation under way at a replica: the task that runs it.

    Attributes:
        holding: whether it occupies a worker at present.
        since: when it took that worker, in seconds; `held` sums up the earlier times.
        answered: whether its reply has left. over: whether it has ended, one way or another.
        crews: the branches of its parallel steps, closed with it.
        reads: the version of each row that it last saw (see `services.state`); None while it has read none.
    """

    __slots__ = (
        "answered",
        "crews",
        "deadline",
        "held",
        "holding",
        "origin",
        "over",
        "path",
        "reads",
        "replica",
        "since",
    )

    def __init__(self, origin: Origin, replica: Replica, since: float) -> None:
        self.generator = None
        self.epoch = 0
        self.root: Root = origin.root
        self.origin = origin
        self.path = origin.path
        self.deadline = origin.deadline
        self.replica = replica
        self.holding = True
        self.since = since
        self.held = 0.0
        self.answered = self.over = False
        self.crews: tuple[Any, ...] = ()
        self.reads: dict[Row, int] | None = None

    @property
    def task(self) -> Task:
        """The task that its calls resume."""
        return self

    def answer(self, reply: Reply) -> None:
        """Send the reply to whoever asked."""
        self.answered = True
        self.origin.answer(reply)

    def ended(self) -> None:
        """Give back what it holds."""
        if not self.over:
            self.over = True
            self.replica.ended(self)
            self.root.leave()


class Branch(Execution):
    """One branch of a parallel step: part of an execution, in a task of its own. Where workers wait with their
    requests it shares the execution's worker, else it queues for its own."""

    __slots__ = ()

    def ended(self) -> None:
        """Give back the worker it took for itself."""
        if not self.over:
            self.over = True
            if self.holding and not self.replica.holds_worker:
                self.replica.let_go(self)
            self.root.leave()


class Done(NamedTuple):
    """A step that has ended: what an undo goes by.

    Attributes:
        step: the step.
        path: its place in the tree of steps.
        reply: how it ended; ok for completed steps.
    """

    step: Any
    path: Path
    reply: Reply


def failed(by: str, cause: Reply) -> Reply:
    """What a failed critical step makes of its operation: a client error if it was one, else a server error."""
    outcome = Outcome.CLIENT_ERROR if cause.outcome is Outcome.CLIENT_ERROR else Outcome.SERVER_ERROR
    return Reply(outcome, cause.reason, by, cause)
