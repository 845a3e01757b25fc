"""What went wrong with requests as a table: how many, by effect and cause, the first of them as an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.results import Columns

if TYPE_CHECKING:
    from simulator.metrics.phases import Phase
    from simulator.metrics.requests import Requests
    from simulator.workload.effect_book import Count, Wrong

ARRIVED = "requests"
"""In the column ``what``: all requests that arrived, whatever became of them."""

_KEYS = ("operation", "what", "effect", "path", "without", "cause", "place")
_MOMENTS = ("arrived", "first", "repeated", "again")
NEVER = float("nan")


def effect_columns(
    counts: Mapping[Wrong, Count], names: Mapping[int, str], requests: Mapping[str, Requests], phase: Phase
) -> Columns:
    """The table of one run, of the requests that arrived in a phase: see `RunResult.effects`.

    Args:
        counts: what went wrong with them.
        names: of the workload's entries, by number.
        requests: rows by workload entry, in order of name.
        phase: a period.
    """
    rows: list[tuple[Any, ...]] = []
    for name, every in requests.items():
        arrived = len(every.arrived_in(phase.pieces))
        rows.append((name, ARRIVED, "", "", "", "", "", arrived, arrived, NEVER, NEVER, NEVER, NEVER))
    for wrong in sorted(counts, key=lambda wrong: (names[wrong[0]], *wrong[1:])):
        count = counts[wrong]
        moments = (count.first.arrived, count.first.first, count.first.repeated, count.first.again)
        rows.append((names[wrong[0]], *wrong[1:], count.requests, count.units, *moments))
    titles = (*_KEYS, "requests", "units", *_MOMENTS)
    return {title: [row[place] for row in rows] for place, title in enumerate(titles)}
