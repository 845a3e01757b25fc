"""Small things that kernel tests need: a root request, a log with times."""

from __future__ import annotations

from simulator.kernel.environment import Environment
from simulator.kernel.root import Entry, Root
from simulator.outcomes import OK
from simulator.workload.journal import RequestJournal


def make_root(ordinal: int = 0, lane: int = 0, journal: RequestJournal | None = None, name: str = "buy") -> Root:
    """A request that has arrived and been answered, so that it may settle at any time."""
    journal = RequestJournal() if journal is None else journal
    root = Root(Entry(name, 0), lane, ordinal, 0.0, journal)
    journal.active[root] = None
    journal.answered(root, OK, 0.0)
    return root


class Log:
    """What happened, and when."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.lines: list[tuple[float, str]] = []

    def __call__(self, text: object) -> None:
        self.lines.append((self._environment.now, str(text)))

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.lines]
