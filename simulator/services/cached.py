"""The step `cached`: look up, and carry the steps out only where nothing is found.

What the steps brought is stored if they ended ok at this service: an answer that came after its caller's timeout is
none. With single flight, misses of one key at one replica wait for the first of them and share its reply, its failure
too, as Go's `singleflight` has it (golang.org/x/sync/singleflight); if that one is stopped, the next one fetches. A
stale answer is given at once while one chore per key fetches a new one on a worker of its own (RFC 5861, section 3).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from simulator.causes import REFRESH
from simulator.kernel.ledger import UNTRACKED
from simulator.kernel.ticket import Ticket
from simulator.network.attempt import NO_DEADLINE
from simulator.outcomes import OK
from simulator.services.caching import Cache, CacheTally, Found, Terms
from simulator.services.chore import Chore
from simulator.services.sequence import EXPIRED, expected_of, run_steps

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from simulator.kernel.environment import Environment
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Key, KeyOf
    from simulator.outcomes import Reply
    from simulator.services.execution import Done, Execution
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step

NOTHING: frozenset[Path] = frozenset()


class Flight:
    """One fetch of one key under way, and who waits for it.

    Attributes:
        reply: how it ended; None as long as it has not.
    """

    __slots__ = ("_waiters", "reply")

    def __init__(self) -> None:
        self._waiters: deque[Ticket] = deque()
        self.reply: Reply | None = None

    def join(self, execution: Execution) -> Ticket:
        """Wait for it."""
        ticket = Ticket(execution.task)
        self._waiters.append(ticket)
        return ticket

    def land(self, reply: Reply, environment: Environment) -> None:
        """It has ended: all who wait go on with its reply."""
        self.reply = reply
        for ticket in self._waiters:
            if not ticket.withdrawn:
                ticket.grant(environment)

    def hand_on(self, environment: Environment) -> bool:
        """Who fetched was stopped: whoever has waited longest fetches. False if nobody waits."""
        while self._waiters:
            ticket = self._waiters.popleft()
            if not ticket.withdrawn:
                ticket.grant(environment)
                return True
        return False


class LocalCache:
    """A cache at one replica.

    Attributes:
        cache: what it holds. flights: fetches that others wait for, by key. refreshing: keys that a chore fetches anew.
    """

    __slots__ = ("cache", "flights", "refreshing")

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.flights: dict[Key, Flight] = {}
        self.refreshing: dict[Key, None] = {}

    def reset(self, now: float) -> None:
        """The replica has crashed."""
        self.cache.flush()
        self.flights.clear()
        self.refreshing.clear()


class NamedCache:
    """The caches of one name at the replicas of one service.

    Attributes:
        at: each replica's own. tally: what is counted at all of them.
        seen: what each replica's answers were made of, where somebody keeps that (see `services.cached_reads`).
    """

    def __init__(self, replicas: Sequence[Replica], terms: Terms) -> None:
        self.tally = CacheTally()
        self.seen: dict[Replica, dict[Key, Any]] = {replica: {} for replica in replicas}
        self.at = {replica: LocalCache(Cache(terms, self.tally)) for replica in replicas}
        for replica, local in self.at.items():
            replica.when_crashed.append(local.reset)

    def lose(self) -> None:
        """A fault empties them all; nothing is stored until it is over."""
        for local in self.at.values():
            local.cache.flush()
            local.cache.away += 1

    def come_back(self) -> None:
        """The fault is over."""
        for local in self.at.values():
            local.cache.away -= 1

    def flights(self) -> int:
        """Fetches under way that others may wait for."""
        return sum(len(local.flights) for local in self.at.values())


class Cached:
    """Answers from the cache, or carries the steps out and stores what they brought.

    Args:
        hit: the work of a hit; None: it takes no time. single_flight: whether misses of one key share one fetch.
    """

    __slots__ = ("_at", "_expected", "_hit", "_keys", "_single_flight", "_steps", "critical", "label", "undoable")

    def __init__(
        self,
        label: str,
        cache: NamedCache,
        keys: KeyOf,
        steps: Sequence[Step],
        hit: Step | None,
        *,
        single_flight: bool,
    ) -> None:
        self.label = label
        self.critical = True
        self.undoable = False
        self._at = cache.at
        self._keys = keys
        self._steps = steps
        self._hit = hit
        self._single_flight = single_flight
        self._expected: dict[Path, frozenset[Path]] = {}

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Look up; on a miss run the steps as this operation's own."""
        local = self._at[execution.replica]
        key = self._keys.of(execution.root)
        found = local.cache.look_up(key, execution.replica.environment._now)
        if found:
            if execution.root.ledger is not None and execution.path is not UNTRACKED:  # it may have missed before
                execution.root.expect((execution.path, self), NOTHING, execution.replica.environment._now)
            if found is Found.STALE and key not in local.refreshing:
                self._refresh(execution, local, key)
            if self._hit is not None:
                return (yield from self._hit.run(execution, None))
            return OK
        self._expect(execution)
        if not self._single_flight:
            return (yield from self._fetch(execution, local, key, done))
        flight = local.flights.get(key)
        if flight is None:
            flight = local.flights[key] = Flight()
            return (yield from self._lead(execution, local, key, flight, done))
        return (yield from self._follow(execution, local, key, flight, done))

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called: the steps that were carried out are undone one by one."""
        raise AssertionError(f"{self.label} cannot be undone as a whole")

    def expected(self, path: Path) -> set[Path]:
        """None yet: a hit leaves nothing."""
        return set()

    def _expect(self, execution: Execution) -> None:
        path = execution.path
        if path is UNTRACKED:
            return
        more = self._expected.get(path)
        if more is None:
            more = self._expected[path] = frozenset(expected_of(self._steps, path))
        if more:
            execution.root.expect((path, self), more, execution.replica.environment._now)

    def _fetch(self, execution: Execution, local: LocalCache, key: Key, done: list[Done] | None) -> Running:
        reply = yield from run_steps(self._steps, execution, done)
        if reply is OK:
            local.cache.store(key, execution.replica.environment._now)
        return reply

    def _lead(
        self, execution: Execution, local: LocalCache, key: Key, flight: Flight, done: list[Done] | None
    ) -> Running:
        """Fetch while others may wait for it."""
        try:
            reply = yield from self._fetch(execution, local, key, done)
        except GeneratorExit:
            _hand_on(execution, local, key, flight)
            raise
        del local.flights[key]
        flight.land(reply, execution.replica.environment)
        return reply

    def _follow(
        self, execution: Execution, local: LocalCache, key: Key, flight: Flight, done: list[Done] | None
    ) -> Running:
        """Wait for what somebody else fetches, at the latest until the deadline handed down is over."""
        replica = execution.replica
        if execution.holding and not replica.holds_worker:
            replica.let_go(execution)
        ticket = flight.join(execution)
        if execution.deadline < NO_DEADLINE:
            ticket.withdraw_at(execution.deadline, replica.environment)
        try:
            yield None
        except GeneratorExit:
            ticket.withdrawn = True
            if ticket.granted and flight.reply is None:
                _hand_on(execution, local, key, flight)
            raise
        if not ticket.granted:
            return EXPIRED
        if flight.reply is not None:
            return flight.reply
        return (yield from self._lead(execution, local, key, flight, done))

    def _refresh(self, execution: Execution, local: LocalCache, key: Key) -> None:
        """Fetch anew in the background. Its effects were promised to nobody: they are left, and not expected."""
        local.refreshing[key] = None
        execution.root.begin_again(execution.path, REFRESH, execution.replica.environment._now)

        def program(refresh: Execution) -> Generator[float | None, Any, None]:
            try:
                if not self._single_flight:
                    yield from self._fetch(refresh, local, key, None)
                elif key not in local.flights:
                    flight = local.flights[key] = Flight()
                    yield from self._lead(refresh, local, key, flight, None)
            finally:
                local.refreshing.pop(key, None)
            refresh.answer(OK)

        execution.replica.accept(Chore(execution.root, execution.path, program))


def _hand_on(execution: Execution, local: LocalCache, key: Key, flight: Flight) -> None:
    if not flight.hand_on(execution.replica.environment):
        del local.flights[key]
