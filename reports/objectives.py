"""Which objectives hold: by variant and point, and over a whole sweep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from reports.cautions import MARK, cautions_of
from reports.estimates import Estimate, Estimates, metric_named, rows_of, text_of
from reports.evidence import ALL, Evidence
from reports.numbers import exact
from reports.words import metric_words, phase_words

Verdict = Literal["met", "missed", "undecided", "none"]


class Objective(NamedTuple):
    """One objective of one variant at one point: the bound, the figure and whether it holds."""

    operation: str
    phase: str
    metric: str
    bound: float
    figure: Estimate
    verdict: str
    within: float = math.nan
    """Seconds within which it is to happen; NaN for metrics without such a limit."""

    @property
    def sign(self) -> str:
        """``≥`` where more is better, else ``≤``."""
        return "≥" if metric_named(self.metric).better == "higher" else "≤"

    @property
    def measured(self) -> str:
        """The figure with its interval, in as many digits as keep each end on its side of the bound."""
        return self.figure.against(self.bound)

    @property
    def wanted(self) -> str:
        """What was asked for, in words: ``checkout after outage: recovered within 2 min ≥ 80 %``."""
        name, at, within = self.metric.partition("@")
        limit = f" within {within} s" if at else "" if math.isnan(self.within) else f" within {_span(self.within)}"
        where = "" if self.phase == ALL else f" {phase_words(self.phase)}"
        return f"{self.operation}{where}: {metric_words(name)}{limit} {self.sign} {exact(self.bound, self.figure.unit)}"


@dataclass(frozen=True, slots=True)
class Score:
    """The objectives of one variant at one point."""

    objectives: tuple[Objective, ...]

    def number(self, verdict: str) -> int:
        """Return how many objectives have a verdict."""
        return sum(objective.verdict == verdict for objective in self.objectives)

    @property
    def verdict(self) -> Verdict:
        """Whether all hold: one that is missed decides, then one that is undecided."""
        if not self.objectives:
            return "none"
        if self.number("missed"):
            return "missed"
        return "met" if self.number("met") == len(self.objectives) else "undecided"

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts from best to worst: many met first, then few missed."""
        return (-self.number("met"), self.number("missed"))


def scores_of(evidence: Evidence) -> dict[tuple[str, str], Score]:
    """Return the score of every variant at every point; without objectives all are empty."""
    found: dict[tuple[str, str], list[Objective]] = {
        (variant, point): [] for point in evidence.points for variant in evidence.variants
    }
    cautions = cautions_of(evidence)
    for row in rows_of(evidence.objectives):
        metric = str(row.metric)
        setting = str(row.variant), text_of(row.point)
        mark = MARK if cautions.of(*setting, str(row.phase), str(row.operation), metric) else ""
        ends = float(row.mean), float(row.ci_low), float(row.ci_high)
        figure = Estimate(*ends, metric_named(metric).unit, mark=mark)
        objective = Objective(
            str(row.operation),
            str(row.phase),
            metric,
            float(row.bound),
            figure,
            str(row.verdict),
            evidence.limits.get((str(row.operation), str(row.phase), metric), math.nan),
        )
        found.setdefault(setting, []).append(objective)
    return {key: Score(tuple(objectives)) for key, objectives in found.items()}


def _span(seconds: float) -> str:
    """Return a limit as people write it: ``30 s``, ``2 min``."""
    return f"{seconds / 60:g} min" if seconds >= 60 and seconds % 60 == 0 else exact(seconds, "s")


def best_setting(evidence: Evidence, estimates: Estimates) -> tuple[str, str]:
    """Return the variant and point that meet most objectives.

    Where several do, the one with the highest goodput over all workloads; then the first in the file's order.
    """
    scores = scores_of(evidence)

    def rank(setting: tuple[str, str]) -> tuple[int, int, float]:
        goodputs = (estimates.get(*setting, name, "goodput").mean for name in evidence.workload_names)
        return (*scores[setting].rank, -sum(goodput for goodput in goodputs if not math.isnan(goodput)))

    return min(((variant, point) for point in evidence.points for variant in evidence.variants), key=rank)
