"""``branches.csv``: the versions behind a route against each other, within the same runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from experiments.results.cells import Cells, Setting, metric_named
from experiments.results.comparisons import HEADLINE
from experiments.results.differences import difference_between
from experiments.results.paired_figures import Place
from experiments.statistics.holm import holm
from experiments.statistics.paired import Difference
from experiments.statistics.verdicts import ComparisonVerdict, comparison_verdict
from simulator.spec.scenario import Scenario

SHARE_DECIDES = frozenset({"throughput"})
"""Metrics that the split decides and the version does not: not compared."""


class BranchRow(NamedTuple):
    """How one branch of a route differs from the one with the largest share.

    ``difference`` is ``branch_a`` minus ``branch_b``, taken replication by replication, and ``verdict`` says how
    ``branch_a`` fares. For headline metrics and those that objectives name ``p_value`` is corrected (Holm) over the
    route's branches and decides the verdict; for the rest it is empty, and the verdict a hint.
    """

    variant: str
    point: str
    phase: str
    route: str
    branch_a: str
    branch_b: str
    metric: str
    unit: str
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    verdict: ComparisonVerdict


Splits = Mapping[Setting, Mapping[str, tuple[str, tuple[str, ...]]]]
"""By setting and route: the branch with the largest share, and the others in order of name."""


def splits_of(scenarios: Iterable[Scenario]) -> Splits:
    """Who is compared with whom: on each route that splits the largest share is the reference; of equal ones the first
    by name."""
    found: dict[Setting, dict[str, tuple[str, tuple[str, ...]]]] = {}
    for scenario in scenarios:
        for name, route in scenario.experiment.routes.items():
            shares = {branch: spec.share for branch, spec in route.branches.items()}
            if len(shares) > 1:
                reference = min(shares, key=lambda branch: (-shares[branch], branch))
                others = tuple(sorted(branch for branch in shares if branch != reference))
                found.setdefault(Setting(scenario.variant, scenario.point), {})[name] = (reference, others)
    return found


class _Pair(NamedTuple):
    branch: str
    difference: Difference


def branch_rows(cells: Cells, splits: Splits, tested: Collection[str] = ()) -> list[BranchRow]:
    """Compare the branches of every route that splits.

    Args:
        cells: the figures of all replications.
        splits: see `splits_of`.
        tested: metrics named in objectives: tested like the headline ones.

    Returns:
        Rows in order of variant, point, phase, route, branch and metric.
    """
    rows: list[BranchRow] = []
    for setting in cells.settings():
        for route, (reference, others) in sorted(splits.get(setting, {}).items()):
            for (phase, metric), family in _families(cells, setting, route, reference, others).items():
                place = (*setting, phase, route)
                rows += _judged(family, place, reference, metric, tested=metric in HEADLINE.union(tested))
    return sorted(rows, key=lambda row: row[:7])


def _families(
    cells: Cells, setting: Setting, route: str, reference: str, others: tuple[str, ...]
) -> dict[tuple[str, str], list[_Pair]]:
    families: dict[tuple[str, str], list[_Pair]] = defaultdict(list)
    for cell, _values in cells.rows(setting):
        branch = cell.operation.removeprefix(f"route:{route}/")
        if branch not in others or cell.operation == branch or cell.metric in SHARE_DECIDES:
            continue
        reference_cell = cell._replace(operation=f"route:{route}/{reference}")
        found = difference_between(cells, Place(setting, cell), Place(setting, reference_cell))
        if found is not None:
            families[cell.phase, cell.metric].append(_Pair(branch, found))
    return families


def _judged(
    family: list[_Pair], place: tuple[str, str, str, str], reference: str, name: str, *, tested: bool
) -> Iterator[BranchRow]:
    metric = metric_named(name)
    raw = [pair.difference.p_value for pair in family]
    for (branch, found), p_value in zip(family, holm(raw) if tested else raw, strict=True):
        verdict = comparison_verdict(found, metric.better, p_value)
        shown = p_value if tested else math.nan
        figures = (found.estimate, found.low, found.high, shown)
        yield BranchRow(*place, branch, reference, name, metric.unit, *figures, verdict)
