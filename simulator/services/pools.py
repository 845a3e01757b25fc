"""Pools: permits that executions of one replica share (connections, threads of their own), and the step that holds one.

A pool is first come, first served: a permit passes straight from who leaves to who is next. It does not matter to it
who has the worker: with ``holds_worker: true`` an execution waits for its permit with the worker in hand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.kernel.ticket import Ticket
from simulator.network.attempt import NO_DEADLINE
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.sequence import EXPIRED, expected_of, run_steps

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.services.execution import Done, Execution
    from simulator.services.sequence import Running, Step


class PoolTally:
    """What is counted of one pool over all replicas of its service.

    Attributes:
        out: sum behind the integral of permits that are out (see `services.workers`); `out_now` are out.
        queue: the same for who waits; `queued_now` wait, `queued_max` waited at most since `take_max`.
        granted: permits granted; `waited` is the sum of the times that these took to get, in seconds.
        refused: who got none: at once, or after the longest wait. left: who stopped waiting for other reasons.
    """

    __slots__ = ("granted", "left", "out", "out_now", "queue", "queued_max", "queued_now", "refused", "waited")

    def __init__(self) -> None:
        self.out = self.queue = self.waited = 0.0
        self.out_now = self.queued_now = self.queued_max = 0
        self.granted = self.refused = self.left = 0

    def out_seconds(self, now: float) -> float:
        """Permit-seconds held up to now."""
        return self.out + now * self.out_now

    def queue_seconds(self, now: float) -> float:
        """Seconds waited up to now, by everybody."""
        return self.queue + now * self.queued_now

    def take_max(self) -> int:
        """The longest queue since the last call."""
        longest, self.queued_max = self.queued_max, self.queued_now
        return longest

    def taken(self, waited: float, now: float) -> None:
        """A permit that was free, or was handed over after `waited` seconds, is in somebody's hands."""
        self.granted += 1
        self.waited += waited
        self.out -= now
        self.out_now += 1

    def returned(self, now: float) -> None:
        """A permit has come back."""
        self.out += now
        self.out_now -= 1

    def queues(self, change: int, now: float) -> None:
        """One more waits, or one less."""
        self.queue -= change * now
        self.queued_now += change
        self.queued_max = max(self.queued_max, self.queued_now)


class Place(Ticket):
    """A place in a pool's queue. since: from when on, in seconds."""

    __slots__ = ("since",)

    def __init__(self, execution: Execution, since: float) -> None:
        super().__init__(execution.task)
        self.since = since


class Pool:
    """The permits of one replica. Pure: told the time.

    A permit is free or in one hand, and while one is free nobody waits.

    Args:
        size: how many permits there are.

    Attributes:
        out: permits in somebody's hands.
    """

    __slots__ = ("_line", "_size", "_tally", "out")

    def __init__(self, size: int, tally: PoolTally) -> None:
        self._size = size
        self._tally = tally
        self._line: deque[Place] = deque()
        self.out = 0

    def take(self, now: float) -> bool:
        """Take a permit if one is free."""
        if self.out >= self._size:
            return False
        self.out += 1
        self._tally.taken(0.0, now)
        return True

    def join(self, place: Place, now: float) -> None:
        """Wait."""
        self._line.append(place)
        self._tally.queues(1, now)

    def leave(self, place: Place, now: float) -> None:
        """Wait no longer; nothing was granted."""
        place.withdrawn = True
        self._tally.queues(-1, now)
        while self._line and self._line[0].withdrawn:  # so that the line never holds more than who came after its head
            self._line.popleft()

    def give_back(self, now: float) -> Place | None:
        """Give a permit back: it passes to the place that is returned; None: nobody waits and it is free."""
        self._tally.returned(now)
        while self._line:
            place = self._line.popleft()
            if not place.withdrawn:
                self._tally.queues(-1, now)
                self._tally.taken(now - place.since, now)
                return place
        self.out -= 1
        return None

    def refuse(self) -> None:
        """Count somebody who got no permit in time."""
        self._tally.refused += 1

    def lose(self) -> None:
        """Count somebody who stopped waiting because its deadline was over, or because it was closed."""
        self._tally.left += 1


class With:
    """Holds a permit of a pool while its steps run. Without one it fails: rejected (pool_exhausted).

    Args:
        pool: the pool's number among the service's. max_wait: seconds that it waits for a permit.
        refusal: what it ends with if it gets none in that time.
    """

    __slots__ = ("_max_wait", "_pool", "_refusal", "_steps", "critical", "label", "undoable")

    def __init__(self, label: str, pool: int, max_wait: float, steps: Sequence[Step], refusal: Reply) -> None:
        self.label = label
        self.critical = True
        self.undoable = False
        self._pool = pool
        self._max_wait = max_wait
        self._steps = steps
        self._refusal = refusal

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Get a permit, run the steps as the operation's own, give it back whatever happens."""
        replica = execution.replica
        environment = replica.environment
        pool = replica.pools[self._pool]
        if not pool.take(environment._now):
            refusal = yield from self._wait(execution, pool)
            if refusal is not OK:
                return refusal
        try:
            return (yield from run_steps(self._steps, execution, done))
        finally:
            _pass_on(pool, execution)

    def _wait(self, execution: Execution, pool: Pool) -> Running:
        """Wait for a permit; ok once it is in hand. An execution's deadline ends the wait, as a timeout."""
        if self._max_wait <= 0:
            pool.refuse()
            return self._refusal
        replica = execution.replica
        environment = replica.environment
        if execution.holding and not replica.holds_worker:
            replica.let_go(execution)
        place = Place(execution, environment._now)
        pool.join(place, environment._now)
        longest = environment._now + self._max_wait
        in_time = longest < execution.deadline
        if (end := min(longest, execution.deadline)) < NO_DEADLINE:
            place.withdraw_at(end, environment)
        try:
            yield None
        except GeneratorExit:
            if place.granted:
                _pass_on(pool, execution)
            else:
                pool.leave(place, environment._now)
                pool.lose()
            raise
        if place.granted:
            return OK
        pool.leave(place, environment._now)
        (pool.refuse if in_time else pool.lose)()
        if replica.paused.value:
            yield from replica.paused.wait(execution)
        return self._refusal if in_time else EXPIRED

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called: its own steps are undone one by one."""
        raise AssertionError(f"{self.label} cannot be undone as a whole")

    def expected(self, path: Path) -> set[Path]:
        """The effects of its steps."""
        return expected_of(self._steps, path)


def _pass_on(pool: Pool, execution: Execution) -> None:
    environment = execution.replica.environment
    place = pool.give_back(environment._now)
    if place is not None:
        place.grant(environment)


def refusal(service: str, pool: str) -> Reply:
    """What a step ends with that gets no permit."""
    return Reply(Outcome.REJECTED, "pool_exhausted", f"{service}/{pool}")
