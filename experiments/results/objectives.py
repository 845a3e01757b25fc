"""``objectives.csv``: what was asked for, and whether the intervals say that it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting, highest
from experiments.results.estimates import estimate_of
from experiments.results.estimators import interval_of
from experiments.statistics.intervals import Interval
from experiments.statistics.verdicts import ObjectiveVerdict, objective_verdict


@dataclass(frozen=True, slots=True)
class Objective:
    """One bound on one figure.

    Attributes:
        operation: the row's name in the tables.
        phase: as in the tables (``all``, ``during:NAME``, ``after:NAME``).
        metric: the name in the tables; of several ``good`` limits for one operation ``good@SECONDS``.
        bound: in the metric's unit; for ``recovered`` the share of replications.
        at_most: the figure must not exceed the bound; else it must reach it.
        within: seconds: for ``recovered`` after the phase's end until which a replication counts as recovered, for
            ``good`` after the arrival until which a request does; else None.
    """

    operation: str
    phase: str
    metric: str
    bound: float
    at_most: bool
    within: float | None = None


class ObjectiveRow(NamedTuple):
    """One objective at one setting: met or missed if the whole interval lies on one side of the bound."""

    variant: str
    point: str
    phase: str
    operation: str
    metric: str
    bound: float
    mean: float
    ci_low: float
    ci_high: float
    verdict: ObjectiveVerdict


def objective_rows(cells: Cells, objectives: Iterable[Objective]) -> list[ObjectiveRow]:
    """Return one row per setting and objective, in order of variant, point, phase, operation and metric.

    An objective whose figure no replication has (no request in the phase, say) is undecided.
    """
    wanted = list(objectives)
    rows = [_row(cells, setting, objective) for setting in cells.settings() for objective in wanted]
    return sorted(rows, key=lambda row: row[:6])


def _row(cells: Cells, setting: Setting, objective: Objective) -> ObjectiveRow:
    place = Cell(objective.phase, objective.operation, objective.metric)
    found = _recovered(cells, setting, objective) or estimate_of(cells, setting, place)
    verdict = objective_verdict(found, objective.bound, at_most=objective.at_most, highest=highest(objective.metric))
    return ObjectiveRow(*setting, *place, objective.bound, found.estimate, found.low, found.high, verdict)


def _recovered(cells: Cells, setting: Setting, objective: Objective) -> Interval | None:
    """The share of replications that recovered within the objective's limit; None for objectives of other kinds."""
    if objective.metric != "recovered" or objective.within is None:
        return None
    times = cells.vector(setting, Cell(objective.phase, objective.operation, "recovery_time")) or []
    return interval_of("recovered", [_indicator(time, objective.within) for time in times], [])


def _indicator(time: float, within: float) -> float:
    return math.nan if math.isnan(time) else float(time <= within)
