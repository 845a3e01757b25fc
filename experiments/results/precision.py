"""How precise the figure is that decides when to stop: ``run.replications: {until: …}`` against what was played."""

from __future__ import annotations

from typing import NamedTuple

from experiments.results.cells import Cell, Cells, Setting
from experiments.results.estimates import estimate_of
from experiments.statistics.intervals import Interval
from experiments.statistics.stopping import Target
from simulator.spec.scenario import Scenario
from simulator.spec.stopping import UntilSpec


class Precision(NamedTuple):
    """The figure that a rule is about, in one setting: its interval so far, and how narrow that is to be."""

    cell: Cell
    interval: Interval
    target: Target
    most: int


def precision_of(cells: Cells, scenario: Scenario) -> Precision | None:
    """Return how precise the figure is that the scenario's rule is about; None if there is no rule.

    A figure that no replication has is an interval without numbers.
    """
    rule = scenario.experiment.run.stopping
    if rule is None:
        return None
    cell = cell_of(rule.until, scenario)
    setting = Setting(scenario.variant, scenario.point)
    half_width = rule.until.half_width
    return Precision(cell, estimate_of(cells, setting, cell), Target(half_width.value, half_width.relative), rule.max)


def cell_of(until: UntilSpec, scenario: Scenario) -> Cell:
    """Return which figure a rule is about; it need not name the operation where there is one workload only, and
    ``call:a -> b`` is ``call:a->b`` in the tables."""
    operation = until.operation or scenario.experiment.workload[0].name
    if operation.startswith("call:"):
        operation = "->".join(end.strip() for end in operation.split("->"))
    return Cell(until.phase, operation, until.metric)
