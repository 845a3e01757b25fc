"""Rounding is no difference, however sure a test would be of it; anything larger is one."""

from __future__ import annotations

import math

import pytest

from experiments.statistics.paired import paired_difference
from experiments.statistics.rounding import but_for_rounding

NAN, INF = math.nan, math.inf
WORK = [0.01] * 5


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (WORK, [0.01 + 7e-17] * 5, True),
        (WORK, [0.01 * (1 + 2e-9)] * 5, False),
        (WORK, [*WORK[1:], 0.02], False),
        ([0.0] * 5, [1e-15] * 5, False),
        ([INF] * 3, [INF] * 3, True),
        ([INF, 1.0], [1.0, 1.0], False),
        ([NAN, NAN], [NAN, NAN], False),
    ],
)
def test_only_what_lies_within_rounding_in_every_replication_is_the_same(
    first: list[float], second: list[float], same: bool, paired: bool
) -> None:
    found = but_for_rounding(paired_difference(first, second), first, second, paired=paired)
    assert found.identical is same


def test_pairs_belong_together_and_independent_replications_do_not() -> None:
    first, second = [1.0, 2.0, NAN], [1.0 + 1e-15, 2.0 - 1e-15, NAN]
    found = paired_difference(first, second)
    assert but_for_rounding(found, first, second, paired=True).identical
    assert not but_for_rounding(found, first, second, paired=False).identical
    assert not but_for_rounding(found, first, [1.0 + 1e-15, NAN, 2.0], paired=True).identical
