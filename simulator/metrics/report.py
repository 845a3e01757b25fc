"""From a finished run to the columns that leave it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.metrics.branches import branch_figures, branch_name, branch_rows
from simulator.metrics.cohort import cohort_figures, window_figures
from simulator.metrics.order_statistics import OrderStatistics
from simulator.metrics.quantiles import quantile
from simulator.metrics.recovery import Bound, recovery_figures
from simulator.metrics.requests import Requests
from simulator.metrics.timeline import component_rows, request_rows
from simulator.outcomes import Outcome
from simulator.results import Columns
from simulator.workload.journal import STATES

if TYPE_CHECKING:
    from simulator.metrics.figures import Figure
    from simulator.metrics.gauges import Gauges
    from simulator.metrics.instruments import Instrument
    from simulator.metrics.phases import Phase
    from simulator.metrics.timeline import Windows
    from simulator.services.routes import BranchTally

SURVIVALS: tuple[float, ...] = tuple(
    share * 10.0**-power for power in range(5) for share in (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15)
)[1:]
"""Shares of requests at which a distribution is kept: what is exceeded by 80 %, 60 %, … 0.0015 % of them."""

MOST_POINTS = 10
"""A survival share is kept if at least so many requests lie beyond it."""

REQUEST_COUNTS = ("calls", "retries", "timeouts", "rejected", "duplicates", "lost", "dead_lettered", "stuck")


@dataclass(frozen=True, slots=True)
class Measure:
    """What objectives need beyond the fixed metrics.

    Attributes:
        good: operation and limit in seconds of each objective ``good``.
        recovery: operation, metric, bound and whether it is an upper one: what must hold again after a phase.
        batches: into how many batches the window is cut besides (`RunResult.batches`); 0: it is not.
    """

    good: tuple[tuple[str, float], ...] = ()
    recovery: tuple[tuple[str, str, float, bool], ...] = ()
    batches: int = 0

    def good_within(self, operation: str) -> list[float]:
        """The limits of one operation, each once, in the order of the objectives."""
        return list(dict.fromkeys(limit for name, limit in self.good if name == operation))

    def bounds(self, operation: str) -> list[Bound]:
        """The bounds of one operation."""
        return [Bound(*bound) for bound in self.recovery if bound[0] == operation]


@dataclass(frozen=True, slots=True)
class Run:
    """What a finished run left to be reported.

    Attributes:
        requests: rows by workload entry, in order of name. fulfilled_by: see `cohort_figures`.
        routes: what was counted by route and branch.
    """

    requests: Mapping[str, Requests]
    instruments: Sequence[Instrument]
    gauges: Gauges
    phases: Sequence[Phase]
    windows: Windows
    fulfilled_by: float
    measure: Measure
    routes: Mapping[tuple[str, str], BranchTally] = field(default_factory=dict)


def metric_columns(run: Run, phases: Iterable[Phase]) -> tuple[Columns, Columns]:
    """The figures of some phases, a row each, and the samples behind their percentiles."""
    rows, samples = [], OrderStatistics()
    for phase in phases:
        for operation, figures in _by_operation(run, phase):
            for figure in figures:
                rows.append((phase.name, operation, figure.metric, float(figure.value), float(figure.of)))
                samples.add(phase.name, operation, figure)
    return _columns(("phase", "operation", "metric", "value", "of"), rows), samples.columns()


def timeline_columns(run: Run) -> Columns:
    """One row per operation, metric and window."""
    rows = [(operation, metric, begin, float(value)) for operation, metric, begin, value in _timeline(run)]
    return _columns(("operation", "metric", "time", "value"), rows)


def distribution_columns(run: Run) -> Columns:
    """The latency and completion times of each workload entry, by the share of requests beyond them."""
    rows = []
    whole = run.phases[0].pieces
    for operation, requests in run.requests.items():
        cohort = requests.arrived_in(whole)
        latency = np.sort(cohort.latency[cohort.column["outcome"] == Outcome.OK])
        for measure, values in (("latency", latency), ("completion", np.sort(cohort.completion))):
            for share in SURVIVALS:
                if share * len(values) >= MOST_POINTS:
                    rows.append((operation, measure, share, quantile(values, 1.0 - share)))
    return _columns(("operation", "measure", "survival", "value"), rows)


def request_columns(run: Run, reasons: Sequence[str]) -> Columns:
    """One row per request."""
    parts = []
    for operation, requests in run.requests.items():
        column = requests.column
        part: dict[str, Any] = {
            "operation": np.full(len(requests), operation, dtype=object),
            "request": np.arange(len(requests)),
            "arrived": column["arrived"],
            "answered": column["answered"],
            "outcome": _texts(column["outcome"], [kind.label for kind in Outcome]),
            "reason": _texts(column["reason"], reasons),
            "state": _texts(column["state"], STATES),
            "completed": np.where(np.isfinite(requests.completion), column["settled_at"], np.nan),
        }
        part.update({name: column[name] for name in REQUEST_COUNTS})
        part["staleness"] = column.get("staleness", np.full(len(requests), np.nan))
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _texts(numbers: Any, texts: Sequence[str]) -> Any:
    return np.array([*texts, ""], dtype=object)[numbers]


def _by_operation(run: Run, phase: Phase) -> Iterator[tuple[str, Iterable[Figure]]]:
    for operation, requests in run.requests.items():
        cohort = requests.arrived_in(phase.pieces)
        yield operation, window_figures(requests, phase)
        yield operation, cohort_figures(cohort, run.fulfilled_by, run.measure.good_within(operation))
        bounds = run.measure.bounds(operation)
        if bounds and phase.name.startswith("after:") and not phase.cut:
            yield operation, recovery_figures(requests, phase, run.windows.length, bounds, run.fulfilled_by)
    for instrument in run.instruments:
        yield instrument.operation, instrument.report(run.gauges, phase)
    for (route, branch), tally in run.routes.items():
        yield branch_name(route, branch), branch_figures(tally, phase)


def _timeline(run: Run) -> Iterator[tuple[str, str, float, float]]:
    for operation, requests in run.requests.items():
        yield from request_rows(operation, requests, run.windows)
    yield from component_rows(run.instruments, run.gauges, run.windows)
    yield from branch_rows(run.routes, run.windows)


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    if not rows:
        return {name: [] for name in names}
    return dict(zip(names, (list(values) for values in zip(*rows, strict=True)), strict=True))
