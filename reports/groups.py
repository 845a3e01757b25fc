"""Figures whose replications fall into two groups: shown as groups, since their mean describes none of them."""

from __future__ import annotations

from typing import NamedTuple

from reports.compact import compact
from reports.estimates import Key, rows_of, text_of
from reports.evidence import Evidence
from reports.numbers import plain


class TwoGroups(NamedTuple):
    """How many replications lie near which value: the smaller value first. Infinite: never."""

    in_lower: int
    lower: float
    in_upper: int
    upper: float
    unit: str

    @property
    def larger_first(self) -> tuple[tuple[int, float], tuple[int, float]]:
        """Replications and value of both groups; that of more replications first, of equal ones the upper."""
        below, above = (self.in_lower, self.lower), (self.in_upper, self.upper)
        return (below, above) if self.in_lower > self.in_upper else (above, below)

    def __str__(self) -> str:
        """In place of a mean with its interval: ``40.1 /s in 7, 2.10 /s in 3``."""
        return ", ".join(f"{plain(value, self.unit)} in {count}" for count, value in self.larger_first)

    @property
    def short(self) -> tuple[str, str]:
        """In place of a mean and ± half its interval, in about six characters each: ``7×40.1`` and ``3×2.1``."""
        first, second = (f"{count}×{compact(value, self.unit)}" for count, value in self.larger_first)
        return first, second


def groups_of(evidence: Evidence) -> dict[Key, TwoGroups]:
    """Return the figures to show as groups by (variant, point, phase, operation, metric), as `Estimates.figures`."""
    return {
        (str(row.variant), text_of(row.point), str(row.phase), str(row.operation), str(row.metric)): TwoGroups(
            int(row.in_lower), float(row.lower), int(row.in_upper), float(row.upper), str(row.unit)
        )
        for row in rows_of(evidence.modes)
    }
