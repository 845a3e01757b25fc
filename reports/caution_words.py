"""Words for what figures cannot bear: the kinds of caution, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
