"""Finds workloads whose replications fall into two groups: some recover, some never do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from experiments.results.cautions.rows import Caution, Finished
from experiments.results.modes import LOOKED_AT, ModeRow, mode_rows, of_variant
from reports.numbers import plain
from reports.words import listed, metric_words, phase_words


def bimodal(finished: Finished) -> Iterator[Caution]:
    """Yield one caution a variant, point and workload: which figures no mean describes, and the clearest of them."""
    for (variant, point, operation), rows in of_variant(mode_rows(finished.cells)):
        first = min(rows, key=_clearest)
        yield Caution(variant, point, first.phase, operation, first.metric, "bimodal", _detail(first, rows))


def _clearest(row: ModeRow) -> tuple[bool, int, bool, str]:
    """Sort what says most first: that some recovered and some did not."""
    return row.metric != "recovered", LOOKED_AT.index(row.metric), row.phase != "all", row.phase


def _detail(first: ModeRow, rows: Sequence[ModeRow]) -> str:
    total = first.in_lower + first.in_upper
    sides = sorted([(first.in_lower, first.lower), (first.in_upper, first.upper)], reverse=True)
    where = "" if first.phase == "all" else f" {phase_words(first.phase)}"
    if first.metric == "recovered":
        told = f"{first.in_upper} of {total} replications recovered{where}, {first.in_lower} did not"
    else:
        (many, usual), (few, other) = ((count, _near(value, first.unit)) for count, value in sides)
        told = f"{metric_words(first.metric)}{where}: {usual} in {many} of {total} replications, {other} in {few}"
    others = [row for row in rows if row is not first]
    likewise = f"; likewise {_named(others)}" if others else ""
    return f"{told}{likewise}: {_consequence(rows)}"


def _consequence(rows: Sequence[ModeRow]) -> str:
    """Say what that means for the figures of the tables. Where some recover, those of two kinds are not all found."""
    counted = "a mean describes none of them, so they are counted and not averaged"
    if all(row.metric != "recovered" for row in rows):
        return counted
    own = "recoveries are counted" if len({row.metric for row in rows}) == 1 else counted
    return f"{own}, and means of the other figures of this workload mix both kinds"


def _near(value: float, unit: str) -> str:
    """Return where a group lies: ``near 40.1 /s``, ``never``."""
    return plain(value, unit) if math.isinf(value) else f"near {plain(value, unit)}"


def _named(rows: Sequence[ModeRow]) -> str:
    """Name figures, those of one metric together: ``error rate (all, after outage) and latency p99 (all)``."""
    metrics = sorted({row.metric for row in rows}, key=LOOKED_AT.index)
    phases = {metric: [phase_words(row.phase) for row in rows if row.metric == metric] for metric in metrics}
    return listed([f"{metric_words(metric)} ({', '.join(names)})" for metric, names in phases.items()])
