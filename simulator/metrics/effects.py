"""From what was noted of requests to a table: how many went wrong how, by effect and cause, the first as example."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.results import Columns

if TYPE_CHECKING:
    from simulator.metrics.phases import Phase
    from simulator.metrics.requests import Requests
    from simulator.workload.effect_book import Note

ARRIVED = "requests"
"""In the column ``what``: all requests that arrived, whatever became of them."""

_Key = tuple[str, str, str, str, str, str, str]
_KEYS = ("operation", "what", "effect", "path", "without", "cause", "place")
_MOMENTS = ("arrived", "first", "repeated", "again")
NEVER = float("nan")


@dataclass(slots=True)
class _Count:
    """Requests with the same wrong, their units, and the one of them that arrived first."""

    first: Note
    requests: int = 0
    units: int = 0

    def add(self, note: Note) -> None:
        self.requests += 1
        self.units += note.units
        if note.arrived < self.first.arrived:
            self.first = note


def effect_columns(
    notes: Iterable[Note], names: Mapping[int, str], requests: Mapping[str, Requests], phase: Phase
) -> Columns:
    """The table of one run, of the requests that arrived in a phase: see `RunResult.effects`.

    Args:
        notes: what went wrong.
        names: of the workload's entries, by number.
        requests: rows by workload entry, in order of name.
        phase: a period.
    """
    counts: dict[_Key, _Count] = {}
    for note in notes:
        if any(begin <= note.arrived < end for begin, end in phase.pieces):
            key = (names[note.entry], note.what, note.effect, note.path, note.without, note.cause, note.place)
            counts.setdefault(key, _Count(note)).add(note)
    rows: list[tuple[Any, ...]] = []
    for name, every in requests.items():
        arrived = len(every.arrived_in(phase.pieces))
        rows.append((name, ARRIVED, "", "", "", "", "", arrived, arrived, NEVER, NEVER, NEVER, NEVER))
    for key, count in sorted(counts.items()):
        moments = (count.first.arrived, count.first.first, count.first.repeated, count.first.again)
        rows.append((*key, count.requests, count.units, *moments))
    titles = (*_KEYS, "requests", "units", *_MOMENTS)
    return {title: [row[place] for row in rows] for place, title in enumerate(titles)}
