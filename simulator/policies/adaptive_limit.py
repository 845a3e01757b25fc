"""Limits on requests in flight that adapt to what is seen. Pure: they take the time and know no clock.

A *rule* (`Aimd`, `Vegas`, `Gradient2`, or Envoy's in `policies.gradient`) turns samples into a limit; a `Limiter`
counts what is in flight under one. A sample is a response time, how many requests were in flight when its request
began (itself included), and whether it was dropped.

Sources: Netflix concurrency-limits; L. Brakmo, L. Peterson, "TCP Vegas", IEEE JSAC 13(8), 1995, whose estimate of the
queue `Vegas` uses. Times are compared in whole nanoseconds as there, so that equal response times are equal although
they are differences of floats.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log10
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from simulator.spec.policies import LimitSpec

NANOSECONDS = 1e9
WARM_UP = 10
"""Samples of Gradient2's long average that are simply averaged."""


class Rule(Protocol):
    """How a limit adapts."""

    def limit(self, now: float) -> int:
        """How many requests may be in flight at `now` (seconds)."""

    def sample(self, rtt: float, inflight: int, dropped: bool, now: float) -> int:
        """Take in a request that ended at `now` after `rtt` seconds; the limit after it."""


class Permit(NamedTuple):
    """A place in flight, to be given back by `Limiter.record` or `release`, once.

    Attributes:
        since: when its request began, seconds. inflight: how many were in flight then, itself included.
        generation: how often the limiter had been reset.
    """

    since: float
    inflight: int
    generation: int


class Limiter:
    """Counts requests in flight, never more than its rule allows when one begins.

    Attributes:
        inflight: permits that are out.
    """

    __slots__ = ("_generation", "_make", "_rule", "inflight")

    def __init__(self, make: Callable[[], Rule]) -> None:
        self._make = make
        self._rule = make()
        self._generation = 0
        self.inflight = 0

    def limit(self, now: float) -> int:
        """How many requests may be in flight at `now`."""
        return self._rule.limit(now)

    def admit(self, now: float) -> Permit | None:
        """Ask for a place; None is a refusal."""
        if self.inflight >= self._rule.limit(now):
            return None
        self.inflight += 1
        return Permit(now, self.inflight, self._generation)

    def record(self, permit: Permit, dropped: bool, now: float) -> None:
        """Take in how an admitted request ended."""
        if permit.generation == self._generation:
            self.inflight -= 1
            self._rule.sample(now - permit.since, permit.inflight, dropped, now)

    def release(self, permit: Permit) -> None:
        """Give back the place of a request that says nothing about the load."""
        if permit.generation == self._generation:
            self.inflight -= 1

    def reset(self, now: float) -> None:
        """Forget everything: the process that held it has crashed."""
        self._generation += 1
        self._rule = self._make()
        self.inflight = 0


class Aimd:
    """Adds one after a success when at least half the limit was in use, multiplies by a ratio after a drop."""

    __slots__ = ("_least", "_limit", "_most", "_ratio", "_timeout")

    def __init__(self, spec: LimitSpec) -> None:
        assert spec.initial and spec.min and spec.max and spec.backoff_ratio and spec.timeout
        self._limit = spec.initial
        self._least = spec.min
        self._most = spec.max
        self._ratio = spec.backoff_ratio
        self._timeout = _nanoseconds(spec.timeout)

    def limit(self, now: float) -> int:
        """How many requests may be in flight."""
        return self._limit

    def sample(self, rtt: float, inflight: int, dropped: bool, now: float) -> int:
        """Take in how a request ended; a response slower than the timeout is a drop."""
        limit = self._limit
        if dropped or _nanoseconds(rtt) > self._timeout:
            limit = int(limit * self._ratio)
        elif 2 * inflight >= limit:
            limit += 1
        self._limit = max(self._least, min(self._most, limit))
        return self._limit


