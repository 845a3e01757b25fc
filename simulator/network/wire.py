"""The innermost call: one attempt on one edge, from picking a replica to the reply or the caller's timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from simulator.network.attempt import NO_DEADLINE, Attempt
from simulator.outcomes import OK, Outcome

if TYPE_CHECKING:
    from collections.abc import Generator

    from simulator.kernel.deadlines import DeadlineTable
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.root import Root
    from simulator.network.attempt import Exit, Request, Target
    from simulator.network.tally import CallTally
    from simulator.outcomes import Reply


class Balancer(Protocol):
    """Chooses a replica for each attempt of one caller.

    Attributes:
        remembers: whether it wants to know when an attempt has ended.
    """

    remembers: bool

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

    def __init__(
        self,
        environment: Environment,
        link: Exit,
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
        target = request.target
        if target is not None:
            request.target = None  # chosen for this attempt only; from now on the wire tells the balancer
        else:
            target = balancer.pick(root)
            if target is None:
                self._tally.count(Outcome.UNREACHABLE, 0.0)
                return self._link.unreachable
        now: float = environment._now
        attempt = Attempt(request, self._link, target, now)
        root.calls += 1
        self._link.send(attempt, target)
        if attempt.waiting:
            if self._deadlines is not None and request.deadline == NO_DEADLINE:
                self._deadlines.add(attempt)
            else:
                self._be_patient(attempt)
        try:
            reply = yield None
        except GeneratorExit:
            if attempt.waiting:
                attempt.give_up()
            raise
        finally:
            if balancer.remembers:
                balancer.finished(target)
        tally = self._tally
        tally.seconds += environment._now - now
        if reply is OK:
            tally.ok += 1
        else:
            self._failed(root, reply.outcome)
        return reply

    @property
    def patient(self) -> bool:
        """Whether attempts are waited for for ever."""
        return self._timeout is None

    def post(self, root: Root) -> None:
        """Make one attempt at the root request's own operation, without a task; the journal is told of the reply."""
        target = self._balancer.pick(root)
        if target is None:
            self._tally.count(Outcome.UNREACHABLE, 0.0)
            root.journal.answered(root, self._link.unreachable, self._environment._now)
            root.journal.settled(root)
            return
        root.calls += 1
        self._link.send(_Posted(root, self._link, target, self._environment._now, self), target)

    def _failed(self, root: Root, outcome: Outcome) -> None:
        self._tally.failed[outcome] += 1
        if outcome is Outcome.TIMEOUT:
            root.mishaps.timeouts += 1
        elif outcome is Outcome.REJECTED:
            root.mishaps.rejected += 1

    def _be_patient(self, attempt: Attempt) -> None:
        """Let an attempt expire when its own patience or the deadline handed down is over, if ever."""
        patience = NO_DEADLINE if self._timeout is None else self._timeout.draw(attempt.root)
        time = min(attempt.sent + patience, attempt.deadline)
        if time < NO_DEADLINE:
            attempt.expires = time
            self._environment.at(max(time, self._environment._now), _expire, attempt)


class _Posted(Attempt):
    """An attempt whose caller is no task."""

    __slots__ = ("wire",)

    def __init__(self, root: Root, link: Any, target: Target, sent: float, wire: Wire) -> None:
        self.root = root
        self.path = root.entry.path
        self.deadline = NO_DEADLINE
        self.link = link
        self.program = link.program
        self.replica = target
        self.sent = sent
        self.given_up = self.withdrawn = False
        self.reply = None
        self.execution = None
        self.wire = wire

    def lose(self) -> None:
        """It is silence, and its caller waits for ever: the request stays unfinished."""

    def receive(self, reply: Reply) -> None:
        """The reply has come: it is the client's answer."""
        root = self.root
        wire = self.wire
        now: float = wire._environment._now
        self.link.answered += 1
        if wire._balancer.remembers:
            wire._balancer.finished(self.replica)
        tally = wire._tally
        tally.seconds += now - self.sent
        if reply is OK:
            tally.ok += 1
        else:
            wire._failed(root, reply.outcome)
        # What `answered` and `leave` do, without their calls: this is every request of an open client.
        journal = root.journal
        journal.answers += 1
        root.answered = now
        root.reply = reply
        root.pending -= 1
        if root.pending == 0:
            journal.settled(root)


def _expire(attempt: Attempt) -> None:
    if attempt.waiting:
        attempt.expire()
