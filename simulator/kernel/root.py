"""The root request: what one arrival sets in motion, from the client's first attempt to the last message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from simulator.kernel.ledger import UNTRACKED, Ledger, Path
from simulator.kernel.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.outcomes import Reply

NEVER = float("nan")

Key = tuple[str, str | int]
"""The name of the keys that it is one of, and which of them it is. Keys of different names are never equal."""


class KeyOf(Protocol):
    """Says which key a request has."""

    def of(self, root: Root) -> Key:
        """The request's key."""


class Journal(Protocol):
    """Where requests are written down.

    Attributes:
        answers: how many have been answered.
    """

    answers: int

    def answered(self, root: Root, reply: Reply, now: float) -> None:
        """Called once, when the client has its answer."""

    def settled(self, root: Root) -> None:
        """Called once, when nothing of the request is left anywhere."""


class Entry:
    """One workload entry: what its requests have in common.

    Attributes:
        name: the entry's name; the operation in tables.
        number: its place among the entries in order of name.
        expected: the effects that its requests are expected to leave, before any branch is chosen.
        path: the place of its operation, the root of its tree of steps.
        priority: of its requests wherever priorities count; larger is served first.
        keys: gives its requests their key where their operation names none; None: they have none.
        given: keys that a trace gives its requests, by the keys' name, then by ordinal; None: all are drawn.
    """

    __slots__ = ("expected", "given", "keys", "name", "number", "path", "priority")

    def __init__(self, name: str, number: int, priority: int = 0) -> None:
        self.name = name
        self.number = number
        self.priority = priority
        self.path = Path(None, name)
        self.expected: frozenset[Path] = frozenset()
        self.keys: KeyOf | None = None
        self.given: Mapping[str, Sequence[str | int]] | None = None


class Repetition(NamedTuple):
    """Something was begun once more: at which place of the tree of steps, when (seconds), and why (see `causes`)."""

    path: Path
    time: float
    why: str


class Mishaps:
    """What went wrong on a request's way: counted by request, and rare.

    Attributes:
        retries: attempts after the first. timeouts, rejected: attempts that ended so.
        lost, dead_lettered, out_of_order: its messages. stuck: undos that failed for good, and sagas that did so past
            their pivot; `undos_failed` are the former alone.
        lost_at, dead_at: the places of its lost messages and of its dead letters, as far as effects can be left there.
        given_up: whether a dead letter made what was accepted fail for good.
        failed_steps: steps that had failed for a saga that turned round, and were not undone.
        repetitions: what was begun once more where effects can be left, in order of time.
    """

    __slots__ = (
        "dead_at",
        "dead_lettered",
        "failed_steps",
        "given_up",
        "lost",
        "lost_at",
        "out_of_order",
        "rejected",
        "repetitions",
        "retries",
        "stuck",
        "timeouts",
        "undos_failed",
    )

    def __init__(self) -> None:
        self.dead_at: list[Path] = []
        self.lost_at: list[Path] = []
        self.failed_steps: list[Path] = []
        self.given_up = False
        self.undos_failed = 0
        self.repetitions: list[Repetition] = []
        self.retries = self.timeouts = self.rejected = 0
        self.lost = self.dead_lettered = self.out_of_order = self.stuck = 0

    def lose(self, path: Path | None, copies: int = 1) -> None:
        """Messages for `path` are lost (None: nobody can tell which)."""
        self.lost += copies
        if path is not None and path is not UNTRACKED:
            self.lost_at.append(path)

    def bury(self, path: Path) -> None:
        """A message for `path` has become a dead letter."""
        self.dead_lettered += 1
        if path is not UNTRACKED:
            self.dead_at.append(path)


