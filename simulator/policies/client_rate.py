"""The client's own send rate in the AWS SDKs' adaptive mode: found by CUBIC, kept by a token bucket. Pure.

Until the first throttling reply nothing is held back, but the rate is measured already. From then on each attempt takes
a token. Source: botocore ``retries/adaptive.py`` and ``bucket.py``; CUBIC: Ha, Rhee and Xu, ACM
SIGOPS Operating Systems Review 42(5), 2008.
"""

from __future__ import annotations

import math

BETA = 0.7
"""What a throttling reply leaves of the rate."""
SCALE = 0.4
"""CUBIC's C: how fast the rate grows again."""
BUCKETS_PER_SECOND = 2
"""The rate is measured anew every half second."""
SMOOTHING = 0.8
"""Weight of the newest measurement."""
LEAD = 2.0
"""The rate is at most so many times the measured one."""
SLOWEST = 0.5
"""Attempts per second that are always allowed."""
_SPECK = 1e-9
"""A token that lacks no more than a float's error is whole."""


class ClientRate:
    """Rates are attempts per second, times seconds.

    Attributes:
        enabled: whether attempts are held back: since the first throttling reply.
        rate: at which tokens come.
    """

    __slots__ = (
        "_bucket",
        "_capacity",
        "_count",
        "_failed_at",
        "_filled_at",
        "_measured",
        "_most",
        "_peak",
        "enabled",
        "rate",
    )

    def __init__(self, now: float = 0.0) -> None:
        self.reset(now)

    def reset(self, now: float) -> None:
        """Begin anew."""
        self.enabled = False
        self.rate = self._most = 1.0
        self._capacity = self._peak = self._measured = 0.0
        self._count = 0
        self._bucket = math.floor(now) * BUCKETS_PER_SECOND
        self._filled_at = self._failed_at = now

    def take(self, now: float) -> bool:
        """Take a token for one attempt, if there is one or none is needed."""
        if not self.enabled:
            return True
        self._fill(now)
        if self._capacity < 1.0 - _SPECK:
            return False
        self._capacity -= 1.0
        return True

    def give_back(self) -> None:
        """The attempt that took a token was not made."""
        self._capacity = min(self._most, self._capacity + 1.0)

    def missing(self, now: float) -> float:
        """Seconds until the next token, at the present rate."""
        self._fill(now)
        return max(0.0, (1.0 - self._capacity) / self.rate)

    def answered(self, now: float, *, throttled: bool) -> None:
        """An attempt has ended."""
        measured = self._measure(now)
        if throttled:
            self._peak = min(measured, self.rate) if self.enabled else measured
            self._failed_at = now
            self.enabled = True
            rate = self._peak * BETA
        else:
            back_at_peak = math.pow(self._peak * (1.0 - BETA) / SCALE, 1.0 / 3.0)
            rate = SCALE * math.pow(now - self._failed_at - back_at_peak, 3.0) + self._peak
        self._fill(now)
        wanted = min(rate, LEAD * measured)
        self.rate = max(wanted, SLOWEST)
        self._most = max(wanted, 1.0)
        self._capacity = min(self._capacity, self._most)

    def _fill(self, now: float) -> None:
        self._capacity = min(self._most, self._capacity + (now - self._filled_at) * self.rate)
        self._filled_at = now

    def _measure(self, now: float) -> float:
        self._count += 1
        bucket = math.floor(now * BUCKETS_PER_SECOND)
        if bucket > self._bucket:
            current = self._count * BUCKETS_PER_SECOND / (bucket - self._bucket)
            self._measured = current * SMOOTHING + self._measured * (1.0 - SMOOTHING)
            self._count = 0
            self._bucket = bucket
        return self._measured
