"""The effect ledger: which changes of state a request has left behind, and where it stands because of them.

Every execution that leaves an effect adds one unit under the path of steps that led to it. The path is the same for
each retry, hedge and redelivery, so a second unit is a duplicate: a card charged twice. An undo takes one unit back.
A request is *mixed* while some of its expected effects are in place and some are not (language reference, section 2).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

FOR_EVER: Final = float("inf")
NEVER: Final = float("nan")


class Path:
    """A step at one place of the tree of executions that a workload entry can cause. Interned: compared by identity.

    Attributes:
        number: of the place among its parent's, in the order in which they were first come to.
        undoes: the place whose effects an execution here takes back; None for all but undos.
    """

    __slots__ = ("_children", "name", "number", "parent", "undoes")

    def __init__(self, parent: Path | None, name: str) -> None:
        self.parent = parent
        self.name = name
        self.number = 0 if parent is None else len(parent._children)
        self.undoes: Path | None = None
        self._children: dict[object, Path] = {}

    def child(self, step: object, label: str = "") -> Path:
        """The place of `step` (any hashable token of its owner) under this one."""
        child = self._children.get(step)
        if child is None:
            child = self._children[step] = Path(self, label or str(step))
        return child

    def undo_place(self, label: str = "") -> Path:
        """The place of this step's undo; `label` is what it is called from then on."""
        place = self.child("undo")
        place.undoes = self
        if label:
            place.name = label
        return place

    def lies_under(self, other: Path) -> bool:
        """Whether this place is `other` or below it."""
        place: Path | None = self
        while place is not None:
            if place is other:
                return True
            place = place.parent
        return False

    def belongs_to(self, step: Path) -> bool:
        """Whether an undo of `step` takes back what is left here: it is at or below it, and not an undo's own doing."""
        place: Path | None = self
        while place is not None:
            if place is step:
                return True
            if place.undoes is not None:
                return False
            place = place.parent
        return False

    @property
    def order(self) -> tuple[str, tuple[int, ...]]:
        """What places are put in order by: their names, and those of the same name as they were first come to."""
        numbers = []
        place: Path | None = self
        while place is not None:
            numbers.append(place.number)
            place = place.parent
        return repr(self), tuple(reversed(numbers))

    def __repr__(self) -> str:
        return self.name if self.parent is None else f"{self.parent!r} / {self.name}"


class _Untracked(Path):
    """A place that is its own child, so that nothing is ever written below it."""

    __slots__ = ()

    def child(self, step: object, label: str = "") -> Path:
        return self

    def undo_place(self, label: str = "") -> Path:
        return self


UNTRACKED: Final = _Untracked(Path(None, ""), "untracked")
"""Stands for every place below which no effect can be left: such places are not told apart."""


class Left(NamedTuple):
    """One unit of an effect: when it was left (seconds), and what the execution that left it worked for."""

    time: float
    origin: Any


class Undos:
    """The undos of one step.

    Attributes:
        asked: how many were asked for. due: how many of these have not completed.
        failed_at: when one last failed for good, in seconds; done_at: when one last completed. NaN: none did.
    """

    __slots__ = ("asked", "done_at", "due", "failed_at")

    def __init__(self) -> None:
        self.asked = self.due = 0
        self.failed_at = self.done_at = NEVER


