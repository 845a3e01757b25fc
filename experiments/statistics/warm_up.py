"""Where the beginning of a series ends: the marginal standard error rule on batches of five (MSER-5).

A simulation that begins empty is not yet what it will be. MSER leaves out as many of the first observations as make the
interval of the mean of the rest narrowest: an observation that is still on its way there widens it, and every other one
that is left out does so too.

References: K. P. White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69
(1997); K. P. White and S. Robinson, "The problem of the initial transient (again), or why MSER works", J. Simulation 4
(2010); K. Hoad, S. Robinson and R. Davies, "Automating warm-up length estimation", J. Oper. Res. Soc. 61 (2010), whose
rule it is that a minimum in the second half is not to be trusted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

BATCH = 5
"""Observations in a batch."""

LAST = 5
"""So many batches at the end are never left out: the spread of fewer is chance (Hoad, Robinson and Davies)."""

FEWEST = 20
"""With fewer batches there is no telling."""

CONSTANT = 1e-6
"""Batches that differ by less than this share of the largest are equal. Answers that take exactly as long are off by
the rounding of the times that they are differences of, and the least of such noise is anywhere."""


@dataclass(frozen=True, slots=True)
class Truncation:
    """What MSER says of one series.

    Attributes:
        count: observations to leave out at the beginning: a whole number of batches, from the first half.
        trusted: the statistic is smallest in the first half. If not, the series is too short to tell its beginning from
            the rest, or has no steady state at all.
        curve: the statistic by the number of batches left out, from 0: the squared standard error of the mean of
            what is kept, as if its batches were independent; 0 where they are equal (`CONSTANT`).
    """

    count: int
    trusted: bool
    curve: tuple[float, ...]


def enough(values: Sequence[float], batch: int = BATCH) -> bool:
    """Say whether a series is long enough for `mser`."""
    return len(values) // batch >= FEWEST


def mser(values: Sequence[float], batch: int = BATCH) -> Truncation:
    """Return where to cut a series of finite values.

    Args:
        values: in the order in which they were observed. What does not fill a last batch is left out.
        batch: observations per batch; 1 for values that are averages of many already.

    Raises:
        ValueError: the series is not `enough`, or holds what is not finite.
    """
    if not enough(values, batch):
        raise ValueError(f"{len(values)} observations are too few: at least {FEWEST} batches of {batch} are needed")
    if not all(map(math.isfinite, values)):
        raise ValueError("the values of a series must be finite")
    means = batch_means(values, batch)
    curve = _curve(means)
    half = len(means) // 2
    first = min(range(half + 1), key=curve.__getitem__)
    lowest = min(curve)
    return Truncation(first * batch, curve[first] <= lowest, curve)


def batch_means(values: Sequence[float], batch: int) -> list[float]:
    """Return the means of consecutive batches; what does not fill the last one is left out."""
    last = len(values) // batch * batch
    return [math.fsum(values[start : start + batch]) / batch for start in range(0, last, batch)]


def _curve(means: Sequence[float]) -> tuple[float, ...]:
    """Return the statistic for 0, 1, … batches left out, by updating from the back (Welford)."""
    noise = (CONSTANT * max(map(abs, means))) ** 2
    centre = squares = 0.0
    curve: list[float] = []
    for kept, value in enumerate(reversed(means), start=1):
        gap = value - centre
        centre += gap / kept
        squares += gap * (value - centre)
        if kept >= LAST:
            curve.append(squares / kept**2 if squares > noise * kept else 0.0)
    return tuple(reversed(curve))
