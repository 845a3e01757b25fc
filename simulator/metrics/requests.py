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

DONE, UNDONE, ORPHANED, UNFINISHED = range(len(STATES))


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests of one run, in order of entry, arrival and ordinal.

    Attributes:
        column: the journal's columns by name.
        latency: from arrival to answer (seconds; NaN without an answer).
        completion: from arrival until done or undone (infinite for the orphaned and unfinished).
        finished_at: for requests answered ok and done, the later of the two moments; else NaN.
    """

    column: Mapping[str, Column]
    latency: Column
    completion: Column
    finished_at: Column

    @classmethod
    def of(cls, rows: Column) -> Requests:
        """From a journal's rows."""
        order = np.lexsort((rows["ordinal"], rows["lane"], rows["arrived"], rows["entry"]))
        column = {name: rows[name][order] for name in rows.dtype.names or ()}
        arrived, answered, state = column["arrived"], column["answered"], column["state"]
        settled = (state == DONE) | (state == UNDONE)
        completion = np.where(settled, column["settled_at"] - arrived, np.inf)
        fulfilled = (state == DONE) & (column["outcome"] == Outcome.OK)
        finished_at = np.where(fulfilled, np.maximum(answered, column["settled_at"]), np.nan)
        return cls(column, answered - arrived, completion, finished_at)

    def __len__(self) -> int:
        return len(self.latency)

    def where(self, rows: Mask) -> Requests:
        """The requests of some rows."""
        column = {name: values[rows] for name, values in self.column.items()}
        return Requests(column, self.latency[rows], self.completion[rows], self.finished_at[rows])


def within(times: Column, pieces: tuple[tuple[float, float], ...]) -> Mask:
    """Which of `times` lie in one of the periods `pieces`."""
    inside = np.zeros(len(times), dtype=bool)
    for begin, end in pieces:
        inside |= (times >= begin) & (times < end)
    return inside
