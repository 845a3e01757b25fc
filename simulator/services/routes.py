"""A gateway's routes: a path finds the route with the longest matching prefix, and a branch behind it by share.

With ``match: any`` on a matching route, one of all matching routes is taken at random, as the brief's first gateway
does: it ranges over a Go map, whose order is random. A path that no route matches is answered 404: a client error.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from simulator.kernel.ledger import UNTRACKED
from simulator.outcomes import Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.ledger import Path
    from simulator.kernel.random import Source
    from simulator.services.execution import Done, Execution
    from simulator.services.sequence import Running
    from simulator.services.steps import Call

NO_ROUTE = Reply(Outcome.CLIENT_ERROR, "no_route", "404")


class BranchTally:
    """What went through one branch of a route: when it was asked, how long it took (seconds), how it ended."""

    __slots__ = ("began", "outcomes", "seconds")

    def __init__(self) -> None:
        self.began = array("d")
        self.seconds = array("d")
        self.outcomes = array("b")


class Branch:
    """One version behind a route."""

    __slots__ = ("_expected", "call", "name", "share", "tally")

    def __init__(self, name: str, share: float, call: Call, tally: BranchTally) -> None:
        self.name = name
        self.share = share
        self.call = call
        self.tally = tally
        self._expected: dict[Path, frozenset[Path]] = {}

    def expected(self, path: Path) -> frozenset[Path]:
        """The effects expected once it is taken by an execution at `path`."""
        if path not in self._expected:
            self._expected[path] = frozenset(self.call.expected(path))
        return self._expected[path]


class Routing:
    """The step that a gateway takes for one path.

    Args:
        routes: the branches of each route that matches the path, the longest prefix first.
        luck: what takes a request to one of the branches of each of them.
        any_match: whether one of them is taken at random, instead of the first.
    """

    __slots__ = ("_any", "_chance", "_luck", "_routes", "critical", "label", "undoable")

    def __init__(
        self, routes: Sequence[Sequence[Branch]], luck: Sequence[Draws], chance: Source, *, any_match: bool
    ) -> None:
        self.label = "route"
        self.critical = True
        self.undoable = False
        self._routes = routes
        self._luck = luck
        self._any = any_match
        self._chance = chance

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Find the way and call."""
        if not self._routes:
            return NO_ROUTE
        number = self._pick(execution, len(self._routes)) if self._any else 0
        branch = self._branch(self._routes[number], self._luck[number], execution)
        now: float = execution.replica.environment._now
        more = branch.expected(execution.path)
        if more or (execution.root.ledger is not None and execution.path is not UNTRACKED):
            execution.root.expect((execution.path, self), more, now)
        reply: Reply = yield from branch.call.run(execution, done)
        branch.tally.began.append(now)
        branch.tally.seconds.append(execution.replica.environment._now - now)
        branch.tally.outcomes.append(reply.outcome)
        return reply

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called."""
        raise AssertionError("a route cannot be undone")

    def expected(self, path: Path) -> set[Path]:
        """None yet."""
        return set()

    def _pick(self, execution: Execution, size: int) -> int:
        return int(self._chance.draw(execution.root) * size)

    def _branch(self, branches: Sequence[Branch], draws: Draws, execution: Execution) -> Branch:
        if len(branches) == 1:
            return branches[0]
        bounds = list(accumulate(branch.share for branch in branches))
        luck = draws.draw(execution.root) * bounds[-1]
        return next((branch for branch, bound in zip(branches, bounds, strict=True) if luck < bound), branches[-1])
