"""Looking up one figure of the results, with its interval and its words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from reports.evidence import ALL, Evidence
from reports.numbers import plain, plus_minus, with_interval
from simulator.metrics.names import METRICS, Metric


class Estimate(NamedTuple):
    """A mean over replications with the ends of its 95 % interval, in the metric's unit.

    NaN: no data; infinity: never. The ends are NaN where there is no interval.
    """

    mean: float
    low: float
    high: float
    unit: str

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
        return self.high if math.isfinite(self.high) else self.mean if self.finite else math.nan

    def __str__(self) -> str:
        """Write the figure with unit and interval."""
        return with_interval(self.mean, self.low, self.high, self.unit)

    @property
    def short(self) -> str:
        """The figure with ± half its interval."""
        return plus_minus(self.mean, self.low, self.high, self.unit)

    @property
    def bare(self) -> str:
        """The figure with its unit, without the interval."""
        return plain(self.mean, self.unit)


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
    figures = {
        _key(row): Estimate(float(row.mean), float(row.ci_low), float(row.ci_high), str(row.unit))
        for row in rows_of(evidence.summary)
    }
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
    return Estimates(figures, comparisons)


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


def _key(row: Any, variant: str = "variant") -> Key:
    found = row._asdict()
    return (
        str(found[variant]),
        text_of(found["point"]),
        str(found["phase"]),
        str(found["operation"]),
        str(found["metric"]),
    )
