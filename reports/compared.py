"""Two results folders side by side, for a terminal of 80 columns: what got worse first, then what got better."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pandas as pd

from reports.compact import compact
from reports.estimates import Comparison, rows_of, text_of
from reports.evidence import ALL
from reports.numbers import plain
from reports.words import counted, metric_words, phase_words
from simulator.metrics.names import PERCENTILES

WIDTH = 80
MOST_ROWS = 12
"""Of what got worse, or better, so many rows are shown."""

MOST_MISSING = 3
"""Of what only one side has, so many are named."""

_NAME, _FIGURE, _GAP, _P = 27, 7, 29, 5
_HEADINGS = {"worse": "Got worse", "better": "Got better", "differs": "Is different"}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two folders.

    Attributes:
        folder: where it is.
        version: of callsim.
        seed: of the experiment.
        replications: runs per variant and point.
        first: number of the first of them.
    """

    folder: str
    version: str
    seed: str
    replications: int
    first: int = 0

    @property
    def words(self) -> str:
        """What there is to know of it in a line."""
        begin = f" from number {self.first} on" if self.first else ""
        runs = f"{counted(self.replications, 'replication')}{begin}"
        return f"{self.folder}: callsim {self.version}, seed {self.seed}, {runs}"


def compared_lines(
    name: str, before: Side, after: Side, table: pd.DataFrame, differing: Sequence[str], apart: str, resolution: float
) -> Iterator[str]:
    """Yield the lines to print.

    Args:
        name: of the experiment.
        before: the folder that the other is compared with.
        after: the folder that is judged.
        table: ``variant, point, phase, operation, metric, unit, before, after, difference, ci_low, ci_high, p_value,
            verdict, tested, paired, used, split``: every figure that both have.
        differing: what differs apart from the figures.
        apart: why replications are not paired, where they are not, in a few words.
        resolution: how many times half its interval a difference must be to count; NaN: unknown.
    """
    rows = rows_of(table)
    yield f"{name}: what changed"
    yield from _filled(f"before  {before.words}", "        ")
    yield from _filled(f"after   {after.words}", "        ")
    for sentence in differing:
        yield from _filled(f"  {sentence}", "    ")
    yield ""
    if all(row.verdict == "same" for row in rows):
        yield f"All {counted(len(rows), 'figure')} that both have are the same."
        return
    tested = [row for row in rows if row.tested]
    members = [row for row in tested if row.verdict != "same"]
    if members and max(row.used for row in members) < 2:
        yield from _untested(rows, tested, len(members))
        return
    for verdict, heading in _HEADINGS.items():
        chosen = sorted((row for row in tested if row.verdict == verdict), key=lambda row: row.p_value)
        if chosen or verdict == "worse":
            yield from _part(f"{heading}: {len(chosen)} of {counted(len(tested), 'tested figure')}", chosen)
    yield from _ending(rows, tested, apart, resolution)


def _untested(rows: Sequence[Any], tested: Sequence[Any], members: int) -> Iterator[str]:
    """Say that a single replication tells nothing apart from chance."""
    yield from _filled(
        "Not tested: one replication on a side, so nothing can be called worse or better, and --check sees nothing. "
        "Play at least two on both sides, better five."
    )
    yield from _filled(
        f"Of {counted(len(tested), 'figure')} that would be tested {members} are not the same, of"
        f" {len(rows) - len(tested)} others {sum(row.verdict != 'same' for row in rows if not row.tested)}."
        " --out FILE.csv has them."
    )


def name_of(row: Any) -> str:
    """Return what a row is about: ``sync rate=5: checkout latency p99, after outage``."""
    setting = f"{row.variant} {text_of(row.point)}".strip()
    operation = str(row.operation).replace(":", " ", 1)
    metric, at, within = str(row.metric).partition("@")
    where = "" if row.phase == ALL else f", {phase_words(str(row.phase))}"
    return f"{setting}: {operation} {metric_words(metric)}{f' within {within} s' if at else ''}{where}"


