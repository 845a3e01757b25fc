"""Times of which only mean and variance are known, put together: one after the other, one of several, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from simulator.spec.laws import AnyLaw

_POINTS = 2000
"""Into so many pieces the time is cut in which the slowest of several is looked for."""

_REACH = 12.0
"""That time ends so many standard deviations above the largest mean."""


class Time(NamedTuple):
    """A random time: mean (seconds, may be infinite) and variance (seconds squared)."""

    mean: float
    variance: float = 0.0

    @classmethod
    def of(cls, law: AnyLaw) -> Time:
        """The time of a law."""
        return cls(law.mean(), law.variance())

    def after(self, other: Time, weight: float = 1.0) -> Time:
        """This time, and with probability `weight` the `other` one after it, independent of it."""
        if not weight:
            return self
        own = other.variance + (1.0 - weight) * other.mean**2 if weight < 1.0 else other.variance
        return Time(self.mean + weight * other.mean, self.variance + weight * own)

    def repeated(self, times: int) -> Time:
        """So many of them, one after the other."""
        return Time(times * self.mean, times * self.variance)


NO_TIME = Time(0.0)


def one_of(ways: Iterable[tuple[float, Time]]) -> Time:
    """One of several times, each with its probability."""
    taken = [(share, time) for share, time in ways if share > 0]
    mean = math.fsum(share * time.mean for share, time in taken)
    if math.isinf(mean):
        return Time(math.inf, math.inf)
    second = math.fsum(share * (time.variance + time.mean**2) for share, time in taken)
    return Time(mean, max(second - mean**2, 0.0))


def when_ended(times: Sequence[Time], needed: int) -> Time:
    """When `needed` of several independent times that begin together have ended.

    Only two moments are known, so each is taken as a gamma law, which is exact for constants, exponential and Erlang
    laws. The variance is that of the slowest branch, which is enough for what is made of it further up.
    """
    return _when_ended(tuple(sorted(times)), needed)


def waited(time: Time, limit: float) -> Time:
    """How long somebody waits who waits no longer than `limit` seconds; the law is taken as in `when_ended`."""
    if not time.variance or math.isinf(time.variance):
        return Time(limit) if time.mean > limit else time
    return _waited(time, limit)


@lru_cache(maxsize=4096)
def _waited(time: Time, limit: float) -> Time:
    import numpy as np
    from scipy.special import gammainc

    if limit > time.mean + _REACH * math.sqrt(time.variance):
        return time
    moments = (np.arange(_POINTS) + 0.5) * (limit / _POINTS)
    still = 1.0 - gammainc(time.mean**2 / time.variance, moments * (time.mean / time.variance))
    mean = float(still.sum() * (limit / _POINTS))
    second = 2.0 * float((still * moments).sum() * (limit / _POINTS))
    return Time(mean, max(second - mean**2, 0.0))


@lru_cache(maxsize=4096)
def _when_ended(times: tuple[Time, ...], needed: int) -> Time:
    ordered = sorted(time.mean for time in times)
    if len(times) == 1:
        return times[0]
    if math.isinf(ordered[needed - 1]):
        return Time(math.inf, math.inf)
    random = [time for time in times if math.isfinite(time.variance) and time.variance > 0.0]
    if not random:
        return Time(ordered[needed - 1])
    horizon = max(time.mean + _REACH * math.sqrt(time.variance) for time in times if math.isfinite(time.variance))
    horizon = max(horizon, ordered[needed - 1])
    return Time(_expected(times, needed, horizon), max(time.variance for time in random))


def _expected(times: Sequence[Time], needed: int, horizon: float) -> float:
    """The mean: the integral of the probability that fewer than `needed` have ended."""
    import numpy as np
    from scipy.special import gammainc

    moments = (np.arange(_POINTS) + 0.5) * (horizon / _POINTS)
    ended = np.zeros((needed, _POINTS))
    ended[0] = 1.0  # by number of those that have ended, below `needed`: how probable that is at each moment
    for time in times:
        if not time.variance or math.isinf(time.variance):
            share = (moments >= time.mean).astype(float)
        else:
            share = gammainc(time.mean**2 / time.variance, moments * (time.mean / time.variance))
        ended[1:] = ended[1:] * (1.0 - share) + ended[:-1] * share
        ended[0] *= 1.0 - share
    return float(ended.sum() * (horizon / _POINTS))
