"""Rate limiters. Pure: they take the time and know no clock.

All reckon in whole nanoseconds, as the libraries do, so that a call exactly on a boundary falls on the right side of
it. A limiter answers with a verdict at once; whoever must wait has then reserved its turn, and later callers queue
behind it. A turn that was reserved and given up is spent: time cannot be handed back (resilience4j does the same).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from simulator.spec.policies import RateLimitSpec

NANOSECONDS = 1e9


class Verdict(NamedTuple):
    """What a limiter says of a call.

    Attributes:
        allowed: whether the call may be made, after `wait` seconds.
        wait: seconds to wait before the call, or before it is refused.
        retry_after: seconds after which a call like a refused one would have had its turn; 0 for an allowed one.
    """

    allowed: bool
    wait: float = 0.0
    retry_after: float = 0.0


AT_ONCE = Verdict(True)
"""The verdict on a call that need not wait."""


class RateLimiter(Protocol):
    """Says of each call when it may be made."""

    def acquire(self, now: float) -> Verdict:
        """A call wants to be made `now` (seconds, never going back)."""

    def reset(self, now: float) -> None:
        """Begin anew: the process that held it has crashed."""


class _Patience:
    """How long callers wait, and whether one that will be refused waits too."""

    __slots__ = ("_longest", "_refused_after")

    def __init__(self, max_wait: float | None, *, refused_at_once: bool) -> None:
        self._longest = float("inf") if max_wait is None else max_wait * NANOSECONDS + 0.5
        self._refused_after = 0.0 if refused_at_once or max_wait is None else max_wait

    def suffices(self, nanoseconds: float) -> bool:
        """Whether a wait is short enough."""
        return nanoseconds <= self._longest

    def refusal(self, nanoseconds: float) -> Verdict:
        """The verdict on a call whose turn would come too late."""
        return Verdict(False, self._refused_after, nanoseconds / NANOSECONDS)


class Spaced:
    """Calls `period / limit` apart on average, `at_once` of them together after a silence.

    The virtual scheduling form of the generic cell rate algorithm (ITU-T I.371): each call moves the theoretical
    arrival time of the next one on by one interval, and may come before its own by the tolerance. A token bucket that
    is filled evenly and holds `at_once` tokens decides alike, so both kinds are this machine. Times are kept as
    multiples of 1/limit nanoseconds: an interval is then a whole number.
    """

    __slots__ = ("_due", "_limit", "_patience", "_period", "_tolerance")

    def __init__(self, limit: int, period: float, at_once: int, patience: _Patience) -> None:
        self._limit = limit
        self._period = _whole(period)
        self._tolerance = self._period * at_once
        self._patience = patience
        self._due = 0

    def acquire(self, now: float) -> Verdict:
        """Allowed at its theoretical arrival time less the tolerance."""
        instant = _whole(now) * self._limit
        due = (self._due if self._due > instant else instant) + self._period
        early = due - self._tolerance - instant
        if early < self._limit:  # less than a nanosecond, which is what rounding the times can make of nothing
            self._due = due
            return AT_ONCE
        wait = early / self._limit
        if self._patience.suffices(wait):
            self._due = due
            return Verdict(True, wait / NANOSECONDS)
        return self._patience.refusal(wait)

    def reset(self, now: float) -> None:
        """As after a long silence."""
        self._due = 0


class Cycles:
    """`limit` calls for each period, granted at its begin; at most `most` lie unused.

    Periods are counted from the construction. A call for which nothing is left takes from a later period, so what is
    left may be negative: that many calls have reserved their turns (resilience4j's AtomicRateLimiter).
    """

    __slots__ = ("_begin", "_cycle", "_left", "_limit", "_most", "_patience", "_period")

    def __init__(self, limit: int, period: float, most: int, patience: _Patience) -> None:
        self._limit = limit
        self._period = max(1, _whole(period))
        self._most = most
        self._patience = patience
        self._begin = 0
        self._cycle = 0
        self._left = min(most, limit)

    def acquire(self, now: float) -> Verdict:
        """Allowed if this period, or one that begins soon enough, has a call left."""
        cycle, inside = divmod(_whole(now) - self._begin, self._period)
        if cycle > self._cycle:
            self._left = min(self._most, self._left + (cycle - self._cycle) * self._limit)
            self._cycle = cycle
        if self._left > 0:
            self._left -= 1
            return AT_ONCE
        periods = -self._left // self._limit + 1
        wait = periods * self._period - inside
        if self._patience.suffices(wait):
            self._left -= 1
            return Verdict(True, wait / NANOSECONDS)
        return self._patience.refusal(wait)

    def reset(self, now: float) -> None:
        """A new limiter, whose first period begins now."""
        self._begin = _whole(now)
        self._cycle = 0
        self._left = min(self._most, self._limit)


def limiter_of(spec: RateLimitSpec) -> RateLimiter:
    """The limiter that a spec describes."""
    patience = _Patience(spec.max_wait, refused_at_once=spec.refusal == "at_once")
    kind = Cycles if spec.kind == "cycles" else Spaced
    return kind(spec.limit, spec.period, spec.at_once, patience)


def _whole(seconds: float) -> int:
    """Nanoseconds, to the nearest."""
    return int(seconds * NANOSECONDS + 0.5)
