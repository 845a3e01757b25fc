"""What a closed breaker counts, and when that opens it: a run of failures, or the rates in a window.

Pure. Times inside are whole nanoseconds, so that a border falls where the decimals of a file put it: as floats,
10.9 - 0.9 may or may not be 10. Rates are compared as whole numbers for the same reason.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.spec.policies import BreakerSpec
    from simulator.spec.policies.breaker import WindowSpec


def nanoseconds(seconds: float) -> int:
    """A time in whole nanoseconds: the nearest, so that float noise from adding times is gone."""
    return round(seconds * 1e9)


class Counting(Protocol):
    """What a closed breaker counts."""

    def begin(self, now: int) -> None:
        """Forget everything: the breaker closes at `now`, in nanoseconds."""

    def succeeded(self, now: float, seconds: float) -> bool:
        """Take in a success at `now` after `seconds`, and say whether that opens the breaker."""

    def failed(self, now: float, seconds: float) -> bool:
        """Take in a failure, and say whether that opens the breaker."""


class Run:
    """Failures without a success in between; the `size`-th opens the breaker."""

    __slots__ = ("_size", "failures")

    def __init__(self, size: int) -> None:
        self._size = size
        self.failures = 0

    def begin(self, now: int) -> None:
        """Forget everything."""
        self.failures = 0

    def succeeded(self, now: float, seconds: float) -> bool:
        """A success ends the run."""
        self.failures = 0
        return False

    def failed(self, now: float, seconds: float) -> bool:
        """One more."""
        self.failures += 1
        return self.failures >= self._size


class Totals:
    """How many calls ended, how many of them failed and how many were slow."""

    __slots__ = ("calls", "failures", "slow")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Back to nothing."""
        self.calls = self.failures = self.slow = 0

    def add(self, failed: bool, slow: bool) -> None:
        """One more."""
        self.calls += 1
        self.failures += failed
        self.slow += slow


class Everything:
    """No result is forgotten until all are."""

    def __init__(self) -> None:
        self.totals = Totals()

    def begin(self, now: int) -> None:
        """Forget everything."""
        self.totals.clear()

    def add(self, now: float, failed: bool, slow: bool) -> None:
        """Take in a result."""
        self.totals.add(failed, slow)


