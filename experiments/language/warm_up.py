"""``warmup: auto`` needs a steady state to find: it is refused where the file makes things happen at set times."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Place, Problem, problem
from experiments.language.tree import Table, child
from simulator.spec.arrivals import DiurnalArrivals, SpikeArrivals, StagesArrivals, TraceArrivals
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.run import AUTO

_MOVING = (StagesArrivals, SpikeArrivals, DiurnalArrivals, TraceArrivals)
"""Arrivals whose rate is another one at another time."""


def check_warmup(root: Table, experiment: ExperimentSpec) -> Iterator[Problem]:
    """What keeps the warm-up from being found."""
    if experiment.run.warmup != AUTO:
        return
    written = child(root, "run", "warmup")
    place = written.place if written is not None else root.place
    for what in timed_things(experiment):
        yield _refused(place, what)
        return


def timed_things(experiment: ExperimentSpec) -> Iterator[str]:
    """Say what happens at set times: faults that are not at random, changes, arrivals that follow the clock."""
    for fault in experiment.faults:
        if not fault.at_random or fault.at > 0:
            yield f"the fault {fault.name!r} strikes at a set time"
    for change in experiment.changes:
        yield f"the change {change.name!r} comes at a set time"
    for entry in experiment.workload:
        if isinstance(entry.arrivals, _MOVING):
            yield f"the arrivals of {entry.name!r} ({entry.arrivals.process}) follow the clock"


def _refused(place: Place, what: str) -> Problem:
    advice = "auto looks for a steady state and would cut into that: write a duration"
    return problem(place, f"cannot be found where {what}; {advice}", AUTO)
