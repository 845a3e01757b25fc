"""What the handlers of one event of a choreographed saga have done, and when all of it is known."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from simulator.kernel.ticket import Ticket
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task
    from simulator.kernel.ledger import Path
    from simulator.services.execution import Done, Execution


class Handlings:
    """What the handlers of one event have done within a step of the operation's own service, over all deliveries.

    A `parallel` or `choose` that fails may have completed some of its calls. What was done at several deliveries is one
    step to be undone, as for whoever reads it in an event. Branches that a `parallel` no longer needs go on after
    their handler has answered: who undoes the step waits for them.

    Attributes:
        going_on: how many handlers have such branches.
    """

    def __init__(self, environment: Environment) -> None:
        self.going_on = 0
        self._environment = environment
        self._under_way: dict[Execution, list[Done]] = {}
        self._known: dict[Path, Done] = {}
        self._waiting: list[Ticket] = []

    def begin(self, execution: Execution) -> list[Done]:
        """Where one handler writes down what it completes."""
        return self._under_way.setdefault(execution, [])

    def end(self, execution: Execution) -> bool:
        """A handler has ended: what it has done is known from now on. Whether branches of it go on."""
        self._learn(self._under_way[execution])
        if any(crew.going_on for crew in execution.crews):
            self.going_on += 1
            return True
        del self._under_way[execution]
        return False

    def go_on(self, execution: Execution) -> Generator[None, None, None]:
        """Wait for the branches that go on after their handler has ended, or until a crash ends them."""
        try:
            for crew in execution.crews:
                yield from crew.wait_for_all(execution)
        finally:
            self._learn(self._under_way.pop(execution))
            self.going_on -= 1
            waiting, self._waiting = self._waiting, []
            for ticket in waiting:
                ticket.grant(self._environment)

    def _learn(self, ended: list[Done]) -> None:
        for done in ended:
            known = self._known.get(done.path)
            if known is None or known.reply.outcome is not Outcome.OK:
                self._known.pop(done.path, None)
                self._known[done.path] = done
        ended.clear()

    def wait_for_all(self, task: Task) -> Generator[None, None, None]:
        """Wait, in a task, until nothing goes on."""
        while self.going_on:
            self._waiting.append(Ticket(task))
            yield None

    def done(self) -> tuple[Done, ...]:
        """All that is known, in the order in which it ended."""
        return tuple(self._known.values())
