"""Words for what figures cannot bear: the kinds of caution, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Caution(NamedTuple):
    """One thing that a reader should know before any figure.

    ``variant``, ``point``, ``phase``, ``operation`` and ``metric`` say which figures are concerned; empty: all of them.
    ``kind`` is one of `KINDS`, ``detail`` a sentence with the numbers: what is wrong, and what
    would help.
    """

    variant: str
    point: str
    phase: str
    operation: str
    metric: str
    kind: str
    detail: str


KINDS: Mapping[str, str] = MappingProxyType(
    {
        "unstable_queue": "A queue grows as long as the run lasts",
        "warmup_too_long": "The run is too short for its warm-up",
        "warmup_too_short": "The beginning looks different from the rest",
        "bimodal": "Replications fall into two groups",
        "too_few_tail_samples": "Too few requests lie beyond a percentile",
        "target_missed": "The precision that was asked for was not reached",
        "too_few_replications": "Too few replications to decide",
        "correlated_batches": "Batches of the run depend on each other",
    }
)
"""Kind of caution, as in ``cautions.csv``, and its heading."""

CLAUSES: Mapping[str, str] = MappingProxyType(
    {
        "unstable_queue": "{who} is overloaded: its latencies grow with the run's length",
        "warmup_too_long": "the run of {who} is too short for its warm-up",
        "warmup_too_short": "the beginning of {who} differs from the rest and is in its figures",
        "bimodal": "the replications of {who} fall into two groups",
        "too_few_tail_samples": "too few requests of {who} lie beyond a percentile",
        "correlated_batches": "the intervals of {who} are too narrow, for its batches depend on each other",
    }
)
"""What a conclusion has to say if it rests on a figure that such a caution concerns.

The kinds that are missing say that something is not decided, which the figure's interval says as well.
"""
