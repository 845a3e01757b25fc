"""Consecutive batches of the measured window: how one long run tells how sure its figures are."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from simulator.metrics.phases import Phase

if TYPE_CHECKING:
    from simulator.spec.run import RunSpec


def batches_of(run: RunSpec, number: int) -> list[Phase]:
    """Cut the window into ``number`` batches of equal length, called ``0``, ``1`` and so on; none for 0."""
    begin, end = run.measured_from, run.duration
    times = [begin + (end - begin) * place / number for place in range(number)]
    return [Phase(str(place), (piece,)) for place, piece in enumerate(pairwise([*times, end]))] if number else []
