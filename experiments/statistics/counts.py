"""Events that are counted: shares of requests, and numbers per request. Few of them get an exact interval.

Zero double charges in 80,000 requests are not zero ± 0: up to 3.69 would have been expected of a rate that leaves none
in one case of forty. And events come in bursts: forty in one replication of ten say less than four in each.
So the counts are divided by their dispersion over the replications before the exact interval is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from experiments.statistics.distributions import (
    beta_quantile,
    gamma_quantile,
    normal_quantile,
    student_t_quantile,
)
from experiments.statistics.intervals import CONFIDENCE, Interval
from experiments.statistics.ratios import Ratio, ratio, ratio_interval

Kind = Literal["share", "number"]
"""A ``share`` of trials (at most one event in each), or a ``number`` of events per trial."""

FEW = 20.0
"""Below so many effective events (of a share: or non-events) the interval is exact.

Chosen by the coverage that `tests/statistics/test_counts.py` measures: from here on Student's t covers as stated for
independent events, and for bursts as well as anything does."""


_MANY = 1000
"""So many events are not few, whatever their dispersion."""

REGULAR = 0.001
"""Independent events that are equally many in every replication, with less than this probability, are no chance: a
breaker that opens once in each outage. Then the replications say by themselves how sure the number is."""


@dataclass(frozen=True, slots=True)
class Count:
    """Events over all replications, and what they are worth.

    Attributes:
        events: how many there were, over all replications.
        trials: in how many requests (or messages, or attempts).
        dispersion: how many times larger the variance between replications is than that of independent events; never
            below 1, and 1 where there was no event (or, of a share, nothing else).
        worth: effective events by event: 1 over the dispersion, less what few replications leave unsure about it.
        kind: see `Kind`.
        ratio: the same as a ratio over replications.
        regular: see `REGULAR`.
    """

    events: int
    trials: float
    dispersion: float
    worth: float
    kind: Kind
    ratio: Ratio
    regular: bool = False

    @property
    def rare(self) -> float:
        """The events, or, of a share with fewer of them, the non-events."""
        return min(float(self.events), self.trials - self.events) if self.kind == "share" else float(self.events)

    @property
    def few(self) -> bool:
        """Whether they are so few, after the dispersion, that Student's t is not to be trusted."""
        return self.rare * self.worth < FEW and not self.regular

    @property
    def mostly(self) -> bool:
        """Whether it is the non-events that are few."""
        return self.kind == "share" and 2 * self.events > self.trials


def counted(
    values: Sequence[float], sizes: Sequence[float], kind: Kind, confidence: float = CONFIDENCE
) -> Count | None:
    """Return what was counted, or None where the figures are no counts or fewer than two replications have any.

    The degrees of freedom are adjusted as Korn and Graubard do: `worth` holds the square of the normal quantile over
    Student's. Without any event (or nothing but events) there is no dispersion to be unsure of.

    Args:
        values: each replication's events over its size; NaN: it has none.
        sizes: whole numbers, parallel to ``values``; 0 or NaN: the replication does not count.
        kind: see `Kind`.
        confidence: of the interval that is to be taken.

    Raises:
        ValueError: ``values`` and ``sizes`` differ in length.
    """
    found = ratio(values, sizes)
    if found.count < 2 or not math.isfinite(found.estimate):
        return None
    numbers = _whole(values, sizes)
    if numbers is None:
        return None
    events, trials = sum(numbers), found.size
    chance = events / trials * (1 - events / trials if kind == "share" else 1.0) / trials
    if chance < 0:
        return None
    if not chance:
        return Count(events, trials, 1.0, 1.0, kind, found)
    dispersion = max(1.0, found.standard_error**2 / chance)
    tail = 0.5 + confidence / 2
    adjusted = (normal_quantile(tail) / student_t_quantile(tail, found.count - 1)) ** 2
    return Count(events, trials, dispersion, adjusted / dispersion, kind, found, _regular(numbers))


def _whole(values: Sequence[float], sizes: Sequence[float]) -> list[int] | None:
    """Return the events of each replication that counts, or None if one has no whole number of them."""
    products = [value * size for value, size in zip(values, sizes, strict=True) if not math.isnan(value) and size > 0]
    numbers = [round(product) for product in products]
    exact = all(
        abs(product - number) <= 1e-6 * max(1, number) for product, number in zip(products, numbers, strict=True)
    )
    return numbers if exact else None


def _regular(numbers: Sequence[int]) -> bool:
    """Whether every replication has the same number of events, and that is no chance."""
    total, runs = sum(numbers), len(numbers)
    if len(set(numbers)) > 1 or total > _MANY:
        return False
    ways: int = math.factorial(numbers[0]) ** runs * runs**total
    return math.factorial(total) / ways < REGULAR


def count_interval(
    values: Sequence[float], sizes: Sequence[float], kind: Kind, confidence: float = CONFIDENCE
) -> Interval:
    """Return events over trials with their interval: exact where they are few, else Student's t of the ratio.

    Exact means Clopper and Pearson's for a share and Garwood's (Poisson) for a number, of the effective counts. With
    no event at all in N trials it ends at 3.69 / N for 95 %. References: E. L. Korn and B. I. Graubard, Confidence
    intervals for proportions with small expected number of positive counts estimated from survey data, Survey
    Methodology 24 (1998); F. Garwood, Biometrika 28 (1936).

    What no replication did is not seen: if events come in bursts and none came, the interval of independent events is
    too short. Values that are no counts get the ratio's interval; one replication gets none.

    Arguments and errors: see `counted`.
    """
    found = counted(values, sizes, kind, confidence)
    if found is None or not found.few:
        return ratio_interval(values, sizes, confidence)
    low, high = exact_ends(found, confidence)
    return Interval(found.ratio.estimate, low, high, found.ratio.count, found.ratio.dropped)


def exact_ends(found: Count, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the ends of the exact interval of the effective counts."""
    tail = (1 - confidence) / 2
    events, trials = found.events * found.worth, found.trials * found.worth
    if found.kind == "number":
        low = gamma_quantile(tail, events) / trials if events else 0.0
        return low, gamma_quantile(1 - tail, events + 1) / trials
    others = trials - events if found.events < found.trials else 0.0
    low = beta_quantile(tail, events, others + 1) if events else 0.0
    high = beta_quantile(1 - tail, events + 1, others) if others else 1.0
    return low, high
