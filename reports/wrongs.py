"""The rows of ``effects.csv`` by what they tell: who did what twice, left what half done, and why."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from reports.estimates import Estimate, rows_of, text_of
from reports.evidence import Evidence

ARRIVED = "requests"

_MONEY = ("charge", "pay", "debit", "bill", "capture", "withdraw", "transfer", "deposit", "refund")
"""What an operation that moves money is called, or how its name begins."""


class Wrong(NamedTuple):
    """One kind of wrong of one workload: how many requests, of how many, with the interval of their share.

    Attributes:
        effect: whose, by name; of half-done requests what is in place, and `without` what is missing.
        path: the way to the effect from the workload.
        cause, place: why and where; a wrong of all causes together has none.
        moments: of one such request, when it arrived, when the effect was first left, when it was tried again, and when
            the effect was left again (seconds; NaN where there is no such moment).
    """

    operation: str
    what: str
    effect: str
    path: str
    without: str
    cause: str
    place: str
    requests: int
    units: int
    of: int
    share: Estimate
    moments: tuple[float, float, float, float]

    @property
    def of_money(self) -> bool:
        """Whether money is what was moved, by the name of the operation."""
        return any(moves_money(name) for name in self.effect.split(", "))

    @property
    def timed(self) -> bool:
        """Whether there is an example with all its moments."""
        return all(math.isfinite(moment) for moment in self.moments)


def moves_money(effect: str) -> bool:
    """Whether an effect is money that changes hands, by the name of its operation: ``provider.charge``."""
    return effect.rpartition(".")[2].split(" ")[0].startswith(_MONEY)


def wrongs_of(evidence: Evidence, variant: str, point: str) -> list[Wrong]:
    """Return every row of one setting but those that count who arrived, as the file has them."""
    return [wrong for wrong in _every(evidence, variant, point) if wrong.what != ARRIVED]


def arrived_of(evidence: Evidence, variant: str, point: str) -> dict[str, int]:
    """Return how many requests of each workload arrived in one setting, over all replications."""
    return {wrong.operation: wrong.requests for wrong in _every(evidence, variant, point) if wrong.what == ARRIVED}


def _every(evidence: Evidence, variant: str, point: str) -> list[Wrong]:
    frame = evidence.effects
    if frame.empty:
        return []
    return [_wrong(row) for row in rows_of(frame) if row.variant == variant and text_of(row.point) == point]


def _wrong(row: Any) -> Wrong:
    share = Estimate(float(row.mean), float(row.ci_low), float(row.ci_high), "share")
    texts = (row.operation, row.what, row.effect, row.path, row.without, row.cause, row.place)
    moments = (float(row.arrived), float(row.first), float(row.repeated), float(row.again))
    counts = (int(row.requests), int(row.units), int(row.of))
    return Wrong._make((*map(str, texts), *counts, share, moments))
