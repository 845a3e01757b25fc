"""Overload that no queue shows: cores, and workers that are shared out, take in whoever comes, each for ever longer.

Only where a load of 1 or more was reckoned beforehand, and the servers were then busy all the time: busy servers alone
are no overload, for closed users keep them so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from experiments.planning.load import Load, offered_load
from experiments.results.cautions.levels import Place, Series, longest_piece, within
from experiments.results.cells import Cell, Cells, Setting
from experiments.statistics.growth import above_zero, growth_of
from experiments.statistics.intervals import mean, present
from simulator.metrics.phases import Phase
from simulator.spec.scenario import Scenario
from simulator.spec.services import ServiceSpec

FULL = 0.98
"""Servers that are asked for more than they can do are busy for this share of the time, or longer."""

LATENCY = "latency_p50"

_EXCESS = 0.5
"""So much of the excess reckoned beforehand must be missing among what was carried out."""

_SURELY = 3.0
"""And so many standard deviations of the number of arrivals (as of a Poisson process)."""

_TURNED_AWAY = ("rejected_rate", "cancelled_rate", "unreachable_rate")
"""Where any of these is above 0, what was not carried out need not be there still."""


class Crowd(NamedTuple):
    """Servers that were busy all the time, and asked for more beforehand.

    Attributes:
        busy: the share of the time.
        metric: the metric that says so.
        load: what was reckoned.
    """

    busy: float
    metric: str
    load: Load


def crowds(cells: Cells, setting: Setting, scenario: Scenario, phase: str) -> list[Crowd]:
    """Find services whose cores, or shared workers, were busy all the time, and had to be."""
    busy = {
        (f"service:{name}", resource): (found, metric)
        for name, service in scenario.experiment.services.items()
        for resource, metric in _crowded(service)
        if (found := _mean(cells, setting, Cell(phase, f"service:{name}", metric))) >= FULL
    }
    if not busy:
        return []
    loads = (load for load in offered_load(scenario).loads if load.overloaded)
    return [
        Crowd(*busy[load.component, load.resource], load) for load in loads if (load.component, load.resource) in busy
    ]


def _crowded(service: ServiceSpec) -> Iterator[tuple[str, str]]:
    """What of a service takes in everybody who comes, and the metric that says how busy it is."""
    if service.cores is not None:
        yield "cores", "cpu_utilization"
    if service.queue.shares:
        yield "workers", "utilization"


def latencies_of(scenario: Scenario) -> set[Place]:
    """What shows that requests stay longer and longer inside."""
    return {(entry.name, LATENCY) for entry in scenario.experiment.workload}


def piling_up(
    cells: Cells, setting: Setting, scenario: Scenario, phase: Phase, series: Series, found: list[Crowd]
) -> Iterator[tuple[Place, str]]:
    """Those whose requests pile up: answers take longer and longer, or fewer are carried out than come."""
    piece = longest_piece(phase)
    window = scenario.experiment.run.window
    for crowd in found:
        slower = any(
            _slower(runs, piece, window, crowd.load.rate) for (_, name), runs in series.items() if name == LATENCY
        )
        if slower or _left_over(cells, setting, scenario, phase, crowd.load):
            yield (crowd.load.component, crowd.metric), _detail(crowd, piece)


def _slower(runs: Mapping[int, Mapping[float, float]], piece: tuple[float, float], window: float, rate: float) -> bool:
    """Whether latencies grow as a number of requests would: by Little's law that is rate times latency."""
    levels = [[rate * latency for latency in values] for values in within(runs, piece, window)]
    growth = growth_of(levels, expected=True)
    return growth is not None and growth.steady


def _left_over(cells: Cells, setting: Setting, scenario: Scenario, phase: Phase, load: Load) -> bool:
    """Whether far fewer were carried out than were expected to come, and nothing turned them away.

    This sees what latencies do not: callers that give up while their requests stay, and runs that end before the
    answers come.
    """
    given_up = any(policies.cancel != "never" for policies in scenario.edges.values())
    if phase.name != "all" or given_up or load.warm != load.load or _turned_away(cells, setting, phase.name):
        return False
    done = present(cells.vector(setting, Cell(phase.name, load.component, "throughput")) or [])
    seconds, excess = phase.seconds, load.rate * (1.0 - 1.0 / load.load)
    if not done or not math.isfinite(load.load):
        return False
    missing = [(load.rate - each) * seconds for each in done]
    chance = _SURELY * math.sqrt(load.rate * seconds / len(done))
    return mean(missing) >= max(_EXCESS * excess * seconds, chance) and above_zero(missing)


def _turned_away(cells: Cells, setting: Setting, phase: str) -> bool:
    return any(
        mean(present(values)) > 0.0
        for cell, values in cells.rows(setting)
        if cell.phase == phase and cell.metric in _TURNED_AWAY
    )


def _mean(cells: Cells, setting: Setting, cell: Cell) -> float:
    return mean(present(cells.vector(setting, cell) or []))


def _detail(crowd: Crowd, piece: tuple[float, float]) -> str:
    begin, end = piece
    load = crowd.load
    asked = "work whose mean is infinite" if math.isinf(load.load) else f"{load.load:.2f} times what they can do"
    return (
        f"requests pile up inside {load.component}: its {load.resource} are offered {asked} and were busy for "
        f"{crowd.busy:.1%} of the time from {begin:g} s to {end:g} s: every latency behind them depends on how long "
        "the run is; give them more capacity, less load or a bound"
    )
