"""What went wrong where: who was charged twice, what was left half done, what was answered wrongly."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reports.estimates import Estimate, Estimates, metric_named
from reports.evidence import COMPONENT_PREFIXES, Evidence
from reports.objectives import best_setting
from reports.words import phase_words

WRONGS: dict[str, str] = {
    "duplicates": "Done more than once (a customer charged twice, say)",
    "orphaned": "Left half done",
    "false_ok": "Answered ok, yet not done",
    "false_error": "Answered with an error, yet done",
    "stuck_sagas": "Could not be undone (stuck sagas)",
    "lost": "Messages lost",
    "dead_lettered": "Messages given up (dead letters)",
    "out_of_order": "Messages delivered after a later one",
    "diverged": "Copies that differ from their source at the end",
    "stale_reads": "Read something out of date",
    "unfinished": "Unfinished when the run ended",
    "breaker_opens": "Breakers that opened",
}
"""What is looked for, in order of gravity, and its heading."""

_OF_THE_FINISHED = ("orphaned", "false_ok", "false_error")
"""What nobody can tell yet of a request that was still under way when the run ended."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """One variant with something wrong: how much over the whole window, and in which phase most."""

    variant: str
    total: Estimate
    worst_phase: str
    in_worst_phase: Estimate

    @property
    def worst(self) -> str:
        """Where it was worst, in words; empty where there is only one phase."""
        return f"most {self.worst_phase}: {_without_unit(self.in_worst_phase)}" if self.worst_phase else ""

    @property
    def figure(self) -> str:
        """The figure over the whole window with ± half its interval; "per request" is said beside the heading."""
        return _without_unit(self.total)


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of wrong at one workload or component: the variants that have it, worst first, and those that do not."""

    metric: str
    title: str
    operation: str
    culprits: tuple[Culprit, ...]
    clean: tuple[str, ...]

    def of(self, variant: str) -> Culprit | None:
        """Return what a variant did, None if it is clean or was not measured."""
        return next((culprit for culprit in self.culprits if culprit.variant == variant), None)

    def most(self, variant: str) -> bool:
        """Whether a variant has most of it; so may several, but not all that were measured."""
        top = [culprit.variant for culprit in self.culprits if culprit.total.mean == self.culprits[0].total.mean]
        return variant in top and len(top) < len(self.culprits) + len(self.clean) and len(self.culprits) > 1

    @property
    def figures(self) -> tuple[str, ...]:
        """All figures as they are shown."""
        return tuple(text for culprit in self.culprits for text in (culprit.figure, culprit.worst))

    @property
    def unit(self) -> str:
        """What the figures are shares or numbers of."""
        return "per request" if metric_named(self.metric).unit == "1/request" else ""

    @property
    def place(self) -> str:
        """Where it happened, as people write it."""
        return self.operation.replace(":", ": ", 1).replace("->", " → ") if ":" in self.operation else self.operation


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that went wrong at one sweep point.

    Attributes:
        found: what went wrong, in order of gravity, then of workload.
        never: headings of what was measured and never happened.
        point: the point looked at; empty without a sweep.
    """

    found: tuple[Finding, ...]
    never: tuple[str, ...]
    point: str


def findings_of(evidence: Evidence, estimates: Estimates) -> Findings:
    """Return what went wrong; with a sweep at the point that meets most objectives."""
    point = best_setting(evidence, estimates)[1]
    found: list[Finding] = []
    never: list[str] = []
    for metric in WRONGS:
        here = [_finding(evidence, estimates, point, name, metric) for name in _operations(evidence, metric)]
        wrong = [finding for finding in here if finding is not None and finding.culprits]
        found += wrong
        if not wrong and any(finding is not None for finding in here):
            never.append(metric)
    open_ends = any(finding.metric == "unfinished" for finding in found)
    titles = [_never(metric, open_ends=open_ends) for metric in never]
    return Findings(tuple(found), tuple(titles), point)


def _never(metric: str, *, open_ends: bool) -> str:
    return f"{WRONGS[metric]}{' (but for the unfinished)' if open_ends and metric in _OF_THE_FINISHED else ''}"


def _without_unit(estimate: Estimate) -> str:
    return estimate.short.replace(" per request", "")


def _operations(evidence: Evidence, metric: str) -> list[str]:
    """Return where a figure is looked up: at the workloads; at components where it exists only there."""
    frame = evidence.summary
    names = [str(name) for name in frame.loc[frame["metric"] == metric, "operation"].unique()]
    workloads = [name for name in evidence.workload_names if name in names]
    return workloads or sorted(name for name in names if name.startswith(COMPONENT_PREFIXES))


def _finding(evidence: Evidence, estimates: Estimates, point: str, operation: str, metric: str) -> Finding | None:
    totals = {variant: estimates.get(variant, point, operation, metric) for variant in evidence.variants}
    known = {variant: total for variant, total in totals.items() if total.known}
    if not known:
        return None
    wrong = sorted((variant for variant in known if known[variant].mean > 0), key=lambda name: -known[name].mean)
    culprits = [_culprit(evidence, estimates, (variant, point, operation, metric), known[variant]) for variant in wrong]
    clean = tuple(variant for variant in known if variant not in wrong)
    return Finding(metric, WRONGS[metric], operation, tuple(culprits), clean)


def _culprit(evidence: Evidence, estimates: Estimates, key: tuple[str, str, str, str], total: Estimate) -> Culprit:
    by_phase = {phase: estimates.get(*key, phase) for phase in evidence.phase_names}
    known = {phase: figure for phase, figure in by_phase.items() if figure.known and figure.mean > 0}
    if len(by_phase) < 2 or not known or math.isinf(total.mean):
        return Culprit(key[0], total, "", total)
    worst = max(known, key=lambda phase: known[phase].mean)
    return Culprit(key[0], total, phase_words(worst), known[worst])
