"""The figures of copies: how many of their rows are behind, and how many stay so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.metrics.figures import Figure, Figures
from simulator.metrics.requests import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.metrics.gauges import Gauges
    from simulator.metrics.phases import Phase
    from simulator.metrics.requests import Column
    from simulator.services.replicated import Copy


class CopyInstrument:
    """All copies of rows that one service keeps.

    Attributes:
        operation: its name in tables.
    """

    def __init__(self, operation: str, copies: Sequence[Copy]) -> None:
        self.operation = operation
        self._copies = copies
        self._missing: Column | None = None

    def connect(self, gauges: Gauges) -> None:
        """The rows that are behind."""
        copies = self._copies
        gauges.add(self.operation, "behind", lambda now: sum(copy.behind_seconds(now) for copy in copies))
        gauges.add(self.operation, "lagging", lambda _: sum(copy.behind_now for copy in copies))

    def report(self, gauges: Gauges, phase: Phase) -> Figures:
        """Rows behind on average and at the end; and those whose oldest missing write was made in the phase and is
        still missing when the run is over."""
        if self._missing is None:
            self._missing = np.array([time for copy in self._copies for time in copy.missing()])
        yield Figure("behind", gauges.growth(self.operation, "behind", phase.pieces) / phase.seconds)
        yield Figure("behind_end", gauges.reading(self.operation, "lagging", phase.pieces[-1][1]))
        yield Figure("diverged", float(within(self._missing, phase.pieces).sum()))
