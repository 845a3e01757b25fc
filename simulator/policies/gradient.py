"""Envoy's adaptive concurrency: the least response time is measured with few requests in flight, and the limit follows
the ratio of it to the times seen since. Pure: timers are looked at when somebody asks.

Source: Envoy, `envoy.filters.http.adaptive_concurrency`, gradient controller. Percentiles are exact here (nearest
rank), where Envoy reads them from a histogram of some 5 % precision.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.spec.policies import LimitSpec

MINIMA_BEFORE_MEASURING = 5
"""Updates in a row that leave the limit at its minimum, after which the least time is doubted and measured anew."""
ROUNDING = 1e-9
"""Seconds by which the difference of two times may be wrong."""


class EnvoyGradient:
    """A limit that is pinned to its minimum while the least time is measured, and updated at fixed intervals else.

    `luck` gives uniform draws from [0, 1) for the jitter of the measurements.
    """

    __slots__ = (
        "_at_minimum",
        "_buffer",
        "_deferred",
        "_epoch",
        "_fastest",
        "_interval",
        "_jitter",
        "_least",
        "_limit",
        "_luck",
        "_measure_at",
        "_most",
        "_needed",
        "_percentile",
        "_times",
        "_update_at",
        "_update_interval",
    )

    def __init__(self, spec: LimitSpec, luck: Callable[[], float]) -> None:
        assert spec.min and spec.max and spec.percentile and spec.update_interval and spec.min_rtt_interval
        assert spec.min_rtt_requests and spec.jitter is not None and spec.buffer is not None
        self._least, self._most = spec.min, spec.max
        self._percentile = spec.percentile
        self._update_interval, self._interval = spec.update_interval, spec.min_rtt_interval
        self._needed = spec.min_rtt_requests
        self._jitter, self._buffer = spec.jitter, spec.buffer
        self._luck = luck
        self._limit = self._least
        self._times: list[float] = []
        self._fastest = 0.0
        self._at_minimum = 0
        self._update_at = self._measure_at = 0.0
        self._measure(0.0)

    @property
    def measuring(self) -> bool:
        """Whether the least time is being measured."""
        return self._deferred > 0

    def limit(self, now: float) -> int:
        """How many requests may be in flight at `now`."""
        if now >= self._update_at or now >= self._measure_at:
            self._catch_up(now)
        return self._limit

    def sample(self, rtt: float, inflight: int, dropped: bool, now: float) -> int:
        """Take in a response; dropped or not, it counts by its time. One that was sent before the measurement in
        progress began counts for nothing."""
        self.limit(now)
        if now - rtt >= self._epoch - ROUNDING:
            self._times.append(rtt)
            if self.measuring and len(self._times) >= self._needed:
                self._measured(now)
        return self._limit

    def _catch_up(self, now: float) -> None:
        """Do what the two timers would have done by now, in order."""
        while not self.measuring:
            due = min(self._update_at, self._measure_at)
            if due > now:
                return
            if due == self._update_at:
                self._update(now)
            else:
                self._measure(due)

    def _update(self, now: float) -> None:
        due = self._update_at
        if self._times:
            self._set(self._next_limit())
            if self._at_minimum >= MINIMA_BEFORE_MEASURING:
                self._measure_at = due
            self._update_at = due + self._update_interval
        else:  # nothing happens until there is a sample: pass over the intervals that are over
            self._update_at = due + self._update_interval * max(1, ceil((now - due) / self._update_interval))

    def _next_limit(self) -> int:
        time = self._time()
        raised = self._fastest * (1.0 + self._buffer)
        gradient = 2.0 if raised >= 2.0 * time else max(0.5, raised / time)
        scaled = self._limit * gradient
        return max(self._least, min(self._most, int(scaled + sqrt(scaled))))

    def _time(self) -> float:
        """The percentile of the times since the last look, which are forgotten."""
        ranked = sorted(self._times)
        self._times = []
        return ranked[ceil(self._percentile * len(ranked)) - 1]

    def _measure(self, now: float) -> None:
        """Begin to measure the least time, with as few requests in flight as may be."""
        self._deferred = self._limit
        self._limit = self._least
        self._at_minimum = 0
        self._times = []
        self._epoch = now
        self._update_at = self._measure_at = float("inf")

    def _measured(self, now: float) -> None:
        self._fastest = self._time()
        before, self._deferred = self._deferred, 0
        self._limit = before
        self._measure_at = now + self._interval * (1.0 + self._jitter * self._luck())
        self._update_at = now + self._update_interval

    def _set(self, limit: int) -> None:
        stays = limit == self._limit == self._least
        self._at_minimum = self._at_minimum + 1 if stays else 0
        self._limit = limit
