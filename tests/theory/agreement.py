"""Whether independent replications agree with a number from theory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from experiments.statistics.intervals import mean_interval
from simulator.run import run_once
from tests.support import Played, scenario

FALSE_ALARM = 1e-3
"""How often a correct simulator would fail one check, over seeds. (The seeds are fixed: a check that holds, holds.)"""


def replications(folder: Path, text: str, *overrides: str, number: int = 20) -> list[Played]:
    """The first replications of an experiment."""
    chosen = scenario(folder, text, *overrides)
    return [Played(chosen, run_once(chosen, replication)) for replication in range(number)]


def agree(values: Sequence[float], theory: float, *, precision: float) -> bool:
    """Whether the Student's t interval at `FALSE_ALARM` holds the theory, and is no wider than ± `precision` of it.

    The second condition lets the check fail: an interval that holds everything says nothing.
    """
    interval = mean_interval(values, 1 - FALSE_ALARM)
    half = (interval.high - interval.low) / 2
    said = f"{interval.estimate:.6g} ± {half:.2g} ({half / theory:.1%} of {theory:.6g})"
    assert half <= precision * theory, f"too wide to say anything: {said}"
    assert interval.low <= theory <= interval.high, f"does not agree with theory: {said}"
    return True


def figures(played: Sequence[Played], operation: str, metric: str) -> list[float]:
    """One figure of each replication."""
    return [one.figure(operation, metric) for one in played]


def each(played: Sequence[Played], figure: Callable[[Played], float]) -> list[float]:
    """Anything of each replication."""
    return [figure(one) for one in played]
