"""How long after a phase an operation is itself again.

Recovery is the time from the phase's end to the start of the first three consecutive intervals of ``run.window`` in
which the point estimates of all the operation's bounds hold for the requests that arrived in them. Without such
intervals before the next phase begins (or the run's end) it has not recovered: the time is infinite. Of a phase that
ended within the warm-up nothing is said: its first intervals are not measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from simulator.metrics.cohort import cohort_figures, window_figures
from simulator.metrics.figures import Figure, Figures, values_of
from simulator.metrics.phases import Phase

if TYPE_CHECKING:
    from simulator.metrics.requests import Requests

CONSECUTIVE = 3


class Bound(NamedTuple):
    """One bound that must hold again: on `metric` of `operation`, at most or at least `value`."""

    operation: str
    metric: str
    value: float
    at_most: bool


def recovery_figures(
    requests: Requests, after: Phase, window: float, bounds: Sequence[Bound], fulfilled_by: float
) -> Figures:
    """Whether and when the operation whose `requests` these are recovered in the phase `after`."""
    begin, end = after.pieces[0]
    time = _first_good_run(requests, begin, end, window, bounds, fulfilled_by)
    yield Figure("recovered", 0.0 if time == inf else 1.0)
    yield Figure("recovery_time", time)


def _first_good_run(
    requests: Requests, begin: float, end: float, window: float, bounds: Sequence[Bound], fulfilled_by: float
) -> float:
    good = 0
    number = 0
    while begin + (number + 1) * window <= end + 1e-9:
        piece = (begin + number * window, begin + (number + 1) * window)
        good = good + 1 if _holds(requests, piece, bounds, fulfilled_by) else 0
        number += 1
        if good == CONSECUTIVE:
            return (number - CONSECUTIVE) * window
    return inf


def _holds(requests: Requests, piece: tuple[float, float], bounds: Sequence[Bound], fulfilled_by: float) -> bool:
    phase = Phase("interval", (piece,))
    arrived = requests.arrived_in((piece,))
    figures = values_of(cohort_figures(arrived, fulfilled_by, ())) | values_of(window_figures(requests, phase))
    for bound in bounds:
        value = figures[bound.metric]
        if not (value <= bound.value if bound.at_most else value >= bound.value):
            return False
    return True
