"""Where requests are written down: one row each, in columns, when nothing of them is left (or at the end of the run)."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from simulator.kernel.root import Root
    from simulator.outcomes import Reply

STATES: tuple[str, ...] = ("done", "undone", "orphaned", "unfinished")
"""What a request can be at the end; the numbers in the column ``state`` count from 0."""

COLUMNS: tuple[tuple[str, str], ...] = (
    ("entry", "i"),
    ("lane", "q"),
    ("ordinal", "q"),
    ("arrived", "d"),
    ("answered", "d"),
    ("outcome", "b"),
    ("reason", "h"),
    ("state", "b"),
    ("settled_at", "d"),
    ("mixed_time", "d"),
    ("effects", "i"),
    ("calls", "i"),
    ("retries", "i"),
    ("timeouts", "i"),
    ("rejected", "i"),
    ("duplicates", "i"),
    ("lost", "i"),
    ("dead_lettered", "i"),
    ("out_of_order", "i"),
    ("stuck", "i"),
)
"""Name and array type code of each column. ``outcome`` is -1 without an answer; times are in seconds; ``mixed_time`` is
infinite for a request that is mixed at the end."""

NO_ANSWER = -1
FOR_EVER = float("inf")
BLOCK = 4096


class RequestJournal:
    """The rows of all requests of one run.

    Attributes:
        active: requests that are not settled, in order of arrival.
        arrivals, answers: how many there were. settled_unanswered: must stay 0.
        reasons: texts behind the column ``reason``.
    """

    def __init__(self) -> None:
        self.active: dict[Root, None] = {}
        self.arrivals = 0
        self.answers = 0
        self.settled_unanswered = 0
        self.reasons: list[str] = [""]
        self._reason_numbers: dict[str, int] = {"": 0}
        self._block: list[tuple[Any, ...]] = []
        self._columns = [array(code) for _, code in COLUMNS]

    def arrived(self, root: Root) -> None:
        """A request has come."""
        self.arrivals += 1
        self.active[root] = None

    def answered(self, root: Root, reply: Reply, now: float) -> None:
        """The client has its answer."""
        self.answers += 1
        root.answered = now
        root.reply = reply

    def settled(self, root: Root) -> None:
        """Nothing of the request is left anywhere."""
        del self.active[root]
        self.settled_unanswered += root.reply is None
        self._write(root, STATES.index(root.state))

    def close(self) -> dict[str, array[Any]]:
        """Write down what is left as unfinished; returns the columns."""
        for root in self.active:
            self._write(root, STATES.index("unfinished"))
        self._flush()
        return {name: column for (name, _), column in zip(COLUMNS, self._columns, strict=True)}

    def _write(self, root: Root, state: int) -> None:
        reply = root.reply
        ledger = root.ledger
        self._block.append(
            (
                root.entry.number,
                root.lane,
                root.ordinal,
                root.arrived,
                root.answered,
                NO_ANSWER if reply is None else reply.outcome,
                0 if reply is None or reply.outcome is Outcome.OK else self._reason(reply),
                state,
                root.settled_at,
                0.0 if ledger is None else FOR_EVER if ledger.state == "orphaned" else ledger.mixed_time,
                len(root.entry.expected) if ledger is None else ledger.expected,
                root.calls,
                root.retries,
                root.timeouts,
                root.rejected,
                0 if ledger is None else ledger.duplicates,
                root.lost,
                root.dead_lettered,
                root.out_of_order,
                root.stuck,
            )
        )
        if len(self._block) >= BLOCK:
            self._flush()

    def _reason(self, reply: Reply) -> int:
        origin = reply.root_cause
        text = reply.reason or f"{origin.outcome.label} at {origin.by}"
        if text not in self._reason_numbers:
            self._reason_numbers[text] = len(self.reasons)
            self.reasons.append(text)
        return self._reason_numbers[text]

    def _flush(self) -> None:
        for column, values in zip(self._columns, zip(*self._block, strict=True), strict=False):
            column.extend(values)
        self._block.clear()
