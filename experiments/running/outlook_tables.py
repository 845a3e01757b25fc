"""The outlook on an experiment as tables: each station where it is loaded most, and everything for programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.planning.balance import uneven_by
from experiments.planning.capacities import CONSUMERS_OF
from experiments.planning.load import HIGH, NOT_COUNTED, Load
from experiments.running.outlook import Outlook
from reports.outlook import Facts, State, Station

if TYPE_CHECKING:
    import pandas as pd

_WORTH_A_ROW = 0.1
"""The consumers of single operations are many: below this load they are left to those who ask for everything."""

_ALIKE = 0.01
"""Loads that differ by less, relative, are the same: no setting is named."""


def stations_of(found: Outlook) -> list[Station]:
    """Return each station in the setting where its load is highest, the highest first."""
    every: dict[tuple[str, str], list[_Row]] = {}
    for one in found.expected:
        for load in one.offered.loads:
            row = _Row(load, one.place, uneven_by(one.scenario.experiment, load.component))
            every.setdefault((load.component, load.resource), []).append(row)
    rows = [_station(loads, len(found.expected)) for loads in every.values()]
    rows = [row for row in rows if row.load >= _WORTH_A_ROW or not row.resource.startswith(CONSUMERS_OF)]
    return sorted(rows, key=lambda row: (-row.load, -row.peak, row.component, row.resource))


class _Row(NamedTuple):
    """A load, the setting that it is of, and what makes the replicas' loads differ (None: nothing)."""

    load: Load
    place: str
    uneven_by: str | None


def _station(loads: list[_Row], settings: int) -> Station:
    worst, place, uneven = max(loads, key=lambda row: (row.load.load, row.load.peak))
    least = min(row.load.load for row in loads) if len(loads) == settings else 0.0
    alike = math.isclose(worst.load, least, rel_tol=_ALIKE)
    return Station(
        worst.component,
        worst.resource,
        worst.rate,
        worst.holding,
        worst.servers,
        worst.load,
        worst.peak,
        state_of(worst),
        "" if alike or worst.load < HIGH / 2 else place,
        _notes(worst, uneven),
    )


def state_of(load: Load) -> State:
    """Return the load in a word; a peak counts."""
    if load.overloaded_at_peak:
        return "overloaded"
    return "high" if max(load.load, load.peak) >= HIGH else "ok"


def _notes(load: Load, uneven: str | None) -> str:
    notes = []
    if uneven is not None:
        notes.append(f"on average over the replicas, which {uneven} does not load alike")
    if load.overloaded_at_peak and not load.overloaded_cold:
        notes.append("only at the highest rate")
    if load.warm != load.load:
        notes.append(f"with caches empty; {load.warm:.2f} if every look-up hits")
    if load.at_least != load.load:
        notes.append(f"at the most replicas; {load.at_least:.2f} at the fewest")
    if load.closed and load.load >= HIGH:
        notes.append("closed users: they slow down before it is above 1")
    return "; ".join(notes)


def facts_of(found: Outlook) -> Facts:
    """Return how much there is to do."""
    expected = found.expected
    return Facts(
        variants=len({one.scenario.variant for one in expected}),
        points=len({one.scenario.point for one in expected}),
        replications=(min(one.least for one in expected), max(one.most for one in expected)),
        runs=found.runs,
        pilots=found.pilots,
        simulated=found.simulated,
        requests=found.requests,
        seconds=found.seconds,
        jobs=found.jobs,
        room=found.room,
        memory=found.memory,
        not_counted=NOT_COUNTED,
    )


COLUMNS = (
    "variant",
    "point",
    "component",
    "resource",
    "rate",
    "holding",
    "servers",
    "load",
    "warm",
    "peak",
    "at_least",
    "state",
)
"""Of the table of loads: see `experiments.planning.load.Load`."""


def _rows(found: Outlook) -> list[tuple[Any, ...]]:
    return [
        (
            one.scenario.variant,
            one.scenario.point,
            load.component,
            load.resource,
            load.rate,
            load.holding,
            load.servers,
            load.load,
            load.warm,
            load.peak,
            load.at_least,
            state_of(load),
        )
        for one in found.expected
        for load in one.offered.loads
    ]


def frame_of(found: Outlook) -> pd.DataFrame:
    """Return the loads as a frame; the rest is in its ``attrs`` (see `totals_of`)."""
    import pandas as pd

    frame = pd.DataFrame(_rows(found), columns=list(COLUMNS))
    frame.attrs.update({**totals_of(found), "warnings": list(found.warnings)})
    return frame


def totals_of(found: Outlook) -> dict[str, Any]:
    """Return how much there is to do: ``runs``, ``simulated`` and ``seconds`` (of real time), ``requests`` and ``room``
    (bytes), each a pair of the least and the most; ``pilots`` (runs), ``jobs`` (processes) and ``memory`` (bytes)."""
    return {
        "runs": list(found.runs),
        "pilots": found.pilots,
        "simulated": list(found.simulated),
        "requests": list(found.requests),
        "seconds": list(found.seconds),
        "jobs": found.jobs,
        "room": list(found.room),
        "memory": found.memory,
    }


def as_mapping(found: Outlook) -> dict[str, Any]:
    """Return everything as JSON can hold it: what is infinite is the text ``inf``."""
    loads = [{name: _plain(value) for name, value in zip(COLUMNS, row, strict=True)} for row in _rows(found)]
    rates = [
        {"variant": one.scenario.variant, "point": one.scenario.point, "operation": name, **rate._asdict()}
        for one in found.expected
        for name, rate in one.offered.rates.items()
    ]
    return {**totals_of(found), "arrivals": rates, "loads": loads}


def _plain(value: Any) -> Any:
    return "inf" if isinstance(value, float) and math.isinf(value) else value
