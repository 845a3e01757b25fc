"""A replica that protects itself: it sheds load by its queue, or keeps within an adaptive limit, or both.

The rules are pure; they take the time and know no clock. Only requests are shed: messages stay with their broker, and
who comes back to the queue in mid-request is never refused.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from simulator.kernel.ticket import Ticket
from simulator.outcomes import Outcome, Reply
from simulator.services.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Attempt
    from simulator.services.equipment import Equipment
    from simulator.services.execution import Execution
    from simulator.services.leaf import Served
    from simulator.services.workers import WorkTally


class Shedder:
    """A rule that sheds nothing: the common ground of those that do."""

    __slots__ = ()

    def refuses(self, waiting: int, workers: float) -> bool:
        """Whether to refuse a request that arrives while all workers are occupied and `waiting` requests wait."""
        return False

    def drops(self, waited: float, behind: int, now: float) -> bool:
        """Whether to refuse a request that comes to a worker after `waited` seconds, with `behind` waiting after it."""
        return False

    def served(self, seconds: float) -> None:
        """A request has occupied a worker for so long."""


class QueueLength(Shedder):
    """Refuses what finds so many waiting."""

    __slots__ = ("_longest",)

    def __init__(self, longest: int) -> None:
        self._longest = longest

    def refuses(self, waiting: int, workers: float) -> bool:
        """Whether the queue is as long as it may be."""
        return waiting >= self._longest


class ExpectedWait(Shedder):
    """Refuses what would wait too long at the pace of late."""

    __slots__ = ("_longest", "_mean", "_weight")

    def __init__(self, longest: float, weight: float) -> None:
        self._longest = longest
        self._weight = weight
        self._mean: float | None = None

    def refuses(self, waiting: int, workers: float) -> bool:
        """Whether as many requests as there are before it, and one, are more than the workers do in time."""
        return self._mean is not None and (waiting + 1) * self._mean > self._longest * workers

    def served(self, seconds: float) -> None:
        """Take the time into the mean."""
        mean = self._mean
        self._mean = seconds if mean is None else mean + self._weight * (seconds - mean)


class Codel(Shedder):
    """Controlled delay (K. Nichols, V. Jacobson, RFC 8289): drops while the least wait of an interval is too long.

    The n-th drop of a bad period is followed by the next after ``interval / sqrt(n)`` seconds. A bad period that
    begins soon after the last one goes on where that stopped.
    """

    __slots__ = ("_bad_from", "_before", "_count", "_dropping", "_interval", "_next", "_target")

    def __init__(self, target: float, interval: float) -> None:
        self._target = target
        self._interval = interval
        self._bad_from: float | None = None
        self._dropping = False
        self._count = 0
        self._before = 0
        self._next = 0.0

    def drops(self, waited: float, behind: int, now: float) -> bool:
        """Whether the queue has been bad for long enough, and the next drop is due."""
        bad = self._bad(waited, behind, now)
        if not self._dropping:
            if bad:
                self._begin(now)
            return bad
        if not bad:
            self._dropping = False
            return False
        if now < self._next:
            return False
        self._count += 1
        self._next += self._interval / sqrt(self._count)
        return True

    def _bad(self, waited: float, behind: int, now: float) -> bool:
        """Whether every wait of the last interval has been too long."""
        if waited < self._target or not behind:
            self._bad_from = None
            return False
        if self._bad_from is None:
            self._bad_from = now + self._interval
            return False
        return now >= self._bad_from

    def _begin(self, now: float) -> None:
        self._dropping = True
        drops = self._count - self._before
        soon = drops > 1 and now - self._next < 16 * self._interval
        self._count = drops if soon else 1
        self._before = self._count
        self._next = now + self._interval / sqrt(self._count)


class Limiter(Protocol):
    """An adaptive limit on what a replica has in hand (see `policies.adaptive_limit`)."""

    def admit(self, now: float) -> Any:
        """A permit, or None."""

    def record(self, permit: Any, dropped: bool, now: float) -> None:
        """An admitted request has ended."""

    def release(self, permit: Any) -> None:
        """An admitted request has ended and says nothing about the load."""

    def reset(self, now: float) -> None:
        """Begin anew."""


class Unlimited:
    """No limit."""

    def admit(self, now: float) -> Any:
        """Always."""
        return True

    def record(self, permit: Any, dropped: bool, now: float) -> None:
        """Nothing is learnt."""

    def release(self, permit: Any) -> None:
        """Nothing is counted."""

    def reset(self, now: float) -> None:
        """Nothing is forgotten."""


class Admission(NamedTuple):
    """A request that was let in, when (seconds), and under which permit."""

    since: float
    permit: Any


class GuardedReplica(Replica):
    """A replica that refuses some requests (shed). Whatever was let in is known to it until it has ended.

    Attributes:
        limiter: what limits the requests that it has in hand, waiting or in service.
    """

    __slots__ = ("_admitted", "_make_shedder", "_shed", "_shedder", "limiter")

    def __init__(
        self,
        environment: Environment,
        service: str,
        index: int,
        equipment: Equipment,
        tally: WorkTally,
        *,
        shedder: Callable[[], Shedder] = Shedder,
        limiter: Limiter | None = None,
    ) -> None:
        super().__init__(environment, service, index, equipment, tally)
        self._make_shedder = shedder
        self._shedder = shedder()
        self.limiter: Limiter = Unlimited() if limiter is None else limiter
        self._admitted: dict[Any, Admission] = {}
        self._shed = Reply(Outcome.REJECTED, "shed", self.name)
        self.when_crashed.append(self._forget_all)

    @property
    def admitted(self) -> int:
        """Requests that were let in and have not ended."""
        return len(self._admitted)

    def arrive(self, attempt: Attempt) -> None:
        """Serve a request, queue it or refuse it."""
        if attempt.withdrawn or not self.up:
            super().arrive(attempt)
            return
        now: float = self.environment._now
        must_wait = bool(self.queued) or self.busy >= self.workers or bool(self.paused.value)
        if must_wait and self._shedder.refuses(self.queued, self.workers):
            self._refuse(attempt)
            return
        permit = self.limiter.admit(now)
        if permit is None:
            self._refuse(attempt)
            return
        self._admitted[attempt] = Admission(now, permit)
        if not must_wait:
            self._shedder.drops(0.0, 0, now)
        super().arrive(attempt)
        if attempt.execution is None:  # its queue was full, or it was void: it is over
            self._release(attempt)

    def withdraw(self, attempt: Attempt) -> None:
        """The caller has given up."""
        super().withdraw(attempt)
        if attempt.execution is None:
            self._release(attempt)

    def stop(self, origin: Any) -> None:
        """Stop what is done for `origin`; how long it took says nothing."""
        self._release(origin)
        super().stop(origin)

    def ended(self, execution: Execution) -> None:
        """An execution is over."""
        admission = self._admitted.pop(execution.origin, None)
        if admission is not None:
            self.limiter.record(admission.permit, False, self.environment._now)
        super().ended(execution)
        if admission is not None:
            self._shedder.served(execution.held)

    def left(self, origin: Served) -> None:
        """A leaf has served `origin`, or was stopped."""
        admission = self._admitted.pop(origin, None)
        if admission is not None:
            now: float = self.environment._now
            self.limiter.record(admission.permit, False, now)
            self._shedder.served(now - origin.since)
        super().left(origin)

    def _next_request(self) -> Any:
        """The next request that is not dropped on its way to the worker."""
        while (item := super()._next_request()) is not None:
            admission = None if type(item) is Ticket else self._admitted.get(item)
            now: float = self.environment._now
            if admission is None or not self._shedder.drops(now - admission.since, self.queued, now):
                return item
            self._release(item)
            item.execution = None
            self._refuse(item)
        return None

    def _discard(self, attempt: Attempt) -> None:
        """It is void: its deadline was over before a worker took it up."""
        admission = self._admitted.pop(attempt, None)
        if admission is not None:
            self.limiter.record(admission.permit, True, self.environment._now)
        super()._discard(attempt)

    def _refuse(self, attempt: Attempt) -> None:
        self.tally.refused += 1
        attempt.answer(self._shed)

    def _release(self, origin: Any) -> None:
        admission = self._admitted.pop(origin, None)
        if admission is not None:
            self.limiter.release(admission.permit)

    def _forget_all(self, now: float) -> None:
        self._admitted.clear()
        self.limiter.reset(now)
        self._shedder = self._make_shedder()
