"""State of a service that its requests share: rows that they read and write, stock that they take and give.

A service's replicas share it, as processes share a database, so a crash leaves it as it is. Every step on it takes no
time of its own: what the database needs is written as `work` or `pause` round it.

A **row** is optimistic: `write` fails if anybody has written the row since this execution's own last look at it
(a compare-and-set on a version, as in `UPDATE … WHERE version = …`; Kung and Robinson, On optimistic methods for
concurrency control, ACM TODS 6, 1981). A **stock** has a number of units. Each unit that is out belongs to the request
and the place of the step that took it, as effects do, so that an undo gives back what its own request took and nothing
else. In stock and out are always `quantity` together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.causes import CONFLICT
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import Done
from simulator.services.sequence import expected_of, run_steps

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.services.execution import Execution
    from simulator.services.sequence import Running, Step


class Row:
    """One row. `version` counts the writes so far."""

    __slots__ = ("version",)

    def __init__(self) -> None:
        self.version = 0

    def write(self, seen: int | None) -> bool:
        """Write, unless it was written since version `seen` (None: whatever there is); whether it was done."""
        if seen is not None and seen != self.version:
            return False
        self.version += 1
        return True


@dataclass(slots=True)
class _Taken:
    """Units that one step of one request has out: how many, and when it took the last one (seconds)."""

    units: int
    last: float


class Stock:
    """A finite stock.

    Args:
        quantity: units at the start.

    Attributes:
        left: units in stock.
    """

    __slots__ = ("_out", "left", "quantity")

    def __init__(self, quantity: int) -> None:
        self.quantity = quantity
        self.left = quantity
        self._out: dict[tuple[int, int], dict[Path, _Taken]] = {}

    def take(self, root: Root, place: Path, now: float, remembered_for: float | None) -> bool:
        """Take a unit for the step at `place`; False if none is left.

        A repetition within `remembered_for` seconds is recognised and takes nothing more; None: it never is.
        """
        mine = self._out.get(_name(root))
        known = None if mine is None else mine.get(place)
        if known is not None and remembered_for is not None and now - known.last <= remembered_for:
            return True
        if self.left == 0:
            return False
        self.left -= 1
        if known is not None:
            known.units += 1
            known.last = now
        else:
            self._out.setdefault(_name(root), {})[place] = _Taken(1, now)
        return True

    def give(self, root: Root) -> None:
        """Give a unit back: the last one that the request has out, or else the one that has been out longest.

        Where none is out nothing is given: a stock never holds more than it began with.
        """
        name = _name(root)
        if name not in self._out:
            if not self._out:
                return
            name = next(iter(self._out))
            self._give(name, next(iter(self._out[name])))
        else:
            self._give(name, next(reversed(self._out[name])))

    def give_back(self, root: Root, step: Path) -> None:
        """Undo: one unit of each place at or under `step` that the request has out; others are left alone."""
        name = _name(root)
        for place in [place for place in self._out.get(name, ()) if place.lies_under(step)]:
            self._give(name, place)

    def _give(self, name: tuple[int, int], place: Path) -> None:
        mine = self._out[name]
        mine[place].units -= 1
        if mine[place].units == 0:
            del mine[place]
            if not mine:
                del self._out[name]
        self.left += 1

    @property
    def out(self) -> int:
        """Units that somebody has."""
        return sum(taken.units for mine in self._out.values() for taken in mine.values())


def _name(root: Root) -> tuple[int, int]:
    return root.lane, root.ordinal


class StateStep:
    """What steps on state have in common: they are critical, take no time and leave no effect of their own."""

    __slots__ = ("critical", "label", "undoable")

    def __init__(self, label: str) -> None:
        self.label = label
        self.critical = True
        self.undoable = False

    def undo(self, execution: Execution, path: Path) -> Running:
        """Never called."""
        raise AssertionError(f"{self.label} cannot be undone")

    def expected(self, path: Path) -> set[Path]:
        """None."""
        return set()


class Read(StateStep):
    """Looks at a row: the execution, its parallel branches included, remembers which version it saw."""

    __slots__ = ("_row",)

    def __init__(self, label: str, row: Row) -> None:
        super().__init__(label)
        self._row = row

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Read."""
        yield from ()
        if execution.reads is None:
            execution.reads = {}
        execution.reads[self._row] = self._row.version
        return OK


class ConditionalWrite(StateStep):
    """Writes something, unless that ends with `conflict`, a client error."""

    __slots__ = ("conflict",)

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.conflict = Reply(Outcome.CLIENT_ERROR, "", label)

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Write."""
        raise NotImplementedError


class Write(ConditionalWrite):
    """Writes a row; there is a conflict if it was written since the execution's own read."""

    __slots__ = ("_row",)

    def __init__(self, label: str, row: Row) -> None:
        super().__init__(label)
        self._row = row

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Write; what the execution has written itself is no conflict later."""
        yield from ()
        row, reads = self._row, execution.reads
        seen = None if reads is None else reads.get(row)
        if not row.write(seen):
            return self.conflict
        if reads is not None and seen is not None:
            reads[row] = row.version
        return OK


class UntilWritten(StateStep):
    """The steps from a read to its write, over and over until the write meets no conflict (`conflict: retry`).

    It ends at the latest when the execution's deadline is over: no step is begun after it.
    """

    __slots__ = ("_steps", "_write")

    def __init__(self, label: str, steps: Sequence[Step], write: ConditionalWrite) -> None:
        super().__init__(label)
        self._steps = (*steps, write)
        self._write = write

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Run the steps; again after every conflict."""
        while True:
            reply = yield from run_steps(self._steps, execution, done)
            if reply is not self._write.conflict:
                return reply
            execution.root.begin_again(execution.path, CONFLICT, execution.replica.environment._now)

    def expected(self, path: Path) -> set[Path]:
        """The effects of its steps."""
        return expected_of(self._steps, path)


class Take(StateStep):
    """Takes a unit of stock; a client error where none is left. A saga that turns round gives it back, at once."""

    __slots__ = ("_remembered_for", "_sold_out", "_stock")

    def __init__(self, label: str, stock: Stock, remembered_for: float | None) -> None:
        super().__init__(label)
        self.undoable = True
        self._stock = stock
        self._remembered_for = remembered_for
        self._sold_out = Reply(Outcome.CLIENT_ERROR, "", label)

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Take."""
        yield from ()
        place = execution.path.child(self, self.label)
        now = execution.replica.environment._now
        if not self._stock.take(execution.root, place, now, self._remembered_for):
            return self._sold_out
        if done is not None:
            done.append(Done(self, place, OK))
        return OK

    def undo(self, execution: Execution, path: Path) -> Running:
        """Give back what this step took."""
        yield from ()
        self._stock.give_back(execution.root, path)
        return OK


class Give(StateStep):
    """Gives a unit of stock back; always ok. Within an undo it gives back what the undone step took, if anything."""

    __slots__ = ("_stock",)

    def __init__(self, label: str, stock: Stock) -> None:
        super().__init__(label)
        self._stock = stock

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Give."""
        yield from ()
        undone = _undone_by(execution.path)
        if undone is None:
            self._stock.give(execution.root)
        else:
            self._stock.give_back(execution.root, undone)
        return OK


def _undone_by(place: Path | None) -> Path | None:
    """The step that an execution at `place` is part of the undo of; None if it is part of none."""
    while place is not None:
        if place.undoes is not None:
            return place.undoes
        place = place.parent
    return None
