"""What is counted on an edge: attempts by outcome, and the time they took. Cumulative; read at boundaries of time."""

from __future__ import annotations

from simulator.outcomes import Outcome


class CallTally:
    """Attempts on one edge, over all its callers.

    Attributes:
        ok: number of attempts that ended ok. failed: number of the others, by outcome.
        seconds: total time of ended attempts, as the caller saw it.
    """

    __slots__ = ("failed", "ok", "seconds")

    def __init__(self) -> None:
        self.ok = 0
        self.failed = [0] * len(Outcome)
        self.seconds = 0.0

    def count(self, outcome: Outcome, seconds: float) -> None:
        """One attempt has ended."""
        if outcome is Outcome.OK:
            self.ok += 1
        else:
            self.failed[outcome] += 1
        self.seconds += seconds

    def ended(self, outcome: Outcome) -> int:
        """How many attempts have ended with `outcome`."""
        return self.ok if outcome is Outcome.OK else self.failed[outcome]
