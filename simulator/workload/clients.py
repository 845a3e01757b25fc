"""Clients: they ask at their times, wait for their answers, and know nothing of what happens in between.

Open clients ask whatever becomes of the earlier requests; closed users ask, wait, think, and ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from heapq import heappush
from typing import TYPE_CHECKING, Any

from simulator.kernel.root import Entry, Root
from simulator.network.attempt import Request

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task
    from simulator.network.wire import Wire
    from simulator.outcomes import Reply
    from simulator.policies.call import Call
    from simulator.workload.journal import RequestJournal

Ask = Callable[[Root, "Task"], Generator[float | None, Any, "Reply"]]
"""What a client does for one request: a call, or the publishing of a message."""


Serve = Callable[[Root], None]
"""Sees one request through, up to the writing down of its answer."""


class Asking:
    """Asks through the composed calls of the client replicas, in turn."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls

    def __call__(self, root: Root, task: Task) -> Generator[float | None, Any, Reply]:
        """Make the call."""
        call = self.calls[root.ordinal % len(self.calls)]
        return call(Request(root, root.entry.path, task))


def in_a_task(environment: Environment, journal: RequestJournal, ask: Ask) -> Serve:
    """Each request is a task."""

    def serve(root: Root) -> None:
        holder: list[Task] = []
        holder.append(environment.start(_request(environment, journal, root, ask, holder), root))

    return serve


def directly(wires: Sequence[Wire]) -> Serve:
    """Each request is one attempt that nobody times, retries or guards: it needs no task."""
    size = len(wires)
    if size == 1:
        return wires[0].post

    def serve(root: Root) -> None:
        wires[root.ordinal % size].post(root)

    return serve


class OpenClient:
    """Sends one request at each time of `arrivals` before `until` (seconds)."""

    __slots__ = ("_arrivals", "_entry", "_environment", "_journal", "_lane", "_next", "_ordinal", "_serve", "_until")

    def __init__(
        self,
        environment: Environment,
        journal: RequestJournal,
        entry: Entry,
        lane: int,
        serve: Serve,
        arrivals: Iterator[float],
        until: float,
    ) -> None:
        self._environment = environment
        self._journal = journal
        self._entry = entry
        self._lane = lane
        self._serve = serve
        self._arrivals = arrivals
        self._until = until
        self._ordinal = 0
        self._next = self._arrive  # bound once: it is scheduled for every request

    def serve_by(self, serve: Serve) -> None:
        """See requests through in another way from now on."""
        self._serve = serve

    def start(self) -> None:
        """Schedule the first arrival."""
        time = next(self._arrivals, self._until)
        if time < self._until:
            self._environment.at(time, self._arrive, None)

    def _arrive(self, _: None) -> None:
        environment = self._environment
        root = Root(self._entry, self._lane, self._ordinal, environment._now, self._journal)
        self._ordinal += 1
        self._journal.active[root] = None
        self._serve(root)
        time = next(self._arrivals, self._until)
        if time < self._until:
            heappush(environment.entries, (time, environment.place(), self._next, None))


def _request(
    environment: Environment, journal: RequestJournal, root: Root, ask: Ask, holder: list[Task]
) -> Generator[float | None, Any, None]:
    reply = yield from ask(root, holder[0])
    journal.answered(root, reply, environment._now)


MOST_AT_ONCE = 10_000
"""So many requests may one user make without any time passing: beyond that the clock would never move again."""


class Standstill(Exception):
    """A user neither thinks nor waits: its requests are answered in no time, and the run would never end."""


class ClosedClient:
    """A number of users. Each thinks, asks, and waits for the answer, until `until` (seconds)."""

    def __init__(
        self,
        environment: Environment,
        journal: RequestJournal,
        entry: Entry,
        lanes: Sequence[int],
        ask: Ask,
        thinking: Sequence[Callable[[], float]],
        until: float,
    ) -> None:
        self._environment = environment
        self._journal = journal
        self._entry = entry
        self._lanes = lanes
        self._ask = ask
        self._thinking = thinking
        self._until = until

    def ask_by(self, ask: Ask) -> None:
        """Ask in another way from now on."""
        self._ask = ask

    def start(self) -> None:
        """Let every user begin to think."""
        for lane, think in zip(self._lanes, self._thinking, strict=True):
            holder: list[Task] = []
            holder.append(self._environment.start(self._user(lane, think, holder)))

    def _user(self, lane: int, think: Callable[[], float], holder: list[Task]) -> Generator[float | None, Any, None]:
        environment = self._environment
        ordinal = at_once = 0
        before = -1.0
        while True:
            yield think()
            if environment._now >= self._until:
                return
            at_once = at_once + 1 if environment._now == before else 0
            if at_once == MOST_AT_ONCE:
                raise Standstill(self._standstill())
            before = environment._now
            root = Root(self._entry, lane, ordinal, environment._now, self._journal)
            ordinal += 1
            root.pending += 1
            self._journal.active[root] = None
            reply = yield from self._ask(root, holder[0])
            self._journal.answered(root, reply, environment._now)
            root.leave()

    def _standstill(self) -> str:
        """What is wrong, and what would be right."""
        return (
            f"workload {self._entry.name}: a user made {MOST_AT_ONCE} requests at {self._environment._now:g} s without "
            "any time passing (refused by an open breaker, perhaps): give it time to think, or the link a latency"
        )