class Root:
    """One request of the workload.

    Attributes:
        arrived, answered: seconds; `answered` is NaN until the caller has its reply.
        pending: tasks, attempts and messages that still work for it. At 0 it is settled.
        critical_at: when the critical steps of its operation, and of what it handed to queues, were last completed.
        owed: operations that were accepted by a queue and have not completed their critical steps.
        promises: places at which such an operation ended: whether one attempt or more completed it there, or all failed
            for good; None: none ended. Where places are not told apart, False once any failed.
        trouble: its mishaps, if there were any; `mishaps` makes the account when the first one is to be counted.
        versions: what it knows of replicated rows; `known_versions` makes the account when there is something to know.
    """

    __slots__ = (
        "answered",
        "arrived",
        "calls",
        "critical_at",
        "draws",
        "entry",
        "journal",
        "lane",
        "ledger",
        "ordinal",
        "owed",
        "pending",
        "promises",
        "reply",
        "trouble",
        "versions",
    )

    def __init__(self, entry: Entry, lane: int, ordinal: int, arrived: float, journal: Journal) -> None:
        self.entry = entry
        self.lane = lane
        self.ordinal = ordinal
        self.arrived = arrived
        self.pending = 0
        self.draws: dict[object, int] = {}
        self.journal = journal
        self.calls = self.owed = 0
        self.promises: dict[Path, bool] | None = None
        self.answered = self.critical_at = NEVER
        self.trouble: Mishaps | None = None
        self.versions: Versions | None = None
        self.reply: Reply | None = None
        self.ledger: Ledger | None = None

    @property
    def mishaps(self) -> Mishaps:
        """The account of its mishaps."""
        if self.trouble is None:
            self.trouble = Mishaps()
        return self.trouble

    @property
    def known_versions(self) -> Versions:
        """The account of the versions that it knows."""
        if self.versions is None:
            self.versions = Versions()
        return self.versions

    @property
    def broken(self) -> bool:
        """Whether an operation that was accepted by a queue failed for good, and no other attempt completed it."""
        return self.promises is not None and not all(self.promises.values())

    def leave(self) -> None:
        """One task, attempt or message less works for the request."""
        self.pending -= 1
        if self.pending == 0:
            self.journal.settled(self)

    def begin_again(self, path: Path, why: str, now: float) -> None:
        """What is carried out at `path` is carried out once more, for a reason of `simulator.causes`."""
        if path is not UNTRACKED:
            self.mishaps.repetitions.append(Repetition(path, now, why))

    def add_effect(self, path: Path, now: float, remembered_for: float | None, origin: Any = None) -> None:
        """Leave one unit of the effect at `path` (see `Ledger.add`)."""
        if self.ledger is None:
            self.ledger = Ledger(self.entry.expected)
        self.ledger.add(path, now, remembered_for, origin)

    def expect(self, choice: object, more: frozenset[Path], now: float) -> None:
        """Expect more effects, since a branch was taken (see `Ledger.expect`)."""
        if self.ledger is None:
            if not more:
                return
            self.ledger = Ledger(self.entry.expected)
        self.ledger.expect(choice, more, now)

    def begin_undo(self, step: Path) -> None:
        """Ask for an undo of `step` (see `Ledger.begin_undo`)."""
        if self.ledger is None:
            self.ledger = Ledger(self.entry.expected)
        self.ledger.begin_undo(step)

    def fail_undo(self, step: Path, now: float) -> None:
        """An undo of `step` has failed for good (see `Ledger.fail_undo`)."""
        self.mishaps.stuck += 1
        self.mishaps.undos_failed += 1
        if self.ledger is not None:
            self.ledger.fail_undo(step, now)

    def complete_undo(self, step: Path, now: float) -> None:
        """An execution of an undo of `step` has ended ok (see `Ledger.complete_undo`)."""
        if self.ledger is not None:
            self.ledger.complete_undo(step, now)

    def standing(self) -> tuple[str, float]:
        """Where the request stands, and since when.

        Returns:
            ``done``, ``undone`` or ``orphaned``; and when it became so, in seconds: the last change of its effects, or
            else the end of its critical steps, or else its answer. NaN if none of these has happened.
        """
        ledger = self.ledger
        if ledger is None:
            if self.entry.expected:
                return "undone", self.answered
        elif ledger.expected:
            changed = ledger.changed_at
            return ledger.state, self.answered if changed != changed else changed  # noqa: PLR0124 - true for NaN
        completed = self.critical_at
        if completed == completed and not self.owed and not self.broken:  # noqa: PLR0124 - false for NaN
            return "done", completed
        return "undone", self.answered
