"""Client-side throttling. Pure: it takes the time and knows no clock; the chance is drawn by whoever asks.

Source: "Handling Overload", Site Reliability Engineering (Beyer et al., 2016), chapter 21; Envoy's admission control
filter is the same rule with another factor, a bend and a cap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import OUTCOMES

if TYPE_CHECKING:
    from simulator.outcomes import Outcome
    from simulator.spec.policies import ThrottleSpec

BUCKETS = 30
"""Parts of the window that are forgotten one by one: whole seconds of Envoy's 30 s, 4 s of the book's two minutes."""


class Window:
    """How many calls there were in the last seconds, and how many were accepted: constant work a call.

    The window moves on by a part of `BUCKETS` at a time, so it holds between 29 and 30 parts.

    Attributes:
        requests, accepts: the sums over the window as of the last call.
    """

    __slots__ = ("_accepted", "_ends", "_length", "_part", "_requested", "accepts", "requests")

    def __init__(self, seconds: float) -> None:
        self._length = seconds / BUCKETS
        self._requested = [0] * BUCKETS
        self._accepted = [0] * BUCKETS
        self._part = 0
        self._ends = self._length
        self.requests = 0
        self.accepts = 0

    def advance(self, now: float) -> None:
        """Forget what is too old at `now` (seconds, never going back)."""
        if now < self._ends:
            return
        part = int(now / self._length)
        for step in range(max(part - BUCKETS, self._part) + 1, part + 1):
            place = step % BUCKETS
            self.requests -= self._requested[place]
            self.accepts -= self._accepted[place]
            self._requested[place] = self._accepted[place] = 0
        self._part = part
        self._ends = (part + 1) * self._length

    def count(self, accepts: int) -> None:
        """One request more, and so many accepts (0 or 1), at the time of the last `advance`."""
        place = self._part % BUCKETS
        self.requests += 1
        self.accepts += accepts
        self._requested[place] += 1
        self._accepted[place] += accepts

    def clear(self) -> None:
        """Forget everything."""
        self._requested = [0] * BUCKETS
        self._accepted = [0] * BUCKETS
        self.requests = self.accepts = 0


class Throttle:
    """One caller's view of how willing its callee is.

    Attributes:
        failing: the outcomes that are no accept.
    """

    __slots__ = (
        "_counts_refused",
        "_exponent",
        "_factor",
        "_fewest",
        "_most",
        "_window",
        "failing",
    )

    def __init__(self, spec: ThrottleSpec) -> None:
        self._factor = spec.factor
        self._exponent = 1.0 / spec.aggression
        self._most = spec.max_rejection
        self._fewest = spec.minimum_rate * spec.window
        self._counts_refused = spec.count_refused
        self._window = Window(spec.window)
        self.failing: frozenset[Outcome] = frozenset(OUTCOMES[name] for name in spec.failures)

    def probability(self, now: float) -> float:
        """The share of calls to refuse now."""
        window = self._window
        window.advance(now)
        excess = window.requests - self._factor * window.accepts
        if excess <= 0 or window.requests < self._fewest:
            return 0.0
        share: float = (excess / (window.requests + 1)) ** self._exponent
        return min(share, self._most)

    def refused(self, now: float) -> None:
        """A call was refused here."""
        if self._counts_refused:
            self._window.advance(now)
            self._window.count(0)

    def record(self, outcome: Outcome, now: float) -> None:
        """The callee's answer to a call, or its silence."""
        self._window.advance(now)
        self._window.count(0 if outcome in self.failing else 1)

    def reset(self, now: float) -> None:
        """Forget everything: the process that held it has crashed."""
        self._window.advance(now)
        self._window.clear()
