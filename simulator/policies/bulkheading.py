"""Puts a bulkhead round a call: asks for a permit, waits for it if it may, gives it back whatever happens.

A permit is held from admission until the caller goes on. A caller that gives up (its timeout inside, a deadline
outside) gives the permit back at once, even while the callee goes on working: what the libraries' semaphores do, and
their thread pools where a timeout interrupts the thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kernel.ticket import Ticket
from simulator.network.attempt import NO_DEADLINE
from simulator.outcomes import Outcome, Reply
from simulator.policies.bulkhead import Bulkhead, Entry

if TYPE_CHECKING:
    from collections.abc import Generator

    from simulator.kernel.deadlines import DeadlineTable
    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Request
    from simulator.policies.call import Call, Calling, Policy
    from simulator.policies.choosing import Choose


class Turn(Ticket):
    """A place in a bulkhead's queue, which may expire (see `kernel.deadlines`)."""

    __slots__ = ("_bulkhead", "_environment", "expires", "waiting")

    def __init__(self, request: Request, environment: Environment, bulkhead: Bulkhead[Turn]) -> None:
        super().__init__(request.task)
        self._environment = environment
        self._bulkhead = bulkhead
        self.expires = NO_DEADLINE
        self.waiting = True

    def grant(self, environment: Environment) -> None:
        """Hand the permit over; from now on the place cannot expire."""
        self.waiting = False
        super().grant(environment)

    def expire(self) -> None:
        """The wait was too long: the task goes on without a permit."""
        self.waiting = False
        self._bulkhead.abandon(self)
        self._environment.wake(self.task, self.epoch, None)

    def give_up(self) -> None:
        """The task was closed: the place goes, and so does a permit that was handed over and not yet taken."""
        self.waiting = False
        if self.granted:
            give_back(self._bulkhead, self._environment)
        elif not self.withdrawn:
            self._bulkhead.abandon(self)


def give_back(bulkhead: Bulkhead[Turn], environment: Environment) -> None:
    """Give a permit back, and let the next waiter have it."""
    turn = bulkhead.leave(environment._now)
    if turn is not None:
        turn.grant(environment)


class Waiting:
    """How calls wait at the bulkheads of one edge: for at most `max_wait` seconds (None: without limit)."""

    __slots__ = ("_deadlines", "_environment", "_longest", "_out_of_time", "_refusal")

    def __init__(
        self, environment: Environment, deadlines: DeadlineTable, max_wait: float | None, refusal: Reply
    ) -> None:
        self._environment = environment
        self._deadlines = None if max_wait is None else deadlines.of(max_wait)
        self._longest = NO_DEADLINE if max_wait is None else max_wait
        self._refusal = refusal
        self._out_of_time = Reply(Outcome.TIMEOUT, "", refusal.by)

    def wait(self, request: Request, bulkhead: Bulkhead[Turn]) -> Generator[float | None, None, Reply | None]:
        """Wait for a permit: None once it is in hand, or the reply of a call that got none.

        A wait that would outlast the deadline handed down to the caller ends with that deadline, as a timeout.
        """
        environment = self._environment
        turn = Turn(request, environment, bulkhead)
        bulkhead.join(turn)
        deadline = request.deadline
        in_time = environment._now + self._longest < deadline
        if not in_time and deadline < NO_DEADLINE:
            environment.at(max(deadline, environment._now), _expire, turn)
        elif self._deadlines is not None:
            self._deadlines.add(turn)
        try:
            yield None
        except GeneratorExit:
            turn.give_up()
            raise
        if turn.granted:
            return None
        return self._refusal if in_time else self._out_of_time


def bulkheading(
    environment: Environment,
    deadlines: DeadlineTable,
    choose: Choose[Bulkhead[Turn]],
    max_wait: float | None,
    name: str,
) -> Policy:
    """A bulkhead on the edge `name`; `choose` gives the one that a request meets.

    `max_wait`: seconds that a call waits for a permit if the bulkhead offers it a place; None: without limit.
    """
    refusal = Reply(Outcome.REJECTED, "bulkhead_full", name)
    waiting = Waiting(environment, deadlines, max_wait, refusal)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            bulkhead = choose(request)
            entry = bulkhead.enter(environment._now)
            if entry is not Entry.IN:
                reply = refusal if entry is Entry.FULL else (yield from waiting.wait(request, bulkhead))
                if reply is not None:
                    request.root.mishaps.rejected += reply is refusal
                    return reply
            try:
                return (yield from inner(request))
            finally:
                give_back(bulkhead, environment)

        return call

    return policy


def _expire(turn: Turn) -> None:
    if turn.waiting:
        turn.expire()
