"""docs/statistics/coverage.md: what `covering` has measured, as a page. ``python -m tests.statistical`` writes it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tests.statistical.covering import EXPERIMENTS, FEWEST, Coverage

_HEAD = f"""# Coverage: how often an interval holds the truth

<!-- Written by `python -m tests.statistical docs/statistics/coverage.md`; `make stat` checks that it still says what is
measured. -->

An interval that says 95 % should hold the true value in 95 of 100 experiments. Whether it does is measured here, not
assumed: {EXPERIMENTS} experiments with fixed seeds, whose true figures are known, are played and put through what
writes `summary.csv` and `comparisons.csv`; then it is counted how many rows hold the truth. The experiments are in
`tests/statistical/known.py`: an M/M/1 queue with load 0.5 (1,000 requests a replication after the warm-up), the same
with slower work on the same random numbers, and services that fail with a known probability.

`covered` is the share of experiments whose interval holds the truth, with its own exact 95 % interval (Clopper and
Pearson). `too low` and `too high` count intervals that lie wholly below and above the truth. `width` is the median
distance between the interval's ends as a share of the true value; where half of the intervals have no upper end it is
empty. An end that is not there excludes nothing, so such intervals miss only if they begin above the truth.

How each interval is made: [intervals](intervals.md) for means, shares and rare events, [percentiles](percentiles.md)
(also for single runs and their batches), [comparisons](comparisons.md) for differences. After sequential stopping:
[stopping](stopping.md).

"""

_TABLE = """| figure | replications | covered | its interval | too low | too high | no upper end | width |
|---|---|---|---|---|---|---|---|
"""

_FOOT = f"""
An interval is accepted by the test if it is not certain that fewer than 93 % hold the truth: at least {FEWEST} of the
{EXPERIMENTS}. One that covers 93 % or more fails that with a probability below 0.1 %.

## What to make of it

- Means, shares of independent errors and figures of time hold what they promise, with five replications as with twenty.
- Where percentiles rest on few requests the interval has no upper end rather than a wrong one: 5,000 requests say how
  low a p99.9 can be, and not how high.
- Differences of percentiles are the weakest: they miss on one side, since in a queue rare long stretches of work decide
  how far apart two p99 are, and most runs have not seen one. Take them with a grain of salt, or longer runs. Of
  variants that hardly differ, where another luck decides, the coverage is in [percentiles](percentiles.md).
- Errors of 0.02 % are not seen at all in six of ten experiments with five replications (2,500 requests). Their
  intervals are exact: they begin at 0, end above the truth, and cover more than they promise.
- Errors in bursts are few events, however many requests they hit. Here a burst comes once in two replications. Five of
  them see two or three, and in 8 of 100 experiments none at all: then nothing says that errors come in bursts, and the
  interval ends too low. That row does not reach the limit, and the test exempts it by name. Ten replications and
  twenty do better: what matters is the number of bursts.
"""


def page(measured: Mapping[tuple[str, int], Coverage]) -> str:
    """The whole page."""
    rows = [
        _row(figure, number, found)
        for (figure, number), found in sorted(measured.items(), key=lambda one: _place(measured, one[0]))
    ]
    return _HEAD + _TABLE + "".join(rows) + _FOOT


def _place(measured: Mapping[tuple[str, int], Coverage], key: tuple[str, int]) -> tuple[int, int]:
    """Rows of one figure stand together, figures in the order in which they were measured."""
    figures = list(dict.fromkeys(figure for figure, _ in measured))
    return figures.index(key[0]), key[1]


def _row(figure: str, replications: int, found: Coverage) -> str:
    covered = found.interval
    width = "" if math.isinf(found.width) else f"{found.width:.2g}"
    return (
        f"| {figure} | {replications} | {covered.estimate:.1%} | {covered.low:.1%} to {covered.high:.1%} "
        f"| {found.above} | {found.below} | {found.open or ''} | {width} |\n"
    )
