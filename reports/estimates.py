"""Looking up one figure of the results, with its interval and its words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from reports.cautions import MARK, Cautions, cautions_of
from reports.evidence import ALL, Evidence
from reports.numbers import plain, plus_minus, with_interval
from simulator.metrics.names import METRICS, Metric

FEW = ", n = "
"""Before the number of replications that have a figure, where others have none."""


class Group(NamedTuple):
    """Replications that are alike: how many, and the mean of a figure over them (infinite: never)."""

    size: int
    mean: float


class Estimate(NamedTuple):
    """A mean over replications with the ends of its 95 % interval, in the metric's unit.

    NaN: no data; infinity: never. The ends are NaN where there is no interval, the high one infinite where the
    replications give it no upper end.

    Attributes:
        mean: the figure.
        low: lower end of the interval.
        high: upper end of the interval.
        unit: the metric's.
        partial: the replications that have the figure, where others have none; 0: all have it.
        mark: what stands behind the figure because a caution concerns it; empty: none does.
        groups: the two groups that the replications fall into, where they do: then nothing is near the mean.
    """

    mean: float
    low: float
    high: float
    unit: str
    partial: int = 0
    mark: str = ""
    groups: tuple[Group, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything was measured; infinity counts as known."""
        return not math.isnan(self.mean)

    @property
    def finite(self) -> bool:
        """Whether it is a number that can be drawn to scale."""
        return math.isfinite(self.mean)

    @property
    def end(self) -> float:
        """The highest finite number that a drawing has to make room for; NaN if there is none."""
        if self.groups:
            return max((group.mean for group in self.groups if math.isfinite(group.mean)), default=math.nan)
        return self.high if math.isfinite(self.high) else self.mean if self.finite else math.nan

    def __str__(self) -> str:
        """Write the figure with unit and interval."""
        return self.against(math.nan)

    def against(self, bound: float) -> str:
        """Write the figure in so many digits that each end stays on its side of the bound."""
        if self.groups:
            return f"{self._in_groups}{self.mark}"
        few = f"{FEW}{self.partial}" if self.partial else ""
        return f"{with_interval(self.mean, self.low, self.high, self.unit, bound)}{few}{self.mark}"

    @property
    def short(self) -> str:
        """The figure with ± half its interval."""
        text = self._in_groups if self.groups else plus_minus(self.mean, self.low, self.high, self.unit)
        return f"{text}{self.mark}"

    @property
    def _in_groups(self) -> str:
        """The groups, the larger one first: ``7 of 10 near 40.2 /s, 3 near 2.01 /s``."""
        total = sum(group.size for group in self.groups)
        ordered = sorted(self.groups, key=lambda group: -group.size)
        sizes = [f"{ordered[0].size} of {total}", *(str(group.size) for group in ordered[1:])]
        near = [f"{'near ' if math.isfinite(group.mean) else ''}{plain(group.mean, self.unit)}" for group in ordered]
        return ", ".join(f"{size} {value}" for size, value in zip(sizes, near, strict=True))

    @property
    def bare(self) -> str:
        """The figure with its unit, without the interval."""
        return f"{plain(self.mean, self.unit)}{self.mark}"


NOTHING = Estimate(math.nan, math.nan, math.nan, "")


class Comparison(NamedTuple):
    """How one variant differs from the baseline: difference with interval, and the verdict in a word."""

    difference: float
    low: float
    high: float
    unit: str
    p_value: float
    verdict: str

    def __str__(self) -> str:
        """Write the difference with sign, unit and interval; that of shares in percentage points."""
        sign = "+" if self.difference > 0 else ""
        text = f"{sign}{with_interval(self.difference, self.low, self.high, self.unit)}"
        return text.replace(" %", " points") if self.unit == "share" else text


Key = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Estimates:
    """All figures of a report by (variant, point, phase, operation, metric)."""

    figures: dict[Key, Estimate]
    comparisons: dict[Key, Comparison]
    cautions: Cautions

    def get(self, variant: str, point: str, operation: str, metric: str, phase: str = ALL) -> Estimate:
        """Return a figure; one that was never measured is NaN."""
        found = self.figures.get((variant, point, phase, operation, metric))
        return found or NOTHING._replace(unit=metric_named(metric).unit)

    def versus_baseline(
        self, variant: str, point: str, operation: str, metric: str, phase: str = ALL
    ) -> Comparison | None:
        """Return how a variant compares with the baseline, or None where nothing was compared."""
        return self.comparisons.get((variant, point, phase, operation, metric))


def estimates_of(evidence: Evidence) -> Estimates:
    """Index the summary and the comparisons of an experiment."""
    cautions, groups, played = cautions_of(evidence), _groups(evidence), _played(evidence)
    figures = {}
    for row in rows_of(evidence.summary):
        key, used = _key(row), int(row.replications)
        figures[key] = Estimate(
            float(row.mean),
            float(row.ci_low),
            float(row.ci_high),
            str(row.unit),
            used if 0 < used < played[key[:2]] else 0,
            MARK if cautions.of(*key) else "",
            groups.get(key, ()),
        )
    comparisons = {
        (str(row.variant_a), *_key(row, "variant_a")[1:]): Comparison(
            float(row.difference),
            float(row.ci_low),
            float(row.ci_high),
            str(row.unit),
            float(row.p_value),
            str(row.verdict),
        )
        for row in rows_of(evidence.comparisons)
        if row.variant_b == evidence.baseline
    }
    return Estimates(figures, comparisons, cautions)


def metric_named(name: str) -> Metric:
    """Return a metric's words; ``good@0.8`` is ``good``, and an unknown name has neither unit nor direction."""
    known = METRICS.get(name.split("@")[0])
    return known or Metric(name, "", "neither", "cohort", name.replace("_", " "))


def text_of(point: object) -> str:
    """Return a sweep point as text; what a frame made of an empty one (NaN, None) is empty again."""
    return point if isinstance(point, str) else ""


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Return a frame's rows as named tuples. Any: what a cell holds is the frame's business."""
    return list(frame.itertuples(index=False))


def _groups(evidence: Evidence) -> dict[Key, tuple[Group, ...]]:
    return {
        _key(row): (Group(int(row.in_lower), float(row.lower)), Group(int(row.in_upper), float(row.upper)))
        for row in rows_of(evidence.modes)
        if row.metric != "recovered"  # that is a share of replications already
    }


def _played(evidence: Evidence) -> dict[tuple[str, str], int]:
    """Return the replications of each variant at each point: some figure every one of them has."""
    most: dict[tuple[str, str], int] = {}
    columns = (evidence.summary[name] for name in ("variant", "point", "replications"))
    for variant, point, used in zip(*columns, strict=True):
        setting = str(variant), text_of(point)
        most[setting] = max(most.get(setting, 0), int(used))
    return most


def _key(row: Any, variant: str = "variant") -> Key:
    found = row._asdict()
    return (
        str(found[variant]),
        text_of(found["point"]),
        str(found["phase"]),
        str(found["operation"]),
        str(found["metric"]),
    )
