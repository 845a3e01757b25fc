"""Where requests are written down: one row each, in columns, once nothing of them is left, or at the run's end."""

from __future__ import annotations

from array import array
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.outcomes import OK
from simulator.workload.effect_book import EffectBook

if TYPE_CHECKING:
    from simulator.kernel.root import Mishaps, Root
    from simulator.outcomes import Reply

STATES: tuple[str, ...] = ("done", "undone", "orphaned", "unfinished")
"""What a request can be at the end; the numbers in the column ``state`` count from 0."""

_NUMPY = {"b": "i1", "h": "i2", "i": "i4", "q": "i8", "d": "f8"}
_COMMON: tuple[tuple[str, str], ...] = (
    ("entry", "i"),
    ("lane", "q"),
    ("ordinal", "q"),
    ("arrived", "d"),
    ("answered", "d"),
    ("outcome", "b"),
    ("reason", "h"),
    ("state", "b"),
    ("settled_at", "d"),
    ("calls", "i"),
)
_EFFECTS = (("mixed_time", "d"), ("effects", "i"), ("duplicates", "i"))
_MISHAPS = tuple(
    (name, "i") for name in ("retries", "timeouts", "rejected", "lost", "dead_lettered", "out_of_order", "stuck")
)

ROW = np.dtype([(name, f"<{_NUMPY[code]}") for name, code in (*_COMMON, *_EFFECTS, *_MISHAPS)])
"""One request's row, 90 bytes. ``outcome`` is -1 without an answer; times are in seconds; ``mixed_time`` is infinite
for a request that is mixed at the end."""


def _fields(fields: tuple[tuple[str, str], ...]) -> Struct:
    return Struct("<" + "".join(code for _, code in fields))


COMMON, EFFECTS, MISHAPS = _fields(_COMMON), _fields(_EFFECTS), _fields(_MISHAPS)
WRITE_COMMON = COMMON.pack_into
SIZE = ROW.itemsize
ROWS = 4096
BLOCK = ROWS * SIZE
"""Bytes that are made ready at once. They are zeros, which is what most requests have to say of effects and mishaps."""

NO_ANSWER = -1
FOR_EVER = float("inf")
UNFINISHED = STATES.index("unfinished")
_NUMBERS = {state: number for number, state in enumerate(STATES)}


class RequestJournal:
    """The rows of all requests of one run.

    Attributes:
        active: requests that have arrived and are not settled, in order of arrival: clients put them in.
        answers: how many there were. settled_requests: how many were settled. settled_unanswered: must stay 0.
        reasons: texts behind the column ``reason``.
        book: what became of effects, and what went wrong with them.

    How stale their reads were is kept beside the rows, and only of requests that have read something replicated.
    """

    def __init__(self) -> None:
        self.active: dict[Root, None] = {}
        self.answers = 0
        self.settled_requests = 0
        self.settled_unanswered = 0
        self.reasons: list[str] = [""]
        self.book = EffectBook()
        self._reason_numbers: dict[str, int] = {"": 0}
        self._full: list[bytearray] = []
        self._block = bytearray(BLOCK)
        self._end = 0
        self._readers = array("q")
        self._staleness = array("d")

    def answered(self, root: Root, reply: Reply, now: float) -> None:
        """The client has its answer."""
        self.answers += 1
        root.answered = now
        root.reply = reply

    def settled(self, root: Root) -> None:
        """Nothing of the request is left anywhere: write it down."""
        del self.active[root]
        self.settled_requests += 1
        if root.reply is None:
            self.settled_unanswered += 1
        self._write(root, finished=True)

    def close(self) -> np.ndarray[Any, Any]:
        """Write down what is left as unfinished; returns all rows (of type `ROW`)."""
        for root in self.active:
            self._write(root, finished=False)
        return np.frombuffer(b"".join([*self._full, memoryview(self._block)[: self._end]]), dtype=ROW)

    def staleness(self) -> np.ndarray[Any, Any]:
        """Of each row, the largest staleness of the request's reads (seconds); NaN where it has read nothing."""
        column = np.full(len(self._full) * ROWS + self._end // SIZE, np.nan)
        column[np.frombuffer(self._readers, dtype="i8")] = np.frombuffer(self._staleness, dtype="f8")
        return column

    def _write(self, root: Root, *, finished: bool) -> None:
        state, since = root.standing()
        if self._end == BLOCK:
            self._full.append(self._block)
            self._block = bytearray(BLOCK)
            self._end = 0
        block, place = self._block, self._end
        self._end = place + SIZE
        reply = root.reply
        WRITE_COMMON(
            block,
            place,
            root.entry.number,
            root.lane,
            root.ordinal,
            root.arrived,
            root.answered,
            NO_ANSWER if reply is None else reply.outcome,
            0 if reply is OK or reply is None else self._reason(reply),
            _NUMBERS[state] if finished else UNFINISHED,
            since,
            root.calls,
        )
        if root.ledger is not None or root.entry.expected:
            self._write_effects(root, state, block, place + COMMON.size, finished=finished)
        elif reply is not OK or state != "done":
            self.book.look_at(root, state, finished=finished)
        if root.trouble is not None:
            _write_mishaps(root.trouble, block, place + COMMON.size + EFFECTS.size)
        if root.versions is not None and root.versions.staleness >= 0:
            self._readers.append(len(self._full) * ROWS + place // SIZE)
            self._staleness.append(root.versions.staleness)

    def _write_effects(self, root: Root, state: str, block: bytearray, place: int, *, finished: bool) -> None:
        ledger = root.ledger
        duplicates = 0
        if ledger is None:
            EFFECTS.pack_into(block, place, 0.0, len(root.entry.expected), 0)
        else:
            duplicates = ledger.duplicates
            mixed = FOR_EVER if ledger.state == "orphaned" else ledger.mixed_time
            EFFECTS.pack_into(block, place, mixed, ledger.expected, duplicates)
            self.book.units.count(ledger)
        if duplicates or state == "orphaned" or (root.reply is OK) is not (state == "done"):
            self.book.look_at(root, state, finished=finished)
        if ledger is not None and finished:
            ledger.forget_origins()

    def _reason(self, reply: Reply) -> int:
        origin = reply.root_cause
        text = reply.reason or f"{origin.outcome.label} at {origin.by}"
        if text not in self._reason_numbers:
            self._reason_numbers[text] = len(self.reasons)
            self.reasons.append(text)
        return self._reason_numbers[text]


def _write_mishaps(trouble: Mishaps, block: bytearray, place: int) -> None:
    MISHAPS.pack_into(
        block,
        place,
        trouble.retries,
        trouble.timeouts,
        trouble.rejected,
        trouble.lost,
        trouble.dead_lettered,
        trouble.out_of_order,
        trouble.stuck,
    )