class Ledger:
    """The effects of one request.

    Attributes:
        state: ``done`` (all expected effects in place), ``undone`` (none) or ``orphaned`` (some: mixed).
        units: how many units of each effect are in place.
        mixed_time: seconds spent with some expected effects in place and some not, up to `changed_at`.
        changed_at: when the state (done, undone, mixed) last changed, in seconds; NaN before the first change.
        added, recognised, taken_back: units left, repetitions that changed nothing, units that undos have taken back.
        left: the first unit of each effect since there was none; `more`: the units after it, None if there never were.
        undos: those that were asked for, by step.
        taken: when an undo last took back a unit, by effect (seconds). known: the effects of which a repetition was
            recognised, and when the last one was. None: there are none.
    """

    __slots__ = (
        "_always",
        "_choices",
        "_contested",
        "_expected",
        "_last",
        "_present",
        "added",
        "changed_at",
        "known",
        "left",
        "mixed_time",
        "more",
        "recognised",
        "state",
        "taken",
        "taken_back",
        "undos",
        "units",
    )

    def __init__(self, expected: frozenset[Path]) -> None:
        self.units: dict[Path, int] = {}
        self.added = self.recognised = self.taken_back = 0
        self.left: dict[Path, Left] = {}
        self.more: dict[Path, list[Left]] | None = None
        self.mixed_time = 0.0
        self.changed_at = float("nan")
        self._always = self._expected = expected
        self._choices: dict[object, list[frozenset[Path]]] | None = None
        self._contested = False
        self._present = 0
        self.state = "undone"
        self.undos: dict[Path, Undos] = {}
        self.taken: dict[Path, float] | None = None
        self.known: dict[Path, float] | None = None
        self._last: dict[Path, float] = {}

    def expect(self, choice: object, more: frozenset[Path], now: float) -> None:
        """Expect further effects, since a branch was taken.

        Args:
            choice: which choice that was: the step, and the place of its execution. A repetition may choose otherwise.
                Then the branches are expected of which something is in place, or of none the newest.
            more: the effects of the branch.
            now: seconds.
        """
        if self._choices is None:
            self._choices = {}
        taken = self._choices.setdefault(choice, [])
        if more in taken:
            taken.remove(more)
        taken.append(more)
        self._contested = self._contested or len(taken) > 1
        self._expected |= more
        self._count_anew()
        self._moved(now)

    def _count_anew(self) -> None:
        """Find out what is expected, and how much of it is there."""
        if self._contested and self._choices is not None:
            self._expected = self._always
            for taken in self._choices.values():
                there = [branch for branch in taken if any(self.units.get(path) for path in branch)]
                self._expected = self._expected.union(*(there or taken[-1:]))
        self._present = sum(1 for path in self._expected if self.units.get(path))

    def add(self, path: Path, now: float, remembered_for: float | None, origin: Any = None) -> None:
        """Leave one unit of the effect at `path`.

        Args:
            path: the execution's place.
            now: seconds.
            remembered_for: seconds in which a repetition is recognised and changes nothing; None: it never is.
            origin: what the execution works for (an attempt, a message in hand); None: nobody can tell.
        """
        count = self.units.get(path, 0)
        if remembered_for is not None:
            known = count > 0 and now - self._last[path] <= remembered_for
            if known:
                self.recognised += 1
                self.known = self.known or {}
                self.known[path] = now
                return
            self._last[path] = now
        self.units[path] = count + 1
        self.added += 1
        if count:
            self._add_one_more(path, Left(now, origin))
            return
        self.left[path] = Left(now, origin)
        if self._contested:
            self._count_anew()
            self._moved(now)
        elif path in self._expected:
            self._present += 1
            self._moved(now)

    def _add_one_more(self, path: Path, unit: Left) -> None:
        if self.more is None:
            self.more = {}
        self.more.setdefault(path, []).append(unit)

    def begin_undo(self, step: Path) -> None:
        """An undo of `step` is asked for: one of its executions that complete will take effects back."""
        undos = self.undos.setdefault(step, Undos())
        undos.asked += 1
        undos.due += 1

    def fail_undo(self, step: Path, now: float) -> None:
        """Whoever asked for an undo of `step` has given up (it may have worked, or work yet, all the same)."""
        self.undos.setdefault(step, Undos()).failed_at = now

    def complete_undo(self, step: Path, now: float) -> None:
        """An execution of the undo has ended ok, whether or not anybody still waits.

        Repetitions of one undo (retries, redeliveries) take back nothing more.
        """
        undos = self.undos.get(step)
        if undos is not None and undos.due:
            undos.due -= 1
            undos.done_at = now
            self.undo(step, now)

    def undo(self, step: Path, now: float) -> None:
        """Take back one unit of each effect at or under `step`; what is not there yet stays untouched, and so does what
        undos themselves leave (a refund is an effect that can be there twice)."""
        taken = self.taken or {}
        for path, count in self.units.items():
            if count > 0 and path.belongs_to(step):
                self.units[path] = count - 1
                self.taken_back += 1
                taken[path] = now
                if count == 1:
                    if self.more is not None:
                        self.more.pop(path, None)
                    if path in self._expected:
                        self._present -= 1
        self.taken = taken
        if self._contested:
            self._count_anew()
        self._moved(now)

    def _moved(self, now: float) -> None:
        before, after = self.state, self._standing()
        if before == after:
            return
        if before == "orphaned":
            self.mixed_time += now - self.changed_at
        self.state = after
        self.changed_at = now

    def _standing(self) -> str:
        if self._present == len(self._expected):
            return "done" if self._expected else "undone"
        return "orphaned" if self._present else "undone"

    @property
    def expected(self) -> int:
        """Number of effects expected."""
        return len(self._expected)

    @property
    def duplicates(self) -> int:
        """Units above one, over all effects."""
        if self.more is None:
            return 0
        return sum(count - 1 for count in self.units.values() if count > 1)

    @property
    def twice(self) -> list[tuple[Path, list[Left]]]:
        """The effects in place more than once, and their units above one, in the order in which they were left."""
        more = self.more or {}
        return [(path, units[: self.units[path] - 1]) for path, units in more.items() if self.units[path] > 1]

    @property
    def in_place(self) -> list[Path]:
        """The expected effects that are in place, in order of name."""
        return sorted((path for path in self._expected if self.units.get(path)), key=lambda path: path.order)

    @property
    def missing(self) -> list[Path]:
        """The expected effects that are not in place, in order of name."""
        return sorted((path for path in self._expected if not self.units.get(path)), key=lambda path: path.order)

    def forget_origins(self) -> None:
        """Nothing more will be left: let go of whatever left the effects."""
        self.left.clear()
        if self.more is not None:
            self.more = {path: [Left(unit.time, None) for unit in units] for path, units in self.more.items()}