def missing_lines(missing: Sequence[Any]) -> Iterator[str]:
    """Yield a line for each side about what only that one has, and what is therefore not compared.

    Args:
        missing: ``side, variant, point, phase, operation, metric`` of each; without an operation all of the setting.
    """
    for side in ("before", "after"):
        rows = [row for row in missing if row.side == side]
        names = [name_of(row) if row.operation else f"{row.variant} {row.point}".strip() for row in rows]
        more = len(names) - MOST_MISSING
        if names:
            rest = f" and {more:,} more" if more > 0 else ""
            yield f"not checked, only {side}: {'; '.join(names[:MOST_MISSING])}{rest}"


def _part(title: str, rows: Sequence[Any]) -> Iterator[str]:
    yield title
    if rows:
        yield "─" * WIDTH
        yield from _cells("", "before", "after", "difference [95 % interval]", "p")
    for row in rows[:MOST_ROWS]:
        difference = Comparison(row.difference, row.ci_low, row.ci_high, row.unit, row.p_value, row.verdict)
        figures = compact(row.before, row.unit), compact(row.after, row.unit)
        gap = str(difference).replace(" per request", "").replace(" (no interval)", "")
        if row.split is not None:
            figures, gap = ("", ""), _of_groups(row)
        yield from _cells(name_of(row), *figures, gap, _p_value(row.p_value))
    if len(rows) > MOST_ROWS:
        yield f"and {len(rows) - MOST_ROWS} more: --out FILE.csv has them"
    yield ""


def _of_groups(row: Any) -> str:
    """Say how many replications were above what separates two groups, before and after."""
    split = row.split
    return (
        f"two groups, above {plain(split.boundary, row.unit)}: {split.before} of {split.of_before} before,"
        f" {split.after} of {split.of_after} after"
    )


def _cells(name: str, before: str, after: str, gap: str, p_value: str) -> Iterator[str]:
    """Yield a row; a name or difference too long for its column runs on below."""
    names = textwrap.wrap(name, _NAME, subsequent_indent="  ") or [""]
    gaps = textwrap.wrap(gap, _GAP) or [""]
    for place, (one, two) in enumerate(zip_longest(names, gaps, fillvalue="")):
        first = place == 0
        figures = f"{before if first else '':>{_FIGURE}} {after if first else '':>{_FIGURE}}"
        yield f"{one:<{_NAME}} {figures} {two:>{_GAP}} {p_value if first else '':>{_P}}".rstrip()


def _p_value(value: float) -> str:
    if math.isnan(value):
        return ""
    return "<.001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def _ending(rows: Sequence[Any], tested: Sequence[Any], apart: str, resolution: float) -> Iterator[str]:
    """Say what did not decide, what was not tested, and how sure all this is."""
    same = sum(row.verdict == "same" for row in tested)
    undecided = sum(row.verdict == "inconclusive" for row in tested)
    yield from _filled(f"Of the others {undecided} are inconclusive and {same} the same.")
    paired = [row.paired for row in tested]
    how = (
        "Replications are paired (the same random numbers)."
        if all(paired)
        else f"{apart[:1].upper()}{apart[1:]}: replications are compared as two independent groups, which sees less."
        if not any(paired)
        else f"Replications are paired where seed and numbers are the same (else: {apart})."
    )
    sure = "The chance that any tested figure is called worse or better by mistake is 5 % (Holm, all together)."
    needed = "" if math.isnan(resolution) else f" A difference counts from {_times(resolution)} half its interval on."
    yield from _filled(f"{how} {sure}{needed}")
    if any(_is_percentile(row.metric) for row in tested):
        yield from _filled("Percentiles here are means of the replications' own, not those of all requests together.")
    rest = [row for row in rows if not row.tested and row.verdict != "same"]
    hints = [row for row in rest if row.verdict != "inconclusive"]
    if rest:
        yield from _filled(
            f"Not tested: {counted(len(rest), 'further figure')} not the same, of which {len(hints)} have an interval"
            f" without 0 (by chance alone: about {len(rest) * 0.05:.0f}). --out FILE.csv has them."
        )


def _is_percentile(metric: str) -> bool:
    return metric.rpartition("_")[2] in PERCENTILES


def _times(resolution: float) -> str:
    return "no multiple of" if math.isinf(resolution) else f"{resolution:.1f} times"


def _filled(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
