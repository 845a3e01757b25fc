"""The innermost call: one attempt on one edge, from picking a replica to the reply or the caller's timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.network.attempt import NO_DEADLINE, Attempt
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Generator

    from simulator.kernel.deadlines import DeadlineTable
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.root import Root
    from simulator.network.attempt import Request, Target
    from simulator.network.link import Link
    from simulator.network.tally import CallTally
    from simulator.outcomes import Reply


class Balancer(Protocol):
    """Chooses a replica for each attempt of one caller."""

    def pick(self, root: Root) -> Target | None:
        """The replica to send to; None if none is listed."""

    def finished(self, target: Target) -> None:
        """An attempt at `target` has ended for the caller."""


class Wire:
    """One caller replica's way to one operation, without any policy but the attempt's own timeout.

    Args:
        timeout: seconds that an attempt is waited for, by request; None: for ever.
        constant_timeout: the same where it is no law, so that deadlines come in order; else None.
    """

    __slots__ = ("_balancer", "_deadlines", "_environment", "_link", "_tally", "_timeout")

    def __init__(  # noqa: PLR0913 - the parts of a wire
        self,
        environment: Environment,
        link: Link,
        balancer: Balancer,
        tally: CallTally,
        timeout: Draws | None,
        constant_timeout: float | None,
        deadlines: DeadlineTable,
    ) -> None:
        self._environment = environment
        self._link = link
        self._balancer = balancer
        self._tally = tally
        self._timeout = timeout
        self._deadlines = None if constant_timeout is None else deadlines.of(constant_timeout)

    def __call__(self, request: Request) -> Generator[None, Reply, Reply]:
        """Make one attempt."""
        root = request.root
        environment = self._environment
        balancer = self._balancer
        target = request.target if request.target is not None else balancer.pick(root)
        if target is None:
            self._tally.count(Outcome.UNREACHABLE, 0.0)
            return self._link.unreachable
        now: float = environment._now
        attempt = Attempt(request, self._link, target, now)
        root.calls += 1
        self._link.send(attempt, target)
        if attempt.waiting:
            if request.deadline == NO_DEADLINE:
                if self._deadlines is not None:
                    self._deadlines.add(attempt)
                elif self._timeout is not None:
                    self._expire_at(attempt, now + self._timeout.draw(root))
            else:
                patience = NO_DEADLINE if self._timeout is None else self._timeout.draw(root)
                self._expire_at(attempt, min(now + patience, request.deadline))
        try:
            reply = yield None
        except GeneratorExit:
            if attempt.waiting:
                attempt.give_up()
            raise
        finally:
            balancer.finished(target)
        self._tally.count(reply.outcome, environment._now - now)
        if reply.outcome is Outcome.TIMEOUT:
            root.timeouts += 1
        elif reply.outcome is Outcome.REJECTED:
            root.rejected += 1
        return reply

    def _expire_at(self, attempt: Attempt, time: float) -> None:
        attempt.expires = time
        self._environment.at(max(time, self._environment._now), _expire, attempt)


def _expire(attempt: Attempt) -> None:
    if attempt.waiting:
        attempt.expire()
