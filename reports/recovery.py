"""Who recovered after what: in how many replications, how fast, and in how many never. Nothing is averaged away."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import NamedTuple

from reports.estimates import rows_of, text_of
from reports.evidence import Evidence


class Recovery(NamedTuple):
    """One workload of one variant at one point after one phase.

    Attributes:
        times: seconds of each replication in order of length; infinite where it never recovered.
    """

    variant: str
    point: str
    phase: str
    operation: str
    times: tuple[float, ...]

    @property
    def recovered(self) -> tuple[float, ...]:
        """The times of the replications that recovered."""
        return tuple(time for time in self.times if math.isfinite(time))

    @property
    def never(self) -> int:
        """In how many replications it did not recover before the next phase, or the end."""
        return len(self.times) - len(self.recovered)

    @property
    def median(self) -> float:
        """The median over all replications, in which never is longer than any time."""
        low, high = self.times[(len(self.times) - 1) // 2], self.times[len(self.times) // 2]
        return low if low == high else (low + high) / 2

    @property
    def goes_both_ways(self) -> bool:
        """Whether some replications recovered and some did not: the mean of either says nothing."""
        return 0 < self.never < len(self.times)


def recoveries_of(evidence: Evidence) -> list[Recovery]:
    """Return every recovery by point and workload in the file's order, by phase in order of time, by variant."""
    found: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for row in rows_of(evidence.recoveries):
        if not math.isnan(row.value):
            key = (str(row.variant), text_of(row.point), str(row.phase), str(row.operation))
            found[key].append(float(row.value))
    return [
        Recovery(variant, point, phase, workload, tuple(sorted(found[variant, point, phase, workload])))
        for point in evidence.points
        for workload in evidence.workload_names
        for phase in evidence.phase_names
        for variant in evidence.variants
        if (variant, point, phase, workload) in found
    ]
