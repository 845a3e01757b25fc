"""Looks through finished runs for whatever makes their figures less than they seem. One finder a module."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from experiments.results.cautions.batches import correlated_batches
from experiments.results.cautions.bimodal import bimodal
from experiments.results.cautions.precision import missed_targets
from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cautions.tails import too_few_tail_samples
from experiments.results.cautions.undecided import too_few_replications
from experiments.results.cautions.unstable_queues import unstable_queues
from experiments.results.cautions.warmups import long_warmups, short_warmups

__all__ = ["FINDERS", "Caution", "Finished", "cautions_of"]

Finder = Callable[[Finished], Iterable[Caution]]

FINDERS: tuple[Finder, ...] = (
    bimodal,
    correlated_batches,
    long_warmups,
    missed_targets,
    short_warmups,
    too_few_replications,
    too_few_tail_samples,
    unstable_queues,
)
"""All finders; their order makes no difference."""


def cautions_of(finished: Finished) -> list[Caution]:
    """Return what all finders found, in order of variant, point, phase, operation, metric and kind."""
    return sorted(caution for finder in FINDERS for caution in finder(finished))
