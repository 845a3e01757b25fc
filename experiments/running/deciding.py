"""Whether the planned replications can decide the comparisons that are asked for: said before any is played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from experiments.results.cells import Setting
from experiments.statistics.power import replications_for_groups, replications_to_see, smallest_visible
from reports.words import counted

PLAIN = 4.0
"""A difference of so many standard deviations is plain to see: replications that miss it decide nothing."""


def undeciding(runs: Sequence[Setting]) -> Iterator[str]:
    """Yield a warning if the replications cannot decide the families of comparisons; else nothing.

    Args:
        runs: the setting of every run that is planned. One family compares all variants of a point with the baseline.
    """
    replications = Counter(runs)
    points = Counter(setting.point for setting in replications)
    variants = max(points.values(), default=0)
    played = min(replications.values(), default=0)
    if variants < 2:
        return
    tests = variants - 1
    enough = max(replications_to_see(PLAIN, tests) or played, replications_for_groups(tests))
    if played == 1:
        yield (
            f"{variants} variants, 1 replication: no difference between them can be told from chance; "
            f"take at least {enough} replications"
        )
    elif smallest_visible(played, tests) > PLAIN:
        yield (
            f"{variants} variants, {counted(played, 'replication')}: only differences of more than "
            f"{smallest_visible(played, tests):.1f} standard deviations are likely to be seen; "
            f"take at least {enough} replications"
        )
