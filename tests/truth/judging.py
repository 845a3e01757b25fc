"""Whether what callsim says agrees with what is known: one rule for every case.

The suite makes at most `COMPARISONS` comparisons; each interval is Student's t over replications at the confidence
``1 - FALSE_ALARMS / COMPARISONS`` (Bonferroni), so a correct simulator fails the whole suite, over seeds, with a
probability of at most `FALSE_ALARMS`. The seeds are fixed: what holds, holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import Interval, mean, mean_interval, present, standard_error
from tests.truth.cases import Check, Comparison
from tests.truth.theory import THEORY

FALSE_ALARMS = 0.01
"""How often a correct simulator would fail anything in the suite, over seeds."""

COMPARISONS = 300
"""An upper limit of the suite's comparisons, so that a case more changes no other case's interval."""

CONFIDENCE = 1 - FALSE_ALARMS / COMPARISONS

ROUNDING = 1e-9
"""How far floating point may put a figure that has no chance in it from its exact value."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One comparison and what came of it.

    Attributes:
        model: the model's name.
        case: the id in `theory.json`; empty where only Ciw knows.
        quantity: which figure.
        unit: of `theory`, `callsim` and `peer`.
        theory: the known answer; NaN where there is none.
        tolerance: how far it may be off, a share of it.
        precision: the widest half-interval that passes, as a share of the answer; without one, of the difference
            from Ciw, as a share of Ciw's value.
        callsim: what callsim says, at the suite's confidence.
        peer: what Ciw says, at the same confidence; None where Ciw was not asked.
        note: for the reader.
        complaint: what is wrong, or empty.
    """

    model: str
    case: str
    quantity: str
    unit: str
    theory: float
    tolerance: float
    precision: float
    callsim: Interval
    peer: Interval | None = None
    note: str = ""
    complaint: str = ""

    @property
    def agrees(self) -> bool:
        """Whether nothing is wrong."""
        return not self.complaint


def judge_check(model: str, check: Check, values: Iterable[float], pooled: Interval | None = None) -> Judged:
    """Hold the replications' values of a figure against theory; ``pooled`` is the interval of all of them together,
    where the check asks for it."""
    known = THEORY[check.case]
    if pooled is None:
        interval = mean_interval([value / check.scale for value in values], CONFIDENCE)
    else:
        parts = (pooled.estimate / check.scale, pooled.low / check.scale, pooled.high / check.scale)
        interval = Interval(*parts, pooled.count, pooled.dropped)
    return Judged(
        model=model,
        case=check.case,
        quantity=known.quantity,
        unit=known.unit,
        theory=known.value,
        tolerance=check.tolerance,
        precision=check.precision,
        callsim=interval,
        note=check.note,
        complaint=_against(interval, known.value, check.precision, check.tolerance),
    )


def with_peer(judged: Judged, check: Check, values: Sequence[float], peer: Sequence[float]) -> Judged:
    """Add what Ciw says of the same figure, and hold the two against each other: twice the check's precision will do,
    as Ciw is played for less long."""
    interval = mean_interval(peer, CONFIDENCE)
    complaint = _apart([value / check.scale for value in values], peer, 2 * check.precision)
    joined = "; ".join(text for text in (judged.complaint, complaint) if text)
    return replace(judged, peer=interval, complaint=joined)


def judge_comparison(model: str, comparison: Comparison, values: Sequence[float], peer: Sequence[float]) -> Judged:
    """Hold callsim against Ciw where no formula is known."""
    return Judged(
        model=model,
        case="",
        quantity=comparison.quantity,
        unit=comparison.unit,
        theory=math.nan,
        tolerance=0.0,
        precision=comparison.precision,
        callsim=mean_interval(values, CONFIDENCE),
        peer=mean_interval(peer, CONFIDENCE),
        complaint=_apart(values, peer, comparison.precision),
    )


def _against(found: Interval, theory: float, precision: float, tolerance: float) -> str:
    """What is wrong with an interval that should hold the theory and be narrow."""
    size = abs(theory) or 1.0
    if math.isnan(found.low):
        return f"no interval ({found.count} values)"
    if (found.high - found.low) / 2 > precision * size:
        return f"too wide: ± {(found.high - found.low) / 2 / size:.2%}, asked for ± {precision:.2%}"
    give = (tolerance + ROUNDING) * size
    if not found.low - give <= theory <= found.high + give:
        return f"disagrees with theory by {(found.estimate - theory) / size:+.2%}"
    return ""


def _apart(first: Sequence[float], second: Sequence[float], precision: float) -> str:
    """What is wrong with two samples that should have the same mean (Welch's interval of the difference)."""
    one, two = present(first), present(second)
    parts = standard_error(one) ** 2, standard_error(two) ** 2
    spread = math.fsum(parts)
    degrees = spread**2 / (parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(two) - 1)) if spread else 1.0
    half = student_t_quantile(0.5 + CONFIDENCE / 2, math.floor(degrees)) * math.sqrt(spread)
    gap, size = mean(one) - mean(two), abs(mean(two))
    if half > precision * size:
        return f"difference from Ciw too uncertain: ± {half / size:.2%}, asked for ± {precision:.2%}"
    return f"differs from Ciw by {gap / size:+.2%}" if abs(gap) > half + ROUNDING * size else ""
