"""Puts a breaker round a call: asks for a permit, makes the call, gives the permit back whatever happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.kernel.ticket import Ticket
from simulator.outcomes import Outcome, Reply
from simulator.policies.turns import in_turn

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task
    from simulator.network.attempt import Request
    from simulator.policies.breaker import Breaker
    from simulator.policies.call import Call, Calling, Policy


def breaking(environment: Environment, choose: Callable[[Request], Breaker], name: str) -> Policy:
    """A breaker on the edge `name`; `choose` gives the one that a request meets (one, or one per called replica)."""
    refusal = Reply(Outcome.REJECTED, "breaker_open", name)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            breaker = choose(request)
            began = environment._now
            permit = breaker.admit(began)
            if permit is None:
                request.root.mishaps.rejected += 1
                return refusal
            try:
                reply = yield from inner(request)
            except GeneratorExit:
                breaker.release(permit)
                raise
            now = environment._now
            breaker.record(permit, reply.outcome, now, now - began)
            return reply

        return call

    return policy


class Mutex:
    """Lets one task at a time through, in order of arrival: the Go code's lock, held while the call runs."""

    __slots__ = ("_environment", "_waiting", "held")

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.held = False
        self._waiting: deque[Ticket] = deque()

    def enter(self, task: Task) -> Ticket | None:
        """Take the lock if it is free (None); else a ticket in the queue, whose task is woken with the lock in hand."""
        if not self.held:
            self.held = True
            return None
        ticket = Ticket(task)
        self._waiting.append(ticket)
        return ticket

    def leave(self) -> None:
        """Hand the lock to the next ticket that has not been given up."""
        while self._waiting:
            ticket = self._waiting.popleft()
            if not ticket.withdrawn:
                ticket.grant(self._environment)
                return
        self.held = False

    def abandon(self, ticket: Ticket) -> None:
        """The ticket's task waits no longer; if it had just been handed the lock, the next one gets it."""
        ticket.withdrawn = True
        if ticket.granted:
            self.leave()


def serialised(environment: Environment, choose: Callable[[Request], Mutex], name: str) -> Policy:
    """One call at a time through the mutex that `choose` gives, on the edge `name`; the wait is part of the call.

    A wait that would outlast the deadline handed down to the caller ends with that deadline, as a timeout.
    """
    out_of_time = Reply(Outcome.TIMEOUT, "", name)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            mutex = choose(request)
            if not (yield from in_turn(environment, mutex, request)):
                return out_of_time
            try:
                return (yield from inner(request))
            finally:
                mutex.leave()

        return call

    return policy
