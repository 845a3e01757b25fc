"""What an experiment will be like, said before its first run: how many runs, how long, how much, how loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from experiments.language import Document
from experiments.planning.arrivals import begins
from experiments.planning.load import Offered, offered_load
from experiments.planning.warnings import overload_warning, place_of
from experiments.results.cautions.tails import ENOUGH
from experiments.running.deciding import undeciding
from experiments.running.preparation import Prepared
from experiments.running.rehearsal import Cost, rehearse
from experiments.running.warmed_up import pilot_tasks
from reports.words import counted, percentile_words
from simulator.metrics.names import PERCENTILES
from simulator.spec.scenario import Scenario

_PROCESS = 190e6
"""Bytes of a process that has everything loaded and no run in hand; measured, as the next."""

_IN_HAND = 700.0
"""Bytes of a request of a run that a process has in hand: its record, its row, its table."""


class Expected(NamedTuple):
    """One variant at one point.

    Attributes:
        scenario: as it is played. offered: its loads.
        least, most: its replications; they differ where a precision decides.
        requests: of one run, those of closed users at their upper bound.
        seconds: of real time that one run takes, about.
        room: bytes of one run's data, about.
    """

    scenario: Scenario
    offered: Offered
    least: int
    most: int
    requests: float
    seconds: float
    room: float

    @property
    def place(self) -> str:
        """In words."""
        return place_of(self.scenario)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an experiment will be like.

    Attributes:
        expected: every variant at every point, in order of name.
        pilots: runs that look for the warm-up.
        jobs: processes that the times are for.
        warnings: what speaks against playing it as it stands.
    """

    expected: Sequence[Expected]
    pilots: int
    jobs: int
    warnings: Sequence[str]

    @property
    def runs(self) -> tuple[int, int]:
        """At the least and at the most, pilots not counted."""
        return sum(one.least for one in self.expected), sum(one.most for one in self.expected)

    @property
    def simulated(self) -> tuple[float, float]:
        """Seconds of all runs until arrivals stop, at the least and at the most."""
        return self._over_all([one.scenario.experiment.run.duration for one in self.expected])

    @property
    def seconds(self) -> tuple[float, float]:
        """Of real time, at the least and at the most."""
        each = [one.seconds for one in self.expected]
        before = self.pilots * sum(each) / len(each)
        least, most = self._over_all(each)
        return (before + least) / self.jobs, (before + most) / self.jobs

    @property
    def requests(self) -> tuple[float, float]:
        """Of all runs, at the least and at the most."""
        return self._over_all([one.requests for one in self.expected])

    @property
    def room(self) -> tuple[float, float]:
        """Bytes of the data files, at the least and at the most."""
        return self._over_all([one.room for one in self.expected])

    @property
    def memory(self) -> float:
        """Bytes of all processes together."""
        processes = self.jobs + 1 if self.jobs > 1 else 1
        return processes * _PROCESS + self.jobs * _IN_HAND * max(one.requests for one in self.expected)

    def _over_all(self, each: Sequence[float]) -> tuple[float, float]:
        least = sum(one.least * value for one, value in zip(self.expected, each, strict=True))
        most = sum(one.most * value for one, value in zip(self.expected, each, strict=True))
        return least, most


def outlook(document: Document, prepared: Prepared, *, jobs: int) -> Outlook:
    """Reckon the loads, play a short piece of each variant, and say what the whole will be like.

    Args:
        document: the loaded file.
        prepared: what is to be played of it.
        jobs: processes to use, at least 1.
    """
    scenarios = prepared.plan.scenarios
    offered = [offered_load(scenario) for scenario in scenarios]
    costs = rehearse(scenarios, offered)
    expected = [_expected(one, load, costs[one.variant]) for one, load in zip(scenarios, offered, strict=True)]
    pilots = len(pilot_tasks(prepared.plan))
    hands = max(1, min(jobs, sum(one.least for one in expected) + pilots))
    return Outlook(tuple(expected), pilots, hands, tuple(_warnings(document, prepared, expected)))


def _expected(scenario: Scenario, offered: Offered, cost: Cost) -> Expected:
    run = scenario.experiment.run
    stopping = run.stopping
    requests = sum(rate.mean for rate in offered.rates.values()) * run.duration
    rows = cost.row * requests if run.record == "requests" else 0.0
    return Expected(
        scenario,
        offered,
        run.first_round,
        run.first_round if stopping is None else stopping.max,
        requests,
        cost.build + cost.per_request * requests,
        rows + cost.per_window * run.duration / run.window + cost.fixed,
    )


def _warnings(document: Document, prepared: Prepared, expected: Sequence[Expected]) -> Iterator[str]:
    overload = overload_warning({one.place: one.offered for one in expected})
    if overload is not None:
        yield overload
    yield from undeciding([task.setting for task in prepared.plan.tasks])
    yield from _thin_tails(document, expected)


def _thin_tails(document: Document, expected: Sequence[Expected]) -> Iterator[str]:
    """One line, for the percentile that fewest requests lie beyond: p99 everywhere, others where objectives ask."""
    asked = {(objective.operation, objective.metric.rpartition("_")[2]) for objective in document.objectives}
    found = []
    for one in expected:
        seconds = one.scenario.experiment.run.duration - begins(one.scenario.experiment.run)
        for workload, rate in one.offered.rates.items():
            for name, share in PERCENTILES.items():
                beyond = (1.0 - share) * rate.mean * seconds * one.least
                if beyond < ENOUGH and (name == "p99" or (workload, name) in asked):
                    found.append((beyond, one.place, workload, name, one.least))
    if found:
        beyond, place, workload, name, replications = min(found)
        others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        yield (
            f"{place}: about {beyond:.2g} requests of {workload} lie beyond its {percentile_words(name)} in "
            f"{counted(replications, 'replication')}, and it takes {ENOUGH:g} to believe it: "
            f"play more or longer runs{others}"
        )
