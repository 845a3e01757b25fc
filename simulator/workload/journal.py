"""Where requests are written down: one row each, in columns, once nothing of them is left, or at the run's end."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from simulator.outcomes import OK

if TYPE_CHECKING:
    from simulator.kernel.root import Mishaps, Root
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
    ("calls", "i"),
    ("mixed_time", "d"),
    ("effects", "i"),
    ("duplicates", "i"),
    ("retries", "i"),
    ("timeouts", "i"),
    ("rejected", "i"),
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
NO_EFFECTS = (0.0, 0, 0)
NO_TROUBLE = (0,) * 7
_NUMBERS = {state: number for number, state in enumerate(STATES)}


class RequestJournal:
    """The rows of all requests of one run.

    Attributes:
        active: requests that have arrived and are not settled, in order of arrival: clients put them in.
        answers: how many there were. settled_requests: how many were settled. settled_unanswered: must stay 0.
        reasons: texts behind the column ``reason``.
    """

    def __init__(self) -> None:
        self.active: dict[Root, None] = {}
        self.answers = 0
        self.settled_requests = 0
        self.settled_unanswered = 0
        self.reasons: list[str] = [""]
        self._reason_numbers: dict[str, int] = {"": 0}
        self._block: list[tuple[Any, ...]] = []
        self._columns = [array(code) for _, code in COLUMNS]

    def answered(self, root: Root, reply: Reply, now: float) -> None:
        """The client has its answer."""
        self.answers += 1
        root.answered = now
        root.reply = reply

    def settled(self, root: Root) -> None:
        """Nothing of the request is left anywhere."""
        del self.active[root]
        self.settled_requests += 1
        if root.reply is None:
            self.settled_unanswered += 1
        state, since = root.standing()
        self._write(root, _NUMBERS[state], since)

    def close(self) -> dict[str, array[Any]]:
        """Write down what is left as unfinished; returns the columns."""
        for root in self.active:
            self._write(root, _NUMBERS["unfinished"], root.standing()[1])
        self._flush()
        return {name: column for (name, _), column in zip(COLUMNS, self._columns, strict=True)}

    def _write(self, root: Root, state: int, since: float) -> None:
        reply = root.reply
        ledger = root.ledger
        trouble = root.trouble
        self._block.append(
            (
                root.entry.number,
                root.lane,
                root.ordinal,
                root.arrived,
                root.answered,
                NO_ANSWER if reply is None else reply.outcome,
                0 if reply is OK or reply is None else self._reason(reply),
                state,
                since,
                root.calls,
                *(NO_EFFECTS if ledger is None and not root.entry.expected else _effects(root)),
                *(NO_TROUBLE if trouble is None else _troubles(trouble)),
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


def _effects(root: Root) -> tuple[float, int, int]:
    ledger = root.ledger
    if ledger is None:
        return 0.0, len(root.entry.expected), 0
    mixed = FOR_EVER if ledger.state == "orphaned" else ledger.mixed_time
    return mixed, ledger.expected, ledger.duplicates


def _troubles(trouble: Mishaps) -> tuple[int, ...]:
    return (
        trouble.retries,
        trouble.timeouts,
        trouble.rejected,
        trouble.lost,
        trouble.dead_lettered,
        trouble.out_of_order,
        trouble.stuck,
    )
