"""Steps that hold other steps: one of several at random, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from simulator.kernel.ledger import UNTRACKED
from simulator.kernel.ticket import Ticket
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import Branch, Done, Execution
from simulator.services.sequence import expected_of, run_steps

if TYPE_CHECKING:
    from collections.abc import Generator

    from simulator.kernel.ledger import Path
    from simulator.kernel.random import Source
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step


class Choose:
    """Takes one branch by chance. The effects of the branch taken are expected from then on."""

    __slots__ = ("_bounds", "_branches", "_chance", "_expected", "critical", "label", "undoable")

    def __init__(self, label: str, branches: Sequence[tuple[float, Sequence[Step]]], chance: Source) -> None:
        self.label = label
        self.critical = True
        self.undoable = False
        self._bounds = list(accumulate(share for share, _ in branches))
        self._branches = [steps for _, steps in branches]
        self._chance = chance
        self._expected: dict[tuple[Path, int], frozenset[Path]] = {}

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Choose, and run the branch's steps as this operation's own."""
        luck = self._chance.draw(execution.root) * self._bounds[-1]
        taken = next((number for number, bound in enumerate(self._bounds) if luck < bound), len(self._bounds) - 1)
        more = self._expected_once_taken(execution.path, taken)
        if more or (execution.root.ledger is not None and execution.path is not UNTRACKED):
            execution.root.expect((execution.path, self), more, execution.replica.environment._now)
        return (yield from run_steps(self._branches[taken], execution, done))

    def expected(self, path: Path) -> set[Path]:
        """None yet."""
        return set()

    def _expected_once_taken(self, path: Path, taken: int) -> frozenset[Path]:
        key = (path, taken)
        if key not in self._expected:
            found = set() if path is UNTRACKED else expected_of(self._branches[taken], path)
            self._expected[key] = frozenset(found)
        return self._expected[key]

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called: the branch's own steps are undone one by one."""
        raise AssertionError(f"{self.label} cannot be undone as a whole")


class Parallel:
    """Starts all branches together and goes on when `needed` of them have ended ok.

    With ``fail_fast`` it fails as soon as that can no longer happen, and closes the branches that still run; else it
    waits for all of them first. Branches that are not needed any more go on by themselves.
    """

    __slots__ = ("_branches", "_fail_fast", "_needed", "critical", "label", "undoable")

    def __init__(self, label: str, branches: Sequence[Sequence[Step]], needed: int, *, fail_fast: bool) -> None:
        self.label = label
        self.critical = True
        self.undoable = False
        self._branches = branches
        self._needed = needed
        self._fail_fast = fail_fast

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Run the branches, each in a task of its own that shares the request's worker."""
        replica = execution.replica
        if not replica.holds_worker and execution.holding:
            replica.let_go(execution)
        crew = Crew(replica, len(self._branches), self._needed, fail_fast=self._fail_fast)
        execution.crews = (*execution.crews, crew)
        if execution.reads is None:
            execution.reads = {}
        for branch in self._branches:
            crew.start(execution, branch, done)
        if not crew.decided:
            crew.waiter = Ticket(execution.task)
            try:
                yield None
            except GeneratorExit:
                crew.close()
                raise
        if crew.failure is not None:
            crew.close()
            return crew.failure
        return OK

    def expected(self, path: Path) -> set[Path]:
        """All branches' effects where all are needed; of a quorum none in particular."""
        if self._needed < len(self._branches):
            return set()
        return set().union(*(expected_of(branch, path) for branch in self._branches))

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called: the branches' own steps are undone one by one."""
        raise AssertionError(f"{self.label} cannot be undone as a whole")


class Crew:
    """The branches of one execution of a `Parallel` step."""

    def __init__(self, replica: Replica, size: int, needed: int, *, fail_fast: bool) -> None:
        self._replica = replica
        self._left = size
        self._missing = needed
        self._fail_fast = fail_fast
        self._tasks: list[Branch] = []
        self._first_failure: Reply | None = None
        self.failure: Reply | None = None
        self.decided = False
        self.waiter: Ticket | None = None
        self._last: Ticket | None = None

    def start(self, execution: Execution, steps: Sequence[Step], done: list[Done] | None) -> None:
        """Start one branch in a task of its own."""
        branch = Branch(execution.origin, self._replica, execution.since)
        branch.path = execution.path
        branch.reads = execution.reads
        branch.holding = execution.holding
        branch.generator = self._run(branch, steps, done)
        self._replica.environment.launch(branch)
        self._tasks.append(branch)

    def close(self) -> None:
        """End the branches that still run, and what they started in turn."""
        for task in self._tasks:
            for crew in task.crews:
                crew.close()
            self._replica.environment.close(task)
        self._left = 0

    @property
    def going_on(self) -> bool:
        """Whether a branch has not ended, of this one or of an inner one."""
        return self._left > 0 or any(crew.going_on for task in self._tasks for crew in task.crews)

    def wait_for_all(self, execution: Execution) -> Generator[None, None, None]:
        """Wait until every branch has ended, the ones that nobody needed and those of inner crews included."""
        if self._left:
            self._last = Ticket(execution.task)
            yield None
        for task in self._tasks:
            for crew in task.crews:
                yield from crew.wait_for_all(execution)

    def _run(
        self, branch: Execution, steps: Sequence[Step], done: list[Done] | None
    ) -> Generator[float | None, Any, None]:
        self._ended((yield from run_steps(steps, branch, done)))

    def _ended(self, reply: Reply) -> None:
        self._left -= 1
        if self._left == 0 and self._last is not None:
            self._last.grant(self._replica.environment)
        if reply.outcome is Outcome.OK:
            self._missing -= 1
        elif self._first_failure is None:
            self._first_failure = reply
        if self.decided:
            return
        if self._missing <= 0:
            self._decide(None)
        elif self._left < self._missing and (self._fail_fast or self._left == 0):
            self._decide(self._first_failure)

    def _decide(self, failure: Reply | None) -> None:
        self.decided = True
        self.failure = failure
        if self.waiter is not None:
            self.waiter.grant(self._replica.environment)
