"""The cases of the catalog, played small: two fifths of the load, one replication."""

from __future__ import annotations

from functools import cache
from math import exp

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


def stale_share(rate: float, changes: float, keys: int, skew: float, ttl: float) -> float:
    """The share of look-ups at either of two caches that are answered with something outdated.

    A key of probability q comes to each cache at ``a = rate q / 2`` a second and changes at ``w = changes q``. A fetch
    is followed by the hits of `ttl` seconds, one t seconds later being stale with probability ``1 - exp(-w t)``: per
    fetch ``1 + a ttl`` look-ups, ``a (ttl - (1 - exp(-w ttl)) / w)`` of them stale.

    Args:
        rate: look-ups a second, over all keys.
        changes: changes a second, over all keys.
        keys: how many there are.
        skew: of their Zipf law.
        ttl: seconds.
    """
    weights = [place**-skew for place in range(1, keys + 1)]
    whole = sum(weights)
    total = 0.0
    for q in (weight / whole for weight in weights):
        arrivals, writes = rate * q / 2, changes * q
        total += q * arrivals * (ttl - (1 - exp(-writes * ttl)) / writes) / (1 + arrivals * ttl)
    return total


def steady(name: str, variant: str, number: int) -> list[Played]:
    """Replications without faults, measured when the caches are full."""
    still = ("faults=[]", "run.record=summary", "run.warmup=100s", "run.duration=400s")
    return [play_catalog(name, *still, variant=variant, replication=replication) for replication in range(number)]


def mean(runs: list[Played], operation: str, metric: str, phase: str = "all") -> float:
    """The mean of one figure."""
    return sum(run.figure(operation, metric, phase) for run in runs) / len(runs)
