"""A replica that stands still: nothing of it goes on, nothing of it is lost, and afterwards everything takes longer by
as long as it stood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kernel.knobs import Count
from simulator.kernel.ticket import OfTask, Ticket

if TYPE_CHECKING:
    from collections.abc import Generator

    from simulator.kernel.environment import Environment


class Standstill(Count):
    """The pauses in force at a replica (its value is their number), and who waits for their end.

    Attributes:
        seconds: how long it has stood still, without a pause that is still in force.
    """

    __slots__ = ("_environment", "_since", "_waiting", "seconds")

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self._environment = environment
        self._since = 0.0
        self._waiting: list[Ticket] = []
        self.seconds = 0.0

    def begin(self) -> None:
        """The first pause begins."""
        self._since = self._environment._now

    def end(self) -> None:
        """The last pause is over: those that waited go on, in the order in which they came to a stop."""
        self.seconds += self._environment._now - self._since
        waiting, self._waiting = self._waiting, []
        for ticket in waiting:
            if not ticket.withdrawn:
                ticket.grant(self._environment)

    def wait(self, execution: OfTask) -> Generator[None, None, None]:
        """Wait for the end of the pauses in force."""
        while self.value:
            ticket = Ticket(execution.task)
            self._waiting.append(ticket)
            try:
                yield None
            except GeneratorExit:
                ticket.withdrawn = True
                raise
