"""Paired differences of ratios: two variants on the same random numbers, each taken over all its requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from experiments.statistics.counts import Count, Kind, counted, exact_ends
from experiments.statistics.distributions import beta_share
from experiments.statistics.intervals import CONFIDENCE
from experiments.statistics.paired import Difference, constant, of_constants, of_students_t, paired_difference
from experiments.statistics.ratios import Ratio, ratio


class Sized(NamedTuple):
    """One variant's ratios, one per replication, and what each was taken over; parallel, NaN or 0 where none."""

    values: Sequence[float]
    sizes: Sequence[float]


def ratio_difference(
    first: Sized, second: Sized, kind: Kind | None = None, confidence: float = CONFIDENCE
) -> Difference:
    """Compare two ratios, replication by replication.

    Only replications in which both variants have a value over something count. The difference is that of the two
    ratios over these; its standard error comes from the differences of the pulls (see `experiments.statistics.ratios`)
    within each replication, so what the two have in common by the same random numbers cancels; Student's t.

    Where events are counted and both sides have few, see `_rare`; where one has, an exact test has to see the
    difference as well (`at_least_exact`). Means whose difference is the same in all replications: see
    `experiments.statistics.paired.of_constants`. Two variants without any event are the same, as far
    as was seen: the interval says how far that is. Infinite values: see `experiments.statistics.paired`.

    Args:
        first: of one variant.
        second: of the other, replications in the same order.
        kind: what is counted; None: no events, only means.
        confidence: of the interval.

    Raises:
        ValueError: the vectors differ in length.
    """
    if len({len(first.values), len(first.sizes), len(second.values), len(second.sizes)}) > 1:
        raise ValueError("paired vectors and their sizes must have the same length")
    plain = paired_difference(first.values, second.values, confidence=confidence)
    one, two = _common(first, second), _common(second, first)
    a, b = ratio(*one), ratio(*two)
    if not a.pulls or not b.pulls:
        return plain
    rare = both_rare(one, two, kind, confidence)
    if rare is not None and not rare[0].rare + rare[1].rare:
        return never_seen(*rare, confidence)
    if plain.identical:
        return plain
    if rare is not None:
        return _rare(*rare, confidence)
    counts = both_counted(one, two, kind, confidence)
    if counts is not None:
        return at_least_exact(_of_pulls(a, b, confidence), *counts, _error(a, b), confidence)
    centre = a.estimate - b.estimate
    if a.count > 1 and constant(centre, _error(a, b)):
        return of_constants(centre, 2.0 ** (1 - a.count), a.count, confidence)
    return _of_pulls(a, b, confidence)


def _common(own: Sized, other: Sized) -> Sized:
    """Return the replications that count on both sides."""
    rows = zip(own.values, own.sizes, other.values, other.sizes, strict=True)
    kept = [
        (value, size)
        for value, size, beside, of_beside in rows
        if not math.isnan(value) and size > 0 and not math.isnan(beside) and of_beside > 0
    ]
    return Sized([value for value, _ in kept], [size for _, size in kept])


def _of_pulls(first: Ratio, second: Ratio, confidence: float) -> Difference:
    count, centre = first.count, first.estimate - second.estimate
    if count < 2:
        return Difference(centre, math.nan, math.nan, math.nan, count, identical=False)
    return of_students_t(centre, _error(first, second), count, confidence)


def _error(first: Ratio, second: Ratio) -> float:
    """Return the standard error of the difference of two ratios over the same replications."""
    squares = math.fsum((one - two) ** 2 for one, two in zip(first.pulls, second.pulls, strict=True))
    return math.sqrt(squares / (first.count - 1) / first.count)


def both_rare(
    first: Sized, second: Sized, kind: Kind | None, confidence: float = CONFIDENCE
) -> tuple[Count, Count] | None:
    """Return the counts of both sides if both are few, and the same of them: events, or non-events of a share."""
    counts = both_counted(first, second, kind, confidence)
    if counts is None:
        return None
    one, two = counts
    return counts if one.few and two.few and one.mostly == two.mostly else None


def both_counted(
    first: Sized, second: Sized, kind: Kind | None, confidence: float = CONFIDENCE
) -> tuple[Count, Count] | None:
    """Return the counts of both sides; None if either side has none."""
    if kind is None:
        return None
    one, two = counted(*first, kind, confidence), counted(*second, kind, confidence)
    return None if one is None or two is None else (one, two)


