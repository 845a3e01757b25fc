"""Queues that grow over the whole window: what waits behind them depends on how long the run is, not on the design."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from experiments.planning.balance import uneven_by
from experiments.planning.load import Load, offered_load
from experiments.results.cautions.crowded_servers import Crowd, crowds, latencies_of, piling_up
from experiments.results.cautions.levels import Place, Series, longest_piece, series_of, within
from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import Cell, Cells, Setting
from experiments.statistics.growth import FEWEST_WINDOWS, LEAST_WINDOWS, above_zero, growth_of
from experiments.statistics.intervals import mean, present
from simulator.metrics.phases import Phase, phases_of
from simulator.spec.scenario import Scenario

KIND = "unstable_queue"
LEVELS = ("queue_length", "backlog")
"""Metrics of what waits, as a timeline has them."""

BUSY = 0.95
"""A service or pool whose servers are loaded alike, and were busy for a smaller share of the time, has no queue that
must grow."""

_GROWN = 1.2
"""A queue that has grown evenly from nothing is at its end twice as long as on average: less than this is no growth."""

_UNEVEN = " (while its servers are busy for {:.0%} of the time on average: not all are loaded alike)"


class _Suspect(NamedTuple):
    """A queue that is longer at the end than on average.

    Attributes:
        busy: share of the time for which its servers were busy; NaN where that is not known.
        growths: by how much it grew in each replication, if it grew evenly.
    """

    busy: float
    growths: Sequence[float]

    def each_second(self, seconds: float) -> float | None:
        """By how much it grew in a second; None: not beyond chance."""
        return mean(self.growths) / seconds if above_zero(self.growths) else None


def unstable_queues(finished: Finished) -> Iterator[Caution]:
    """One caution per variant, point and component whose queue grows as long as it is watched, or inside of which
    requests pile up. Faults, changes and what follows them are left out: a queue that fills then and drains again is
    what one wants to see."""
    cells = finished.cells
    looked_at = [_looked_at(cells, setting, scenario) for setting, scenario in sorted(finished.scenarios.items())]
    suspected = {one.setting: one for one in looked_at if one is not None}
    for setting, series in series_of(finished.folder, {key: one.places for key, one in suspected.items()}):
        one = suspected[setting]
        queues = dict(_growing(cells, one, series))
        known = {component for component, _ in queues}
        inside = piling_up(cells, setting, one.scenario, one.phase, series, one.crowds)
        found = [*queues.items(), *(row for row in inside if row[0][0] not in known)]
        for (component, metric), detail in found:
            yield Caution(setting.variant, setting.point, "", component, metric, KIND, detail)


class _LookedAt(NamedTuple):
    """A setting in which something may have grown: queues by the table of figures, servers by how busy they were."""

    setting: Setting
    scenario: Scenario
    phase: Phase
    queues: Mapping[Place, _Suspect]
    crowds: list[Crowd]

    @property
    def places(self) -> set[Place]:
        """What to read of the timeline."""
        return {*self.queues, *(latencies_of(self.scenario) if self.crowds else ())}


def _looked_at(cells: Cells, setting: Setting, scenario: Scenario) -> _LookedAt | None:
    phase = _steady(scenario)
    if phase is None:
        return None
    queues = _suspects(cells, setting, scenario, phase)
    crowded = crowds(cells, setting, scenario, phase.name)
    return _LookedAt(setting, scenario, phase, queues, crowded) if queues or crowded else None


def _steady(scenario: Scenario) -> Phase | None:
    """The part of the window that no fault or change touches."""
    phases = {phase.name: phase for phase in phases_of(scenario)}
    return phases["all"] if len(phases) == 1 else phases.get("healthy")


def _suspects(cells: Cells, setting: Setting, scenario: Scenario, phase: Phase) -> dict[Place, _Suspect]:
    """What may have grown, by the table of figures: longer at the end than on average, where the servers were busy."""
    found = {}
    for cell, values in cells.rows(setting):
        if cell.phase == phase.name and cell.metric in LEVELS:
            ends = cells.vector(setting, Cell(phase.name, cell.operation, f"{cell.metric}_end"))
            busy = mean(present(cells.vector(setting, Cell(phase.name, cell.operation, "utilization")) or []))
            if busy < BUSY and uneven_by(scenario.experiment, cell.operation) is None:
                continue
            if ends is not None and mean(present(ends)) > max(_GROWN * mean(present(values)), 1.0):
                growths = [2.0 * (end - value) for end, value in zip(ends, values, strict=True)]
                found[cell.operation, cell.metric] = _Suspect(busy, present(growths))
    return found


def _growing(cells: Cells, one: _LookedAt, series: Series) -> Iterator[tuple[Place, str]]:
    """What queue grows within the longest steady piece of time, and what to say of it."""
    offered = offered_load(one.scenario).loads
    loads = {load.component: load for load in reversed(offered)}
    piece, window = longest_piece(one.phase), one.scenario.experiment.run.window
    for (component, metric), suspect in sorted(one.queues.items()):
        load = loads.get(component)
        expected = load is not None and load.overloaded
        levels = within(series.get((component, metric), {}), piece, window)
        few = _windows(levels) < LEAST_WINDOWS
        if few and (not expected or _refuses(cells, one.setting, one.phase.name, component)):
            continue
        each_second = _each_second(levels, window, expected=expected)
        if expected and _windows(levels) < FEWEST_WINDOWS and len(one.phase.pieces) == 1:
            each_second = suspect.each_second(one.phase.seconds)
        if each_second is not None:
            uneven = "" if math.isnan(suspect.busy) or suspect.busy >= BUSY else _UNEVEN.format(suspect.busy)
            yield (component, metric), _detail(component, each_second, piece, _reason(load, offered) or uneven)


def _windows(levels: Sequence[Sequence[float]]) -> int:
    return len(levels[0]) if levels else 0


def _each_second(levels: Sequence[Sequence[float]], window: float, *, expected: bool) -> float | None:
    """By how much a level grows in a second; None: it does not, or nobody can tell."""
    found = growth_of(levels, expected=expected)
    return found.total / (window * (_windows(levels) - 1)) if found is not None and found.steady else None


def _refuses(cells: Cells, setting: Setting, phase: str, component: str) -> bool:
    """Whether a service or pool turned anybody away, so that what waits there has a bound."""
    kind, _, name = component.partition(":")
    return any(
        mean(present(values)) > 0.0
        for cell, values in cells.rows(setting)
        if cell.phase == phase
        and cell.metric == "rejected_rate"
        and (cell.operation == component or (kind == "service" and cell.operation.endswith(f"->{name}")))
    )


def _reason(own: Load | None, offered: Sequence[Load]) -> str:
    """Why it grows, as far as that was known beforehand: more is offered there, or to what its requests wait for."""
    if own is not None and BUSY <= own.load < math.inf:
        return f" (load about {own.load:.2f})"
    beyond = next((load for load in offered if load.overloaded and math.isfinite(load.load)), None)
    return "" if beyond is None else f" (the load of {beyond.component} is about {beyond.load:.2f})"


def _detail(component: str, each_second: float, piece: tuple[float, float], reason: str) -> str:
    begin, end = piece
    each_minute = float(f"{60.0 * each_second:.3g}")
    what = "messages" if component.partition(":")[0] in ("topic", "broker", "outbox") else "requests"
    return (
        f"the queue of {component} grows by {each_minute:,g} {what} a minute from {begin:g} s to {end:g} s{reason}: "
        "every latency behind it depends on how long the run is; give it more capacity, less load or a bound"
    )
