"""Finds percentiles that rest on too few requests beyond them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import Cell, Setting
from experiments.statistics.percentiles import PooledPercentile
from reports.evidence import ALL
from reports.numbers import plain
from reports.words import metric_words, phase_words

ENOUGH = 10.0
"""So many requests beyond a percentile, over all replications, are enough to believe it."""

BOUNDING = 5.0
"""So many independent ones are enough to say how large it may be: of 3.7 expected one is seen in 39 samples of 40."""

PRACTICAL = 100.0
"""More than so many times what was played is no advice."""

SHOWN = ("latency_p99", "completion_p99")
"""Looked at for every workload; beyond these, what objectives name."""


class _Thin(NamedTuple):
    """A percentile with too little beyond it, and how many times as much it would take."""

    factor: float
    cell: Cell
    found: PooledPercentile


def too_few_tail_samples(finished: Finished) -> Iterator[Caution]:
    """Yield one caution a variant, point and operation: its percentile with the fewest requests beyond."""
    for setting in finished.cells.settings():
        worst: dict[str, _Thin] = {}
        for thin in _thin(finished, setting):
            known = worst.get(thin.cell.operation)
            if known is None or thin.factor > known.factor:
                worst[thin.cell.operation] = thin
        for _, (factor, cell, found) in sorted(worst.items()):
            yield Caution(*setting, *cell, "too_few_tail_samples", _detail(finished, setting, factor, cell, found))


def _thin(finished: Finished, setting: Setting) -> Iterator[_Thin]:
    for cell in finished.asked_for(setting, SHOWN):
        found = _percentile(finished, setting, cell)
        if found is not None and found.interval.count > 1 and (factor := _lacking(found)) > 1.0:
            yield _Thin(factor, cell, found)


def _percentile(finished: Finished, setting: Setting, cell: Cell) -> PooledPercentile | None:
    """The percentile of all replications, or of the batches of the only one."""
    batches = finished.cells.batches(setting)
    if batches is None:
        return finished.cells.percentile(setting, cell)
    cut = batches.chosen(cell.operation, cell.metric) if cell.phase == ALL else None
    return cut.percentile if cut is not None else None


def _lacking(found: PooledPercentile) -> float:
    """How many times as many requests it would take; 1 or less: none are lacking."""
    lacking = ENOUGH / found.beyond
    return max(lacking, BOUNDING * found.dispersion / found.beyond) if math.isnan(found.interval.high) else lacking


def _detail(finished: Finished, setting: Setting, factor: float, cell: Cell, found: PooledPercentile) -> str:
    replications = finished.cells.replications(setting)
    what = metric_words(cell.metric) + ("" if cell.phase == ALL else f" {phase_words(cell.phase)}")
    single = replications == 1
    rests = f"{what} rests on {_number(found.beyond)} requests beyond it"
    rests += " in the whole run" if single else f" in all {replications} replications"
    if found.beyond >= ENOUGH:
        rests += f", in so few bursts that they are worth {_number(found.beyond / found.dispersion)}"
    unbounded = ", so nothing says how large it may be" if math.isnan(found.interval.high) else ""
    run = finished.scenarios[setting].experiment.run
    longer = (run.duration - run.measured_from) * factor + run.measured_from
    if factor > PRACTICAL:
        return f"{rests}{unbounded}; it would take more than {PRACTICAL:.0f} times as much"
    if single:
        return f"{rests}{unbounded}; a run of about {plain(longer, 's')} would do"
    or_longer = f", or runs of {plain(longer, 's')}," if cell.phase == ALL else ""
    return f"{rests}{unbounded}; about {math.ceil(replications * factor)} replications{or_longer} would do"


def _number(count: float) -> str:
    return f"{count:.1f}" if count < ENOUGH else f"{count:.0f}"
