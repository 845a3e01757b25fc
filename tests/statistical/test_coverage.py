"""Whether an interval that says 95 % is right in 95 % of cases: the acceptance test of the whole chain."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import mean_interval
from tests.statistical.covering import EXPERIMENTS, FEWEST, Coverage, Seen, coverage_of, intervals, measured
from tests.statistical.known import EVERY, TOO_FEW, Known
from tests.statistical.page import page

PAGE = Path(__file__).parents[2] / "docs" / "statistics" / "coverage.md"

FALSE_ALARM = 0.001

STILL_TRUE = 2.0
"""Percentage points by which what is measured may differ from what the page says before it has to be written anew."""


def test_the_limit_is_what_a_coverage_of_93_percent_reaches_in_all_but_one_of_a_thousand() -> None:
    from scipy.special import bdtr

    assert bdtr(FEWEST - 1, EXPERIMENTS, 0.93) < FALSE_ALARM <= bdtr(FEWEST, EXPERIMENTS, 0.93)


def test_an_end_that_is_not_there_excludes_nothing() -> None:
    found = coverage_of(
        [
            Seen("p99", 5, 1.0, math.nan, truth=2.0),
            Seen("p99", 5, 3.0, math.nan, truth=2.0),
            Seen("p99", 5, 0.0, 1.0, truth=2.0),
            Seen("p99", 5, 1.0, 3.0, truth=2.0),
        ]
    )
    assert found == Coverage(experiments=4, covered=2, below=1, above=1, open=2, width=math.inf)


@pytest.mark.parametrize(("factor", "enough"), [(1.0, True), (1.96 / student_t_quantile(0.975, 4), False)])
def test_intervals_that_are_too_narrow_are_noticed(factor: float, enough: bool) -> None:
    """Five normal values; the second time as if their standard deviation were known, which covers 88 %."""
    values = np.random.default_rng(7).normal(10.0, 1.0, (EXPERIMENTS, 5))
    seen = []
    for sample in values.tolist():
        found = mean_interval(sample)
        half = factor * (found.high - found.estimate)
        seen.append(Seen("mean", 5, found.estimate - half, found.estimate + half, truth=10.0))
    assert (coverage_of(seen).covered >= FEWEST) is enough


@pytest.mark.parametrize("known", EVERY, ids=[known.name for known in EVERY])
def test_every_known_figure_has_an_interval_in_the_tables(known: Known) -> None:
    """One experiment of each kind: misses of a single interval are no news, wild ones are."""
    for one in intervals(known, seed=1):
        assert one.low <= 3 * one.truth
        assert not one.high < one.truth / 3


@pytest.mark.stat
def test_intervals_hold_the_truth_as_often_as_the_page_says() -> None:
    found = measured(EXPERIMENTS, jobs=2)
    text = page(found)
    print(text)
    assert {key for key, one in found.items() if one.covered < FEWEST} <= TOO_FEW
    written, now = shares(PAGE.read_text(encoding="utf-8")), shares(text)
    assert list(written) == list(now)
    assert written == pytest.approx(now, abs=STILL_TRUE), "write the page anew: see its first lines"


def shares(text: str) -> dict[str, float]:
    """The share that holds the truth in each row of a page, by the row's first two cells."""
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and "%" in line]
    return {" ".join(row[:2]): float(row[2].removesuffix("%")) for row in rows}