class Vegas:
    """Estimates the queue from the least response time seen, and keeps it between alpha and beta.

    The sample that sets a new least time changes nothing else. Every so many samples the least time is forgotten for
    the present one: what was once fast may have become slow for good. `luck` gives uniform draws from [0, 1).
    """

    __slots__ = ("_alpha", "_beta", "_estimate", "_fastest", "_luck", "_probe", "_samples", "_spec")

    def __init__(self, spec: LimitSpec, luck: Callable[[], float]) -> None:
        assert spec.initial
        self._spec = spec
        self._estimate = float(spec.initial)
        self._fastest = 0
        self._samples = 0
        self._luck = luck
        self._probe = self._next_probe()

    def limit(self, now: float) -> int:
        """How many requests may be in flight."""
        return int(self._estimate)

    def sample(self, rtt: float, inflight: int, dropped: bool, now: float) -> int:
        """Take in how a request ended."""
        time = _nanoseconds(rtt)
        self._samples += 1
        if self._samples >= self._probe * self._estimate:
            self._probe = self._next_probe()
            self._samples = 0
            self._fastest = time
        elif not self._fastest or time < self._fastest:
            self._fastest = time
        else:
            self._adapt(time, inflight, dropped)
        return int(self._estimate)

    def _adapt(self, time: int, inflight: int, dropped: bool) -> None:
        estimate = self._estimate
        spec = self._spec
        step = max(1, int(log10(int(estimate))))
        if dropped:
            wanted = estimate - step
        elif 2 * inflight < estimate:
            return
        else:
            queue = ceil(estimate * (1.0 - self._fastest / time))
            beta = spec.beta or 6 * step
            if queue <= step:
                wanted = estimate + beta
            elif queue < (spec.alpha or 3 * step):
                wanted = estimate + step
            elif queue > beta:
                wanted = estimate - step
            else:
                return
        assert spec.min and spec.max and spec.smoothing
        wanted = max(spec.min, min(spec.max, wanted))
        self._estimate = (1.0 - spec.smoothing) * estimate + spec.smoothing * wanted

    def _next_probe(self) -> float:
        return (0.5 + 0.5 * self._luck()) * (self._spec.probe_multiplier or 1)


class Gradient2:
    """Compares each response time with its long exponential average, and lets a short queue stand."""

    __slots__ = ("_count", "_estimate", "_long", "_spec")

    def __init__(self, spec: LimitSpec) -> None:
        assert spec.initial
        self._spec = spec
        self._estimate = float(spec.initial)
        self._long = 0.0
        self._count = 0

    def limit(self, now: float) -> int:
        """How many requests may be in flight."""
        return int(self._estimate)

    def sample(self, rtt: float, inflight: int, dropped: bool, now: float) -> int:
        """Take in how a request ended; dropped or not, it counts by its time."""
        time = _nanoseconds(rtt)
        average = self._averaged(time)
        spec = self._spec
        estimate = self._estimate
        if average > 2 * time:
            self._long = 0.9 * average  # back to normal after a long overload: forget it faster
        if 2 * inflight >= estimate:
            assert spec.min and spec.max and spec.smoothing and spec.queue_size
            wanted = estimate * max(0.5, min(1.0, average / time)) + spec.queue_size
            smoothed = estimate * (1.0 - spec.smoothing) + wanted * spec.smoothing
            self._estimate = max(spec.min, min(spec.max, smoothed))
        return int(self._estimate)

    def _averaged(self, time: int) -> float:
        """The long average with this time in it: a plain mean at first, then an exponential one."""
        if self._count < WARM_UP:
            self._count += 1
            self._long += (time - self._long) / self._count
        else:
            weight = 2.0 / ((self._spec.long_window or 1) + 1)
            self._long += (time - self._long) * weight
        return self._long


def _nanoseconds(seconds: float) -> int:
    """Whole nanoseconds, at least one: a response takes some time."""
    return max(1, round(seconds * NANOSECONDS))
