"""Offered load: what the workload asks of everything there is only so much of, before anything is played.

Load is rate times demand, divided by the number of servers (the utilization law). It is a first estimate: no call
is made twice, and what else is not counted is said in `NOT_COUNTED`. Closed users send what they are
answered, at most N / (Z + R) and at most what the busiest station lets through (the asymptotic bounds of P. J. Denning
and J. P. Buzen, The operational analysis of queueing network models, ACM Computing Surveys 10, 1978): they can keep a
station busy all the time, but not overload it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from experiments.planning.arrivals import Rate, rate_of
from experiments.planning.capacities import Station, stations_of
from experiments.planning.flows import Flow, flow_of
from experiments.planning.operations import demands_of
from simulator.spec.arrivals import ClosedArrivals
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.scenario import Scenario
from simulator.spec.steps import CachedStep, all_steps

NOT_COUNTED = "retries, hedges, breakers and limits, drawn server errors, faults and changes, contention"
"""What may make the load another one, in words."""

HIGH = 0.8
"""From this load on waiting grows fast: an M/M/1 queue holds 3.2 requests on average."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Load:
    """The load of one station.

    Attributes:
        component, resource: what (see `Station`).
        rate: visits per second, on average over the window.
        holding: mean seconds that a visit holds a server; infinite where a law's mean is.
        servers: how many there are, with autoscaling at the most.
        load: the mean over the window, every look-up in a cache a miss. warm: the same, every one a hit.
        peak: as `load`, at the highest rates of all entries at once.
        at_least: with autoscaling the mean load at the minimum of replicas, else the same as `load`.
        closed: whether closed users are part of it, who slow down before it is above 1.
    """

    component: str
    resource: str
    rate: float
    holding: float
    servers: float
    load: float
    warm: float
    peak: float
    at_least: float
    closed: bool

    @property
    def overloaded(self) -> bool:
        """Whether more is asked for than there is, on average, even with every cache full: a queue without limit
        grows as long as that lasts."""
        return self._exceeds(self.warm)

    @property
    def overloaded_cold(self) -> bool:
        """Whether that is so while caches are empty."""
        return self._exceeds(self.load)

    @property
    def overloaded_at_peak(self) -> bool:
        """Whether that is so at the highest rate, while caches are empty."""
        return self._exceeds(max(self.peak, self.load))

    def _exceeds(self, load: float) -> bool:
        return load >= 1.0 and not (self.closed and load <= 1.0 + _ROUNDING)


@dataclass(frozen=True, slots=True)
class Offered:
    """What a scenario asks for.

    Attributes:
        rates: requests per second by workload entry; those of closed users are the upper bound.
        answers: mean seconds until an answer where nobody waits in any line, by workload entry.
        executions: of all operations, per second.
        loads: the highest first.
    """

    rates: Mapping[str, Rate]
    answers: Mapping[str, float]
    executions: float
    loads: Sequence[Load]


def offered_load(scenario: Scenario) -> Offered:
    """The load of everything that the workload of a scenario comes by, as the file stands at the beginning."""
    cold = _offered(scenario, cold=True)
    if not _has_caches(scenario):
        return cold
    warm = {(load.component, load.resource): load.load for load in _offered(scenario, cold=False).loads}
    loads = [replace(load, warm=warm.get((load.component, load.resource), 0.0)) for load in cold.loads]
    return replace(cold, loads=tuple(loads))


def _has_caches(scenario: Scenario) -> bool:
    operations = (one for service in scenario.experiment.services.values() for one in service.operations.values())
    cached = any(isinstance(step, CachedStep) for one in operations for step in all_steps(one.steps))
    return cached or any(item.name == "cache" for policies in scenario.edges.values() for item in policies.stack)


def _offered(scenario: Scenario, *, cold: bool) -> Offered:
    experiment = scenario.experiment
    demands = demands_of(experiment, scenario.edges, cold=cold)
    flows = {entry.name: flow_of(experiment, entry, demands) for entry in experiment.workload}
    stations = stations_of(experiment, demands, flows)
    open_rates = {
        entry.name: rate_of(entry, experiment.run)
        for entry in experiment.workload
        if not isinstance(entry.arrivals, ClosedArrivals)
    }
    closed = _closed_rates(experiment, flows, stations, open_rates)
    rates = {**open_rates, **closed}
    loads = sorted(
        (_load(station, rates, closed) for station in stations),
        key=lambda load: (-load.load, load.component, load.resource),
    )
    return Offered(
        {entry.name: rates[entry.name] for entry in experiment.workload},
        {name: flow.answer.mean for name, flow in flows.items()},
        math.fsum(rates[name].mean * math.fsum(flow.parts.values()) for name, flow in flows.items()),
        tuple(loads),
    )


def _closed_rates(
    experiment: ExperimentSpec, flows: Mapping[str, Flow], stations: Sequence[Station], open_rates: Mapping[str, Rate]
) -> dict[str, Rate]:
    """What closed users send at the most, slowed down alike until no station is asked for more than it has."""
    wanted: dict[str, float] = {}
    for entry in experiment.workload:
        if isinstance(entry.arrivals, ClosedArrivals):
            users = max(1, round(entry.arrivals.users * experiment.run.load))
            cycle = entry.arrivals.think.mean() + flows[entry.name].answer.mean
            wanted[entry.name] = users / cycle if cycle else math.inf
    slowed = 1.0
    for station in stations:
        asked = math.fsum(rate * station.demands[name] for name, rate in wanted.items() if station.demands[name])
        if asked > 0:
            taken = _busy(station, {name: rate.mean for name, rate in open_rates.items()})
            slowed = min(slowed, max(station.servers - taken, 0.0) / asked) if math.isfinite(asked) else slowed
    return {name: Rate(rate * slowed, rate * slowed) for name, rate in wanted.items()}


def _busy(station: Station, rates: Mapping[str, float]) -> float:
    """Servers that are busy on average at these rates, if there were enough."""
    return math.fsum(rate * station.demands[name] for name, rate in rates.items() if rate and station.demands[name])


def _load(station: Station, rates: Mapping[str, Rate], closed: Mapping[str, Rate]) -> Load:
    mean = _busy(station, {name: rate.mean for name, rate in rates.items()})
    peak = _busy(station, {name: rate.peak for name, rate in rates.items()})
    visits = math.fsum(rate.mean * station.visits[name] for name, rate in rates.items())
    return Load(
        station.component,
        station.resource,
        visits,
        mean / visits if visits else 0.0,
        station.servers,
        mean / station.servers,
        mean / station.servers,
        peak / station.servers,
        mean / station.least,
        any(rate.mean and station.demands[name] for name, rate in closed.items()),
    )