def at_least_exact(
    found: Difference, first: Count, second: Count, error: float, confidence: float = CONFIDENCE
) -> Difference:
    """Return a difference by Student's t, but no surer than an exact test of the same events.

    That test counts where a side has few events (or, of a share, non-events), or the difference is the same in all
    replications: Student's t then saw no variance, which is no proof that there is none. Where both sides have few, the
    one of events and the other of non-events, the ends are those of `rare_ends`.

    Args:
        found: the difference by Student's t.
        first: what was counted on one side.
        second: and on the other; not both without any event, or with nothing else.
        error: the standard error of the difference.
        confidence: of the interval.
    """
    if not (first.few or second.few or constant(found.estimate, error)):
        return found
    p_value = max(found.p_value, conditional_p_value(first, second, 1 / dispersion_of(first, second, error)))
    if not (first.few and second.few):
        return replace(found, p_value=p_value)
    low, high = rare_ends(first, second, confidence)
    return replace(found, low=low, high=high, p_value=p_value)


def never_seen(first: Count, second: Count, confidence: float = CONFIDENCE) -> Difference:
    """Return the difference of two variants in which nothing happened (or nothing else), and how sure that is."""
    (low, high), (other_low, other_high) = exact_ends(first, confidence), exact_ends(second, confidence)
    return Difference(0.0, low - other_high, high - other_low, 1.0, first.ratio.count, identical=True)


def _rare(first: Count, second: Count, confidence: float) -> Difference:
    """Compare few events with few.

    p-value: the larger of two, each of which is right where the other is not. `conditional_p_value` of the events,
    first divided by their dispersion (the variance of the paired difference over that of independent events), knows
    that events come one by one, where Student's t may have seen no variance at all; and Student's t knows from how few
    replications the dispersion is. Interval: see `rare_ends`; with common random numbers it is rather too wide.
    """
    a, b = first.ratio, second.ratio
    low, high = rare_ends(first, second, confidence)
    return Difference(a.estimate - b.estimate, low, high, _p_value(first, second), a.count, identical=False)


def rare_ends(first: Count, second: Count, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the ends of the interval of the difference of two independent rates with few events.

    Each side's own exact interval, put together by the distances of their ends from the estimates (Newcombe, Statistics
    in Medicine 17 (1998); Zou and Donner, ibid. 27 (2008)). If one side shows bursts, the other's events count as
    little.
    """
    one, two = first.ratio.estimate, second.ratio.estimate
    worth = min(first.worth, second.worth)
    low, high = exact_ends(replace(first, worth=worth), confidence)
    other_low, other_high = exact_ends(replace(second, worth=worth), confidence)
    return one - two - math.hypot(one - low, other_high - two), one - two + math.hypot(high - one, two - other_low)


def _p_value(first: Count, second: Count) -> float:
    """Return the larger of two p-values of few events against few; at least one side has any."""
    by_pulls = _of_pulls(first.ratio, second.ratio, CONFIDENCE).p_value
    dispersion = dispersion_of(first, second, _error(first.ratio, second.ratio))
    return max(by_pulls, conditional_p_value(first, second, 1 / dispersion))


def dispersion_of(first: Count, second: Count, error: float) -> float:
    """Return the variance of the difference of two shares or rates over that of independent events, at least 1."""
    rate = (first.events + second.events) / (first.trials + second.trials)
    each = rate * (1 - rate) if first.kind == "share" else rate
    chance = each * (1 / first.trials + 1 / second.trials)
    return max(1.0, error**2 / chance) if chance else 1.0


def conditional_p_value(first: Count, second: Count, worth: float) -> float:
    """Return the two-sided p-value for equal rates, given how many (effective) events there are on both sides together.

    Przyborowski and Wilenski, Biometrika 31 (1940); twice the smaller tail. Of shares, of the events or the non-events,
    whichever tell more: either is more careful than Fisher's exact test. ``worth``: effective events by event.
    """
    share = first.trials / (first.trials + second.trials)
    found = _binomial_p_value(first.events * worth, second.events * worth, share)
    if first.kind == "number":
        return found
    left, right = first.trials - first.events, second.trials - second.events
    return min(found, _binomial_p_value(left * worth, right * worth, share))


def _binomial_p_value(events: float, others: float, share: float) -> float:
    """Twice the smaller tail of so many events out of all, of which the first side expects a share."""
    at_least = beta_share(share, events, others + 1) if events else 1.0
    at_most = beta_share(1 - share, others, events + 1) if others else 1.0
    return min(1.0, 2 * min(at_least, at_most))
