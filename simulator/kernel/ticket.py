"""A place in a queue for something that is handed over: a worker, a lock.

Between the handing over and the resume of its task, the task may be closed. The ticket knows that it was granted, so
what was handed over is passed on and never lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task


class OfTask(Protocol):
    """What goes on in a task of its own."""

    @property
    def task(self) -> Task:
        """The task."""


class Ticket:
    """A task's place in a queue.

    Attributes:
        granted: whether what it queued for has been handed to it.
        withdrawn: whether its task has stopped waiting.
    """

    __slots__ = ("epoch", "granted", "task", "withdrawn")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.epoch = task.epoch
        self.granted = False
        self.withdrawn = False

    def grant(self, environment: Environment) -> None:
        """Hand it over, and let the task go on."""
        self.granted = True
        environment.wake(self.task, self.epoch, None)

    def withdraw_at(self, time: float, environment: Environment) -> None:
        """Wait no longer than until `time`, which may have passed: then the task goes on with nothing granted."""
        environment.at(max(time, environment._now), _withdraw, (self, environment))


def _withdraw(late: tuple[Ticket, Environment]) -> None:
    ticket, environment = late
    if not ticket.granted and not ticket.withdrawn:
        ticket.withdrawn = True
        environment.wake(ticket.task, ticket.epoch, None)
