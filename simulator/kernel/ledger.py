"""The effect ledger: which changes of state a request has left behind, and where it stands because of them.

Every execution that leaves an effect adds one unit under the path of steps that led to it. The path is the same for
each retry, hedge and redelivery, so a second unit is a duplicate: a card charged twice. An undo takes one unit back.
A request is *mixed* while some of its expected effects are in place and some are not (language reference, section 2).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

FOR_EVER: Final = float("inf")


class Path:
    """A step at one place of the tree of executions that a workload entry can cause. Interned: compared by identity.

    Attributes:
        undoes: the place whose effects an execution here takes back; None for all but undos.
    """

    __slots__ = ("_children", "name", "parent", "undoes")

    def __init__(self, parent: Path | None, name: str) -> None:
        self.parent = parent
        self.name = name
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


class Ledger:
    """The effects of one request.

    Attributes:
        state: ``done`` (all expected effects in place), ``undone`` (none) or ``orphaned`` (some: mixed).
        units: how many units of each effect are in place.
        mixed_time: seconds spent with some expected effects in place and some not, up to `changed_at`.
        changed_at: when the state (done, undone, mixed) last changed, in seconds; NaN before the first change.
        added, recognised, taken_back: units left, repetitions that changed nothing, units that undos have taken back.
        left: the first unit of each effect since there was none; `more`: the units after it, None if there never were.
    """

    __slots__ = (
        "_expected",
        "_last",
        "_present",
        "_undos_due",
        "added",
        "changed_at",
        "left",
        "mixed_time",
        "more",
        "recognised",
        "state",
        "taken_back",
        "units",
    )

    def __init__(self, expected: frozenset[Path]) -> None:
        self.units: dict[Path, int] = {}
        self.added = self.recognised = self.taken_back = 0
        self.left: dict[Path, Left] = {}
        self.more: dict[Path, list[Left]] | None = None
        self.mixed_time = 0.0
        self.changed_at = float("nan")
        self._expected = expected
        self._present = 0
        self.state = "undone"
        self._undos_due: dict[Path, int] = {}
        self._last: dict[Path, float] = {}

    def expect(self, more: frozenset[Path], now: float) -> None:
        """Add effects that are expected since a branch was taken."""
        self._expected |= more
        self._present = sum(1 for path in self._expected if self.units.get(path))
        self._moved(now)

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
                return
            self._last[path] = now
        self.units[path] = count + 1
        self.added += 1
        if count:
            self._add_one_more(path, Left(now, origin))
            return
        self.left[path] = Left(now, origin)
        if path in self._expected:
            self._present += 1
            self._moved(now)

    def _add_one_more(self, path: Path, unit: Left) -> None:
        if self.more is None:
            self.more = {}
        self.more.setdefault(path, []).append(unit)

    def begin_undo(self, step: Path) -> None:
        """An undo of `step` is asked for: one of its executions that complete will take effects back."""
        self._undos_due[step] = self._undos_due.get(step, 0) + 1

    def complete_undo(self, step: Path, now: float) -> None:
        """An execution of the undo has ended ok, whether or not anybody still waits.

        Repetitions of one undo (retries, redeliveries) take back nothing more.
        """
        due = self._undos_due.get(step, 0)
        if due:
            self._undos_due[step] = due - 1
            self.undo(step, now)

    def undo(self, step: Path, now: float) -> None:
        """Take back one unit of each effect at or under `step`; what is not there yet stays untouched."""
        for path, count in self.units.items():
            if count > 0 and path.lies_under(step):
                self.units[path] = count - 1
                self.taken_back += 1
                if count == 1:
                    if self.more is not None:
                        self.more.pop(path, None)
                    if path in self._expected:
                        self._present -= 1
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
        return sorted((path for path in self._expected if self.units.get(path)), key=repr)

    @property
    def missing(self) -> list[Path]:
        """The expected effects that are not in place, in order of name."""
        return sorted((path for path in self._expected if not self.units.get(path)), key=repr)

    @property
    def undos(self) -> list[tuple[Path, int]]:
        """The steps that undos were asked for, and how many of these have not completed."""
        return list(self._undos_due.items())

    def forget_origins(self) -> None:
        """Nothing more will be left: let go of whatever left the effects."""
        self.left.clear()
        if self.more is not None:
            self.more = {path: [Left(unit.time, None) for unit in units] for path, units in self.more.items()}
