"""What every chart is handed: the figures, how each variant looks, and where files go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reports.charts.style import Look
from reports.estimates import Estimate, Estimates, metric_named
from reports.evidence import ALL, Evidence
from reports.sureness import has_intervals, sureness
from reports.words import listed, metric_words, point_words


@dataclass(frozen=True, slots=True)
class Scene:
    """One experiment on its way to paper.

    Attributes:
        evidence: the results.
        estimates: the same, for looking up.
        looks: each variant's colour, hatch, marker and dash.
        folder: where the files go.
        point: the sweep point that charts of single points show; empty without a sweep.
    """

    evidence: Evidence
    estimates: Estimates
    looks: dict[str, Look]
    folder: Path
    point: str

    @property
    def variants(self) -> list[str]:
        """The variants in the order of the file."""
        return list(self.evidence.variants)

    @property
    def replicated(self) -> str:
        """How the figures were averaged, for the line under a chart's title."""
        return sureness(self.evidence).removesuffix("s") if self.has_intervals else sureness(self.evidence)

    @property
    def has_intervals(self) -> bool:
        """Whether there are any."""
        return has_intervals(self.evidence)

    @property
    def replicated_band(self) -> str:
        """The same where intervals are drawn as bands."""
        return f"{self.replicated} as a band" if self.has_intervals else self.replicated

    @property
    def replicated_series(self) -> str:
        """The same of what only several replications have intervals of: series over time, distributions."""
        return self.replicated_band if self.evidence.replications > 1 else "1 replication: no intervals"

    def titled(self, operation: str, what: str) -> str:
        """Return a chart's title; names the sweep point where there is one."""
        where = f" at {point_words(self.point)}" if self.point else ""
        return f"{operation}: {what}{where}"

    def column(self, operation: str, metric: str, phase: str = ALL) -> list[Estimate]:
        """Return one figure of every variant, in their order."""
        return [self.estimates.get(variant, self.point, operation, metric, phase) for variant in self.variants]

    def split(self, operation: str, metrics: list[str], phase: str = ALL) -> tuple[list[str], list[str]]:
        """Return the metrics of which any variant has figures, and the rest."""
        drawn = [name for name in metrics if any(figure.known for figure in self.column(operation, name, phase))]
        return drawn, [name for name in metrics if name not in drawn]


def left_out(metrics: list[str]) -> tuple[str, ...]:
    """Return the sentence about metrics that have no figures, or nothing."""
    if not metrics:
        return ()
    return (f"Left out, no data: {listed([metric_words(name) for name in metrics])}.",)


def unit_of(metric: str) -> str:
    """Return a metric's unit."""
    return metric_named(metric).unit
