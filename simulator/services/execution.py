"""One execution of an operation at a replica: who asked, where it stands in the tree of steps, what it holds."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from simulator.outcomes import Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.environment import Task
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.services.replica import Replica

Program = Callable[["Execution"], Generator[float | None, Any, Any]]
"""What an execution runs, from its first step to its answer and what follows it."""


class Origin(Protocol):
    """What an execution works for: an attempt of a caller, or a message in hand."""

    root: Root
    path: Path
    deadline: float
    given_up: bool
    program: Program
    execution: Execution | None

    def answer(self, reply: Reply) -> None:
        """Take the reply."""

    def break_off(self) -> None:
        """The replica has crashed while it had this in hand."""

    def drop(self) -> None:
        """It was found void when a worker took it up."""


class Execution:
    """An operation under way.

    Attributes:
        task: the task that runs it, which calls resume.
        holding: whether it occupies a worker at present.
        since: when it took that worker, in seconds; `held` sums up the earlier times.
        answered: whether its reply has left.
        crews: the branches of its parallel steps, closed with it.
    """

    __slots__ = (
        "answered",
        "crews",
        "deadline",
        "held",
        "holding",
        "origin",
        "path",
        "replica",
        "root",
        "since",
        "task",
    )
    task: Task

    def __init__(self, origin: Origin, replica: Replica, since: float) -> None:
        self.origin = origin
        self.root = origin.root
        self.path = origin.path
        self.deadline = origin.deadline
        self.replica = replica
        self.holding = True
        self.since = since
        self.held = 0.0
        self.answered = False
        self.crews: list[Any] = []

    def answer(self, reply: Reply) -> None:
        """Send the reply to whoever asked."""
        self.answered = True
        self.origin.answer(reply)


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
