"""Clients: they ask at their times, wait for their answers, and know nothing of what happens in between.

Open clients ask whatever becomes of the earlier requests; closed users ask, wait, think, and ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from simulator.kernel.root import Entry, Root
from simulator.network.attempt import Request

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task
    from simulator.outcomes import Reply
    from simulator.policies.call import Call
    from simulator.workload.journal import RequestJournal

Ask = Callable[[Root, "Task"], Generator[float | None, Any, "Reply"]]
"""What a client does for one request: a call, or the publishing of a message."""


def asking(calls: Sequence[Call]) -> Ask:
    """Ask through the composed calls of the client replicas in turn."""
    size = len(calls)

    def ask(root: Root, task: Task) -> Generator[float | None, Any, Reply]:
        call = calls[root.ordinal % size]
        return call(Request(root, root.entry.path, task))

    return ask


class OpenClient:
    """Sends one request at each time of `arrivals` before `until` (seconds)."""

    def __init__(  # noqa: PLR0913 - the parts of a client
        self,
        environment: Environment,
        journal: RequestJournal,
        entry: Entry,
        lane: int,
        ask: Ask,
        arrivals: Iterator[float],
        until: float,
    ) -> None:
        self._environment = environment
        self._journal = journal
        self._entry = entry
        self._lane = lane
        self._ask = ask
        self._arrivals = arrivals
        self._until = until
        self._ordinal = 0

    def start(self) -> None:
        """Schedule the first arrival."""
        self._schedule()

    def _schedule(self) -> None:
        time = next(self._arrivals, None)
        if time is not None and time < self._until:
            self._environment.at(time, self._arrive, None)

    def _arrive(self, _: None) -> None:
        environment = self._environment
        root = Root(self._entry, self._lane, self._ordinal, environment._now, self._journal)
        self._ordinal += 1
        self._journal.arrived(root)
        serve(environment, self._journal, root, self._ask)
        self._schedule()


def serve(environment: Environment, journal: RequestJournal, root: Root, ask: Ask) -> None:
    """Start the task that asks for `root` and writes down its answer."""
    holder: list[Task] = []
    holder.append(environment.start(_request(environment, journal, root, ask, holder), root))


def _request(
    environment: Environment, journal: RequestJournal, root: Root, ask: Ask, holder: list[Task]
) -> Generator[float | None, Any, None]:
    reply = yield from ask(root, holder[0])
    journal.answered(root, reply, environment._now)


class ClosedClient:
    """A number of users. Each thinks, asks, and waits for the answer, until `until` (seconds)."""

    def __init__(  # noqa: PLR0913 - the parts of a client
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

    def start(self) -> None:
        """Let every user begin to think."""
        for lane, think in zip(self._lanes, self._thinking, strict=True):
            holder: list[Task] = []
            holder.append(self._environment.start(self._user(lane, think, holder)))

    def _user(self, lane: int, think: Callable[[], float], holder: list[Task]) -> Generator[float | None, Any, None]:
        environment = self._environment
        ordinal = 0
        while True:
            yield think()
            if environment._now >= self._until:
                return
            root = Root(self._entry, lane, ordinal, environment._now, self._journal)
            ordinal += 1
            root.pending += 1
            self._journal.arrived(root)
            reply = yield from self._ask(root, holder[0])
            self._journal.answered(root, reply, environment._now)
            root.leave()
