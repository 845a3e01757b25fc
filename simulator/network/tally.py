"""What is counted on an edge: attempts by outcome, and the time they took. Cumulative; read at boundaries of time."""

from __future__ import annotations

from simulator.outcomes import Outcome


class CallTally:
    """Attempts on one edge, over all its callers.

    Attributes:
        outcomes: number of ended attempts by outcome.
        seconds: total time of ended attempts, as the caller saw it.
    """

    __slots__ = ("outcomes", "seconds")

    def __init__(self) -> None:
        self.outcomes = [0] * len(Outcome)
        self.seconds = 0.0

    def count(self, outcome: Outcome, seconds: float) -> None:
        """One attempt has ended."""
        self.outcomes[outcome] += 1
        self.seconds += seconds
