"""Says what the replications left open, and about how many would settle the clearest of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import Cells, Setting, highest
from experiments.results.comparisons import HEADLINE, ComparisonRow
from experiments.results.objectives import ObjectiveRow
from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import CONFIDENCE
from experiments.statistics.power import replications_to_judge, replications_to_see
from reports.evidence import COMPONENT_PREFIXES
from reports.words import counted, listed, metric_words, phase_words

WORTH = 20
"""More than so many times the replications played are not recommended: the difference is too small to be worth them."""


def too_few_replications(finished: Finished) -> Iterator[Caution]:
    """Yield one caution for the whole experiment, or none: everything is decided, or too small to be worth it.

    Of comparisons only those of workloads are looked at: how busy a service is follows from them.
    """
    objectives = [row for row in finished.objectives if row.verdict == "undecided" and not math.isnan(row.mean)]
    named = {row.metric for row in finished.objectives}
    tested = [
        row
        for row in finished.comparisons
        if row.metric in HEADLINE | named and not row.operation.startswith(COMPONENT_PREFIXES)
    ]
    open_ones = [row for row in tested if row.verdict == "inconclusive"]
    most = max(map(finished.cells.replications, finished.cells.settings()), default=0)
    detail = _alone(tested, most) if most < 2 else _detail(open_ones, tested, objectives, finished)
    if detail:
        yield Caution("", "", "", "", "", "too_few_replications", detail)


def _alone(tested: Sequence[ComparisonRow], played: int) -> str:
    told_by_batches = any(not math.isnan(row.p_value) for row in tested)
    if not tested or played != 1 or told_by_batches:
        return ""
    return "1 replication: no difference between variants can be told from chance; take at least 5 replications"


def _detail(
    open_ones: Sequence[ComparisonRow],
    tested: Sequence[ComparisonRow],
    objectives: Sequence[ObjectiveRow],
    finished: Finished,
) -> str:
    families = Counter(_family(row) for row in tested)
    compared = [(row, _played(finished.cells, row.point, row.variant_a, row.variant_b)) for row in open_ones]
    judged = [(row, _played(finished.cells, row.point, row.variant)) for row in objectives]
    needed = [(_to_compare(row, own, families[_family(row)]), own, _compared(row)) for row, own in compared]
    needed += [(_to_judge(row, own), own, _judged(row)) for row, own in judged]
    settled = [(count, name) for count, own, name in needed if count is not None and count <= WORTH * own]
    if not settled:
        return ""
    parts = [f"{len(open_ones)} of {counted(len(tested), 'tested comparison')}"] if open_ones else []
    parts += [f"{len(objectives)} of {counted(len(finished.objectives), 'objective')}"] if objectives else []
    verb = "is" if len(open_ones) + len(objectives) == 1 else "are"
    count, name = min(settled)
    several = len(settled) > 1
    return (
        f"{listed(parts)} {verb} undecided after {_after([own for _, own, _ in needed])}; about {count} would settle "
        f"{'the clearest of them' if several else 'it'}: {name}"
    )


def _played(cells: Cells, point: str, *variants: str) -> int:
    """The replications behind a row: where a target stopped the one earlier than the other, the fewer of both."""
    return min(cells.replications(Setting(variant, point)) for variant in variants)


def _after(played: Sequence[int]) -> str:
    fewest, most = min(played), max(played)
    return counted(most, "replication") if fewest == most else f"{fewest} to {most} replications"


def _family(row: ComparisonRow) -> tuple[str, str, str, str]:
    return row.point, row.phase, row.operation, row.metric


def _to_compare(row: ComparisonRow, played: int, family: int) -> int | None:
    """Return how many replications would probably show a difference of the size that was measured."""
    half = (row.ci_high - row.ci_low) / 2
    if played < 2 or not half > 0 or not math.isfinite(half) or not math.isfinite(row.difference):
        return None
    deviation = half / student_t_quantile(0.5 + CONFIDENCE / 2, played - 1) * math.sqrt(played)
    found = replications_to_see(row.difference / deviation, family)
    return None if found is None else max(found, played + 1)


def _to_judge(row: ObjectiveRow, played: int) -> int | None:
    """Return how many replications would probably narrow an interval to one side of its bound."""
    if row.metric == "recovered":
        return replications_to_judge(row.mean, row.bound, played, WORTH * played)
    end = row.ci_high if row.mean < row.bound else row.ci_low
    gap = abs(row.mean - row.bound)
    half = abs(end - row.mean)
    if not gap or not math.isfinite(half / gap):
        return None
    never = not row.mean or (row.mean == 1.0 == highest(row.metric))  # then the interval shrinks with 1 / N
    by_number = half / gap if never else (half / gap) ** 2
    return max(played + 1, math.ceil(played * by_number))


def _compared(row: ComparisonRow) -> str:
    point = f" at {row.point}" if row.point else ""
    where = "" if row.phase == "all" else f" {phase_words(row.phase)}"
    return f"{row.variant_a} against {row.variant_b}{point}, {row.operation}{where} {metric_words(row.metric)}"


def _judged(row: ObjectiveRow) -> str:
    point = f" at {row.point}" if row.point else ""
    where = "" if row.phase == "all" else f" {phase_words(row.phase)}"
    name = metric_words(row.metric.partition("@")[0])
    return f"the objective {row.operation}{where} {name} of {row.variant}{point}"
