"""The cases of the catalog, played small: two fifths of the load, one replication."""

from __future__ import annotations

from functools import cache

from tests.support import Played, play_catalog

LOAD = 0.4
"""Every service of the cases has capacity to spare, so that less load changes how much is seen, not what."""


@cache
def short(name: str, variant: str) -> Played:
    """One replication of a case at `LOAD`."""
    return play_catalog(name, f"run.load={LOAD}", "run.record=summary", variant=variant)


def as_written(name: str, variant: str, number: int = 5) -> list[Played]:
    """The first replications of a case as it is written."""
    return [play_catalog(name, variant=variant, replication=replication) for replication in range(number)]


def mean(runs: list[Played], operation: str, metric: str, phase: str = "all") -> float:
    """The mean of one figure."""
    return sum(run.figure(operation, metric, phase) for run in runs) / len(runs)
