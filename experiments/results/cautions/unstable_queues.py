"""Queues that grow over the whole window: what waits behind them depends on how long the run is, not on the design."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.planning.load import Load, offered_load
from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import Cell, Cells, Setting
from experiments.results.parquet import row_groups
from experiments.statistics.growth import Growth, growth_of
from experiments.statistics.intervals import mean, present
from simulator.metrics.phases import Phase, phases_of
from simulator.spec.scenario import Scenario

KIND = "unstable_queue"
LEVELS = ("queue_length", "backlog")
"""Metrics of what waits, as a timeline has them."""

BUSY = 0.95
"""A service or pool whose servers were busy for a smaller share of the time has no queue that must grow."""

_GROWN = 1.2
"""A queue that has grown evenly from nothing is at its end twice as long as on average: less than this is no growth."""

_Series = Mapping[tuple[str, str], Mapping[int, Mapping[float, float]]]
"""By component and metric: by replication, the level by the begin of its window."""


def unstable_queues(finished: Finished) -> Iterator[Caution]:
    """One caution per variant, point and component whose queue grows as long as it is watched. Faults, changes and
    what follows them are left out: a queue that fills then and drains again is what one wants to see."""
    phases = {setting: _steady(scenario) for setting, scenario in finished.scenarios.items()}
    suspects = {
        setting: found
        for setting, phase in phases.items()
        if phase is not None and (found := _suspects(finished.cells, setting, phase.name))
    }
    for setting, series in _series(finished.folder, suspects):
        scenario, phase = finished.scenarios[setting], phases[setting]
        assert phase is not None
        piece = max(phase.pieces, key=lambda ends: ends[1] - ends[0])
        for (component, metric), detail in _growing(scenario, series, piece):
            yield Caution(setting.variant, setting.point, "", component, metric, KIND, detail)


def _growing(scenario: Scenario, series: _Series, piece: tuple[float, float]) -> Iterator[tuple[tuple[str, str], str]]:
    """What grows within a piece of time, and what to say of it."""
    offered = offered_load(scenario).loads
    loads = {load.component: load for load in reversed(offered)}
    for (component, metric), runs in sorted(series.items()):
        load = loads.get(component)
        levels = _levels(runs, piece, scenario.experiment.run.window)
        found = growth_of(levels, expected=load is not None and load.overloaded)
        if found is not None and found.steady:
            yield (component, metric), _detail(component, found, piece, _reason(load, offered))


def _steady(scenario: Scenario) -> Phase | None:
    """The part of the window that no fault or change touches."""
    phases = {phase.name: phase for phase in phases_of(scenario)}
    return phases["all"] if len(phases) == 1 else phases.get("healthy")


def _suspects(cells: Cells, setting: Setting, phase: str) -> set[tuple[str, str]]:
    """What may have grown, by the table of figures: longer at the end than on average, where the servers were busy."""
    found = set()
    for cell, values in cells.rows(setting):
        if cell.phase == phase and cell.metric in LEVELS:
            ends = cells.vector(setting, Cell(phase, cell.operation, f"{cell.metric}_end"))
            busy = cells.vector(setting, Cell(phase, cell.operation, "utilization"))
            if busy is not None and mean(present(busy)) < BUSY:
                continue
            if ends is not None and mean(present(ends)) > max(_GROWN * mean(present(values)), 1.0):
                found.add((cell.operation, cell.metric))
    return found


def _series(folder: Path, wanted: Mapping[Setting, set[tuple[str, str]]]) -> Iterator[tuple[Setting, _Series]]:
    """Read the levels of whatever is wanted of each setting, whose rows are a group of their own."""
    import pyarrow.compute as pc

    if not wanted:
        return
    for rows in row_groups(folder / "timeline.parquet"):
        setting = Setting(rows["variant"][0].as_py(), rows["point"][0].as_py())
        if setting not in wanted:
            continue
        chosen: Any = pc.is_in(rows["metric"].cast("string"), value_set=_strings(LEVELS))
        part = rows.filter(chosen)
        columns = (part[name].to_pylist() for name in ("operation", "metric", "replication", "time", "value"))
        found: dict[tuple[str, str], dict[int, dict[float, float]]] = defaultdict(lambda: defaultdict(dict))
        for operation, metric, replication, time, value in zip(*columns, strict=True):
            if (operation, metric) in wanted[setting]:
                found[operation, metric][replication][time] = value
        yield setting, found


def _strings(names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(names, pa.string())


def _levels(runs: Mapping[int, Mapping[float, float]], piece: tuple[float, float], window: float) -> list[list[float]]:
    """The level in every whole window of a piece of time, by replication."""
    begin, end = piece
    inside = [
        [value for time, value in sorted(run.items()) if time >= begin - 1e-9 and time + window <= end + 1e-9]
        for _, run in sorted(runs.items())
    ]
    return [values for values in inside if not any(map(math.isnan, values))]


def _reason(own: Load | None, offered: Sequence[Load]) -> str:
    """Why it grows, as far as that was known beforehand: more is offered there, or to what its requests wait for."""
    if own is not None and BUSY <= own.load < math.inf:
        return f" (load about {own.load:.2f})"
    beyond = next((load for load in offered if load.overloaded and math.isfinite(load.load)), None)
    return "" if beyond is None else f" (the load of {beyond.component} is about {beyond.load:.2f})"


def _detail(component: str, found: Growth, piece: tuple[float, float], reason: str) -> str:
    begin, end = piece
    each_minute = float(f"{60.0 * found.total / (end - begin):.3g}")
    what = "messages" if component.partition(":")[0] in ("topic", "broker", "outbox") else "requests"
    return (
        f"the queue of {component} grows by {each_minute:,g} {what} a minute from {begin:g} s to {end:g} s{reason}: "
        "every latency behind it depends on how long the run is; give it more capacity, less load or a bound"
    )
