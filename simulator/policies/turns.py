"""Waiting for one's turn at something that lets calls through in order: a lock, a gate."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Protocol

from simulator.network.attempt import NO_DEADLINE

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task
    from simulator.kernel.ticket import Ticket
    from simulator.network.attempt import Request


class Line(Protocol):
    """What calls queue at."""

    def enter(self, task: Task) -> Ticket | None:
        """Go through at once (None), or get a ticket in the queue."""

    def abandon(self, ticket: Ticket) -> None:
        """The ticket's task waits no longer."""


def in_turn(environment: Environment, line: Line, request: Request) -> Generator[None, None, bool]:
    """Queue at `line`; whether the turn came before the deadline handed down to the caller was over."""
    ticket = line.enter(request.task)
    if ticket is None:
        return True
    if request.deadline < NO_DEADLINE:
        ticket.withdraw_at(request.deadline, environment)
    try:
        yield None
    except GeneratorExit:
        line.abandon(ticket)
        raise
    return ticket.granted