class LastResults(Everything):
    """The last `size` results."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._results: deque[tuple[bool, bool]] = deque()

    def begin(self, now: int) -> None:
        """Forget everything."""
        super().begin(now)
        self._results.clear()

    def add(self, now: float, failed: bool, slow: bool) -> None:
        """Take in a result; the oldest one goes."""
        totals, results = self.totals, self._results
        results.append((failed, slow))
        if totals.calls < self._size:
            totals.add(failed, slow)
        else:
            failed_then, slow_then = results.popleft()
            totals.failures += failed - failed_then
            totals.slow += slow - slow_then


class _Bucket(Totals):
    """The results of a stretch of time that began at `start`."""

    __slots__ = ("start",)

    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start


class Buckets(Everything):
    """The results of a time, in buckets: see `WindowSpec` for where they begin and end."""

    def __init__(self, spec: WindowSpec) -> None:
        super().__init__()
        self._size, self.bucket = spec.nanoseconds
        self._aligned = spec.is_aligned
        self._follows_state = spec.anchor == "state"
        self._anchor = 0
        self._buckets: deque[_Bucket] = deque()

    def begin(self, now: int) -> None:
        """Forget everything."""
        super().begin(now)
        self._buckets.clear()
        if self._follows_state:
            self._anchor = now

    def border_after(self, now: int) -> int:
        """The first border between aligned buckets later than `now`."""
        return now - (now - self._anchor) % self.bucket + self.bucket

    def next_change(self, now: int) -> int:
        """The first border at which a bucket could be over that is not over yet, if that is not after `now`; else the
        first border after `now`."""
        last = self.border_after(now)
        return min(last, self.border_after(self._buckets[0].start + self._size)) if self._buckets else last

    def forget(self, now: int) -> None:
        """Drop the buckets that are too old at `now`."""
        edge = self.border_after(now) - self.bucket if self._aligned else now
        buckets = self._buckets
        while buckets and edge - buckets[0].start >= self._size:
            old = buckets.popleft()
            self.totals.calls -= old.calls
            self.totals.failures -= old.failures
            self.totals.slow -= old.slow

    def add(self, now: float, failed: bool, slow: bool) -> None:
        """Take in a result."""
        moment = nanoseconds(now)
        if not self._buckets or moment - self._buckets[-1].start >= self.bucket:
            start = self.border_after(moment) - self.bucket if self._aligned else moment
            self._buckets.append(_Bucket(start))
        self.forget(moment)
        self._buckets[-1].add(failed, slow)
        super().add(now, failed, slow)


class Thresholds:
    """The rates that open a breaker, as fractions."""

    __slots__ = ("_failure", "_longest", "_slow", "_surely_fast")

    def __init__(self, spec: BreakerSpec) -> None:
        slow = spec.slow_call
        self._failure = None if spec.failure_rate is None else Fraction(repr(spec.failure_rate)).as_integer_ratio()
        self._slow = None if slow is None else Fraction(repr(slow.rate)).as_integer_ratio()
        self._longest = inf if slow is None else nanoseconds(slow.longer_than)
        self._surely_fast = inf if slow is None else (self._longest - 1) / 1e9  # so that most need no rounding

    def is_slow(self, seconds: float) -> bool:
        """Whether a call took too long."""
        return seconds > self._surely_fast and nanoseconds(seconds) > self._longest

    def reached(self, totals: Totals, calls: int) -> bool:
        """Whether a rate is reached: of `calls`, which may be more than those that have ended."""
        if self._failure is not None:
            share, whole = self._failure
            if totals.failures * whole >= share * calls:
                return True
        if self._slow is None:
            return False
        share, whole = self._slow
        return totals.slow * whole >= share * calls


class Window:
    """The rates of failures and of slow calls in a window.

    Attributes:
        under_way: calls that count although they have not ended yet.
    """

    __slots__ = (
        "_minimum",
        "_on_failure",
        "_on_result",
        "_thresholds",
        "_ticking",
        "_window",
        "next_tick",
        "under_way",
    )

    def __init__(self, spec: BreakerSpec, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._minimum = spec.minimum_calls or 1
        self._on_result = spec.evaluated == "result"
        self._on_failure = spec.evaluated == "failure"
        self._window = window_of(spec.window)
        self._ticking = self._window if spec.evaluated == "tick" and isinstance(self._window, Buckets) else None
        self.under_way = 0
        if spec.window is not None and spec.window.type == "count":
            self._minimum = min(self._minimum, int(spec.window.size or 1))
        self.begin(0)

    def begin(self, now: int) -> None:
        """Forget everything."""
        self.under_way = 0
        self._window.begin(now)
        self.next_tick = 0 if self._ticking is None else self._ticking.border_after(now)

    def succeeded(self, now: float, seconds: float) -> bool:
        """Take in a success: it can open the breaker where every result is evaluated, or a slow call counts."""
        slow = self._thresholds.is_slow(seconds)
        self._window.add(now, False, slow)
        return (self._on_result or (self._on_failure and slow)) and self._over()

    def failed(self, now: float, seconds: float) -> bool:
        """Take in a failure."""
        self._window.add(now, True, self._thresholds.is_slow(seconds))
        return (self._on_result or self._on_failure) and self._over()

    @property
    def waits_for_tick(self) -> bool:
        """Whether a coming tick could open the breaker."""
        totals = self._window.totals
        return self._ticking is not None and (totals.failures > 0 or totals.slow > 0)

    def tick(self, now: int) -> int | None:
        """Evaluate at every border up to `now` at which there is something new; when that opens the breaker, at which.

        Nothing is taken in between two looks, so that after the first border only the end of a bucket is new: there
        may be billions of borders without one."""
        window = self._ticking
        if window is None:
            return None
        while self.next_tick <= now:
            if not self.waits_for_tick:
                self.next_tick = window.border_after(now)
                return None
            border = self.next_tick
            window.forget(border - 1)  # the buckets that are over at the border, and no more
            if self._over():
                return border
            self.next_tick = max(border + window.bucket, window.next_change(now))
        return None

    def _over(self) -> bool:
        totals = self._window.totals
        calls = totals.calls + self.under_way
        return calls >= self._minimum and self._thresholds.reached(totals, calls)


def window_of(spec: WindowSpec | None) -> Everything:
    """The window that a spec describes; a tumbling one is emptied by the breaker, as results are late then too."""
    if spec is None or spec.type == "tumbling":
        return Everything()
    return LastResults(int(spec.size or 1)) if spec.type == "count" else Buckets(spec)
