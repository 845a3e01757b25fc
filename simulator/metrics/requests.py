"""The rows of requests as numpy columns, and what follows from one row alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.outcomes import Outcome
from simulator.workload.journal import STATES

Column = np.ndarray[Any, Any]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Pieces = tuple[tuple[float, float], ...]
"""Periods, each from its begin (included) to its end, in seconds."""

DONE, UNDONE, ORPHANED, UNFINISHED = range(len(STATES))


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests of one run, in order of entry, arrival and ordinal.

    Attributes:
        column: the journal's columns by name; `staleness` where it was measured (seconds; NaN: nothing was read).
        latency: from arrival to answer (seconds; NaN without an answer).
        completion: from arrival until done or undone (infinite for the orphaned and unfinished).
        finished_at: for requests answered ok and done, the later of the two moments; else NaN.
    """

    column: Mapping[str, Column]
    latency: Column
    completion: Column
    finished_at: Column

    @classmethod
    def of(cls, rows: Column, staleness: Column | None = None) -> Requests:
        """From a journal's rows, and how stale their reads were, if anybody looks at that."""
        order = np.lexsort((rows["ordinal"], rows["lane"], rows["arrived"], rows["entry"]))
        column = {name: rows[name][order] for name in rows.dtype.names or ()}
        if staleness is not None:
            column["staleness"] = staleness[order]
        arrived, answered, state = column["arrived"], column["answered"], column["state"]
        settled = (state == DONE) | (state == UNDONE)
        completion = np.where(settled, column["settled_at"] - arrived, np.inf)
        fulfilled = (state == DONE) & (column["outcome"] == Outcome.OK)
        finished_at = np.where(fulfilled, np.maximum(answered, column["settled_at"]), np.nan)
        return cls(column, answered - arrived, completion, finished_at)

    def __len__(self) -> int:
        return len(self.latency)

    def of_entry(self, number: int) -> Requests:
        """The requests of one workload entry."""
        begin, end = np.searchsorted(self.column["entry"], (number, number + 1))
        return self.where(slice(int(begin), int(end)))

    def arrived_in(self, pieces: Pieces) -> Requests:
        """The requests of one entry that arrived in one of the periods `pieces`, which are in order."""
        bounds = np.searchsorted(self.column["arrived"], pieces)
        parts = [self.where(slice(int(begin), int(end))) for begin, end in bounds]
        if len(parts) == 1:
            return parts[0]
        column = {name: _joined([part.column[name] for part in parts], old) for name, old in self.column.items()}
        return Requests(
            column,
            _joined([part.latency for part in parts], self.latency),
            _joined([part.completion for part in parts], self.completion),
            _joined([part.finished_at for part in parts], self.finished_at),
        )

    def where(self, rows: slice) -> Requests:
        """The requests of some rows, without copying them."""
        column = {name: values[rows] for name, values in self.column.items()}
        return Requests(column, self.latency[rows], self.completion[rows], self.finished_at[rows])


def _joined(parts: list[Column], like: Column) -> Column:
    return np.concatenate(parts) if parts else like[:0]


def within(times: Column, pieces: Pieces) -> Mask:
    """Which of `times` lie in one of the periods `pieces`."""
    inside = np.zeros(len(times), dtype=bool)
    for begin, end in pieces:
        inside |= (times >= begin) & (times < end)
    return inside
