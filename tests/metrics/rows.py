"""Requests made up by a test, as the journal would have written them down."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.metrics.requests import Requests
from simulator.outcomes import OUTCOMES
from simulator.workload.journal import NO_ANSWER, ROW, STATES

NEVER = float("nan")


class Row(NamedTuple):
    """One request. Times in seconds; `outcome` empty without an answer; `settled_at` is the answer's time unless given;
    `counts` are further columns, such as retries."""

    arrived: float
    answered: float = NEVER
    outcome: str = "ok"
    state: str = "done"
    settled_at: float | None = None
    counts: dict[str, Any] = {}  # noqa: RUF012 - never changed


def requests(*rows: Row) -> Requests:
    """The requests of these rows."""
    written = np.zeros(len(rows), dtype=ROW)
    for place, row in enumerate(rows):
        written["ordinal"][place] = place
        written["arrived"][place] = row.arrived
        written["answered"][place] = row.answered
        written["outcome"][place] = OUTCOMES[row.outcome] if row.answered == row.answered else NO_ANSWER
        written["state"][place] = STATES.index(row.state)
        written["settled_at"][place] = row.answered if row.settled_at is None else row.settled_at
        for name, value in row.counts.items():
            written[name][place] = value
    return Requests.of(written)
