"""Differences of ratios between two independent groups of replications."""

from __future__ import annotations

import math

from experiments.statistics.counts import Count, Kind
from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import CONFIDENCE
from experiments.statistics.paired import Difference, constant, of_constants
from experiments.statistics.paired_ratios import (
    Sized,
    at_least_exact,
    both_counted,
    both_rare,
    conditional_p_value,
    dispersion_of,
    never_seen,
    rare_ends,
)
from experiments.statistics.ratios import Ratio, ratio
from experiments.statistics.two_samples import student_t_tails
from experiments.statistics.unpaired import separated_p_value, unpaired_difference


def unpaired_ratio_difference(
    first: Sized, second: Sized, kind: Kind | None = None, confidence: float = CONFIDENCE
) -> Difference:
    """Compare two ratios of replications that have nothing in common.

    The standard errors of the two add up as those of independent means do, with the degrees of freedom of Welch and
    Satterthwaite. Where events are counted and a side has few, the exact test of the events, divided by their
    dispersion, has to see a difference as well. Infinite values: see `experiments.statistics.unpaired`.

    Args:
        first: one group's ratios, and what each was taken over.
        second: the other's; the two may differ in length.
        kind: what is counted; None: no events, only means.
        confidence: of the interval.
    """
    plain = unpaired_difference(first.values, second.values, confidence=confidence)
    one, two = ratio(*first), ratio(*second)
    if min(one.count, two.count) < 2 or not one.pulls or not two.pulls:
        return plain
    rare = both_rare(first, second, kind, confidence)
    if plain.identical:
        return plain if rare is None or rare[0].rare else never_seen(*rare, confidence)
    counts = both_counted(first, second, kind, confidence)
    if rare is None and counts is not None:
        error = math.hypot(one.standard_error, two.standard_error)
        return at_least_exact(_of_pulls(one, two, confidence), *counts, error, confidence)
    if rare is None:
        return _of_means(one, two, confidence)
    p_value = _p_value(*rare, _of_pulls(one, two, confidence).p_value)
    ends = rare_ends(*rare, confidence)
    return Difference(one.estimate - two.estimate, *ends, p_value, min(one.count, two.count), identical=False)


def _p_value(first: Count, second: Count, by_pulls: float) -> float:
    """Return the larger of two p-values, as `experiments.statistics.paired_ratios` does for pairs."""
    dispersion = dispersion_of(first, second, math.hypot(first.ratio.standard_error, second.ratio.standard_error))
    return max(by_pulls, conditional_p_value(first, second, 1 / dispersion))


def _of_means(one: Ratio, two: Ratio, confidence: float) -> Difference:
    gap, error = one.estimate - two.estimate, math.hypot(one.standard_error, two.standard_error)
    if constant(gap, error):
        p_value = separated_p_value(one.count, two.count)
        return of_constants(gap, p_value, min(one.count, two.count), confidence)
    return _of_pulls(one, two, confidence)


def _of_pulls(one: Ratio, two: Ratio, confidence: float) -> Difference:
    gap, count = one.estimate - two.estimate, min(one.count, two.count)
    parts = one.standard_error**2, two.standard_error**2
    error = math.sqrt(parts[0] + parts[1])
    if not error:
        return Difference(gap, gap, gap, 0.0 if gap else 1.0, count, identical=False)
    degrees = error**4 / (parts[0] ** 2 / (one.count - 1) + parts[1] ** 2 / (two.count - 1))
    half = student_t_quantile(0.5 + confidence / 2, degrees) * error
    return Difference(gap, gap - half, gap + half, student_t_tails(gap / error, degrees), count, identical=False)
