"""Holds attempts back until the client's own rate lets them go, in order of arrival."""

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
    from simulator.policies.call import Call, Calling, Policy
    from simulator.policies.choosing import Choose
    from simulator.policies.client_rate import ClientRate


class Gate:
    """A queue in front of one client rate; one timer wakes its head."""

    __slots__ = ("_armed", "_environment", "_waiting", "rate")

    def __init__(self, environment: Environment, rate: ClientRate) -> None:
        self._environment = environment
        self._waiting: deque[Ticket] = deque()
        self._armed = False
        self.rate = rate

    def reset(self, now: float) -> None:
        """The rate begins anew; whoever waited was closed by the crash."""
        self.rate.reset(now)

    def enter(self, task: Task) -> Ticket | None:
        """Take a token if there is one (None); else a ticket in the queue, whose task is woken with a token in hand."""
        if not self._waiting and self.rate.take(self._environment._now):
            return None
        ticket = Ticket(task)
        self._waiting.append(ticket)
        self._arm()
        return ticket

    def abandon(self, ticket: Ticket) -> None:
        """The ticket's task waits no longer; if it had just been handed a token, the next one gets it."""
        ticket.withdrawn = True
        if ticket.granted:
            self.rate.give_back()
            self._let_through()

    def answered(self, *, throttled: bool) -> None:
        """An attempt has ended: the rate may be another, and the head of the queue may go."""
        self.rate.answered(self._environment._now, throttled=throttled)
        self._let_through()

    def _let_through(self) -> None:
        waiting = self._waiting
        while waiting and (waiting[0].withdrawn or self.rate.take(self._environment._now)):
            ticket = waiting.popleft()
            if not ticket.withdrawn:
                ticket.grant(self._environment)
        if waiting:
            self._arm()

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            now = self._environment._now
            self._environment.at(now + self.rate.missing(now), self._due, None)

    def _due(self, _: None) -> None:
        self._armed = False
        self._let_through()


def pacing(environment: Environment, choose: Choose[Gate], throttles: Callable[[Reply], bool], name: str) -> Policy:
    """Each attempt on the edge `name` goes through the gate that `choose` gives; `throttles` says which replies slow
    the client down.

    A wait that would outlast the deadline handed down to the caller ends with that deadline, as a timeout.
    """
    out_of_time = Reply(Outcome.TIMEOUT, "", name)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            gate = choose(request)
            if not (yield from in_turn(environment, gate, request)):
                return out_of_time
            reply = yield from inner(request)
            gate.answered(throttled=throttles(reply))
            return reply

        return call

    return policy
