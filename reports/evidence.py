"""What a report is made from: the results of one experiment as plain frames. The only way in.

Whoever runs experiments fills an `Evidence`; nothing here knows how the figures came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

ALL = "all"
"""The phase that spans the whole window."""

HEALTHY = "healthy"
"""The phase outside every fault and its aftermath."""

COMPONENT_PREFIXES: tuple[str, ...] = ("service:", "pool:", "cache:", "call:", "topic:", "route:", "broker:", "outbox:")
"""How an operation begins that is not a workload."""

RECOVERY_COLUMNS = ("variant", "point", "replication", "phase", "operation", "value")
"""Columns of the frame of recovery times."""

RUN_SERIES_COLUMNS = ("variant", "point", "replication", "operation", "metric", "time", "value")
"""Columns of the frame of single replications' series."""

CAUTION_COLUMNS = ("variant", "point", "phase", "operation", "metric", "kind", "detail")
"""Columns of the frame of cautions."""

MODE_COLUMNS = ("variant", "point", "phase", "operation", "metric", "unit", "in_lower", "lower", "in_upper", "upper")
"""Columns of the frame of figures whose replications fall into two groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One experiment's results, ready to be shown.

    Attributes:
        name: the experiment's name.
        description: what it is about; may be empty.
        variants: in the order of the file; at least one.
        baseline: the variant that the others are compared with.
        points: sweep points (``axis=value;axis=value``) in the order of the file; one empty text without a sweep.
        axes: sweep axis to its values as text, in order; empty without a sweep.
        phases: ``(name, start, end)`` of faults, changes and named phases, seconds from the start, by start.
        warmup: seconds at the beginning that are not measured; the most of all points where these differ.
        warmups: the same by point; may be empty.
        first_replication: number of the first replication, the one whose breakers are drawn.
        duration: seconds until arrivals stop.
        replications: runs per variant and point, at least 1.
        batched: whether there is one replication, whose intervals come from consecutive batches of it. Series and
            distributions have none then.
        summary: ``variant, point, phase, operation, metric, unit, mean, ci_low, ci_high, replications``.
        comparisons: ``variant_a, variant_b, point, phase, operation, metric, unit, difference, ci_low, ci_high,
            p_value, verdict``; the difference is a minus b.
        objectives: ``variant, point, phase, operation, metric, bound, mean, ci_low, ci_high, verdict``.
        branches: ``variant, point, phase, route, branch_a, branch_b, metric, unit, difference, ci_low, ci_high,
            p_value, verdict``: versions behind a route; the difference is a minus b. May be without rows and columns.
        timeline: ``variant, point, operation, metric, time, mean, ci_low, ci_high``; time in seconds.
        distributions: ``variant, point, operation, measure, survival, value, ci_low, ci_high``; value in seconds.
        breaker_states: ``variant, point, replication, operation, time, state``; only the first is drawn.
        manifest: how the results came about: seed, versions, machine, wall time, hash.
        experiment_text: the experiment file as it was read.
        command: the command that makes these results again.
        workloads: names in the order of the file; empty: taken from ``summary``, in the order found there.
        recoveries: ``variant, point, replication, phase, operation, value``: each replication's recovery time in
            seconds; infinite: never.

        effects: ``variant, point, operation, what, effect, path, without, cause, place, requests, units, of, mean,
            ci_low, ci_high, replications, replication, arrived, first, repeated, again``: what went wrong with how many
            requests of those that arrived (`of`; rows with ``what`` ``requests``), and moments of one of them.
        losses: ``variant, point, operation, reason, messages, of, mean, ci_low, ci_high, replications``.
        limits: seconds within which, of objectives on ``recovered`` and ``good``: by operation, phase and metric.
        warmup_cuts: ``variant, point, operation, measure, replication, cut, trusted``: what each pilot run would leave
            out (seconds) by one series of it; without rows where the file has a number for a warm-up.
        pilots: ``variant, point, operation, measure, time, mean, ci_low, ci_high``: those series, over the pilots.
        pilot_curves: ``variant, point, replication, operation, measure, time, statistic``: the statistic of MSER.
        cautions: ``variant, point, phase, operation, metric, kind, detail``: what the figures cannot bear; kinds are
            those of `reports.caution_words.KINDS`, empty cells mean all.
        modes: ``variant, point, phase, operation, metric, unit, in_lower, lower, in_upper, upper``: figures whose
            replications fall into two groups, how many in each, and the mean of each; see `reports.estimates.Group`.
        run_series: ``variant, point, replication, operation, metric, time, value``: the timeline of single
            replications, of variants that have such figures.

    In every frame NaN means "nothing to measure" and infinity "never"; ends of an interval may be NaN (no interval).
    """

    name: str
    description: str
    variants: Sequence[str]
    baseline: str
    points: Sequence[str]
    axes: Mapping[str, Sequence[str]]
    phases: Sequence[tuple[str, float, float]]
    warmup: float
    duration: float
    replications: int
    summary: pd.DataFrame
    comparisons: pd.DataFrame
    objectives: pd.DataFrame
    timeline: pd.DataFrame
    distributions: pd.DataFrame
    breaker_states: pd.DataFrame
    manifest: Mapping[str, Any]
    experiment_text: str
    command: str
    batched: bool = False
    workloads: Sequence[str] = ()
    warmups: Mapping[str, float] = field(default_factory=dict)
    first_replication: int = 0
    limits: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    warmup_cuts: pd.DataFrame = field(default_factory=pd.DataFrame)
    pilots: pd.DataFrame = field(default_factory=pd.DataFrame)
    pilot_curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    branches: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    losses: pd.DataFrame = field(default_factory=pd.DataFrame)
    cautions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CAUTION_COLUMNS)))
    modes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MODE_COLUMNS)))
    run_series: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(RUN_SERIES_COLUMNS)))
    recoveries: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(RECOVERY_COLUMNS)))

    def warmup_at(self, point: str) -> float:
        """Return the warm-up of one sweep point in seconds."""
        return self.warmups.get(point, self.warmup)

    @property
    def workload_names(self) -> tuple[str, ...]:
        """The workloads that have figures, in the order of the file where that is known."""
        found = [str(name) for name in self.summary["operation"].unique()]
        workloads = [name for name in found if not name.startswith(COMPONENT_PREFIXES)]
        known = [name for name in self.workloads if name in workloads]
        return (*known, *(name for name in workloads if name not in known))

    @property
    def phase_names(self) -> tuple[str, ...]:
        """The phases of the tables that have figures, in order of time: healthy, then during and after of each."""
        found = [str(phase) for phase in self.summary["phase"].unique()]
        ordered = [HEALTHY]
        for name, _start, _end in self.phases:
            ordered += [f"during:{name}", f"after:{name}"]
        known = [phase for phase in ordered if phase in found]
        return (*known, *(phase for phase in found if phase not in known and phase != ALL))
