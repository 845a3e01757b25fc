"""The comparison as the terminal shows it: one table a workload, then the objectives. Fits 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text

from reports.branches import TITLE, branch_sentences
from reports.cautions import MARK, mark_note, rest_of
from reports.cautions import TITLE as TITLE_OF_CAUTIONS
from reports.compact import TIMES, cell, spread
from reports.consistency import consistency_of
from reports.estimates import Estimate, Estimates, estimates_of
from reports.evidence import Evidence
from reports.numbers import plain
from reports.objectives import Score, best_setting, scores_of
from reports.recovery import recoveries_of
from reports.sureness import has_intervals, replicated
from reports.words import counted, phase_words

WIDTH = 80
MOST_POINTS = 12
"""Of a sweep, so many settings are shown."""

MOST_HEADLINES = 4
CONSISTENCY = "What was done twice or left half done"


class _Column(NamedTuple):
    metric: str
    width: int
    heading: tuple[str, ...]


_COLUMNS = (
    _Column("throughput", 5, ("through-", "put /s")),  # its heading reaches into the names' column
    _Column("goodput", 6, ("good-", "put", "/s")),
    _Column("error_rate", 6, ("errors",)),
    _Column("latency_p50", 6, ("answer", "p50")),
    _Column("latency_p99", 6, ("answer", "p99")),
    _Column("completion_p99", 6, ("comp-", "letion", "p99")),
    _Column("done", 5, ("done",)),
    _Column("undone", 5, ("un-", "done")),
    _Column("orphaned", 5, ("orph-", "aned")),
    _Column("duplicates", 6, ("dupli-", "cates")),
)
_NAMES = WIDTH - sum(column.width + 1 for column in _COLUMNS)
_UNKNOWN = "±?"
_STYLES = {"met": "green", "missed": "red", "undecided": "yellow"}


def terminal_table(evidence: Evidence) -> list[RenderableType]:
    """Return what to print after a run, in order: a table a workload, then each variant's objectives.

    With a sweep the rows are the settings that meet most objectives; how many are not shown is said.
    """
    estimates = estimates_of(evidence)
    settings = _settings(evidence, estimates)
    shown: list[RenderableType] = [*_cautions(estimates)]
    shown += [_workload_table(evidence, estimates, workload, settings) for workload in evidence.workload_names]
    shown.append(Text(_reading(evidence, estimates, settings), style="dim"))
    versions = [textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in branch_sentences(evidence, settings)]
    if versions:
        shown.append(Text.assemble("\n", (f"{TITLE}\n", "bold"), "\n".join(versions)))
    told = [textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in _headlines(evidence, estimates)]
    if told:
        shown.append(Text.assemble("\n", (f"{CONSISTENCY}\n", "bold"), "\n".join(told)))
    lines = [*_objective_lines(evidence, settings), *_recovery_lines(evidence, settings)]
    return [*shown, Text(""), *lines] if lines else shown


def _cautions(estimates: Estimates) -> Iterator[Text]:
    """Say before any figure what they cannot bear."""
    told = estimates.cautions.told()
    if told:
        lines = []
        for kind in told:
            lines += [f"{kind.title}:"] if kind.lines else []
            for line in kind.lines:
                lines += textwrap.wrap(line, WIDTH - 2, initial_indent="- ", subsequent_indent="  ")
        rest = rest_of(told)
        text = "\n".join(f"  {line}" for line in [*lines, *([rest] if rest else [])])
        yield Text.assemble((f"{TITLE_OF_CAUTIONS}\n", "bold yellow"), (f"{text}\n", "yellow"))


def _headlines(evidence: Evidence, estimates: Estimates) -> tuple[str, ...]:
    """Say who did what twice and left what half done; with a sweep, at the point that meets most objectives."""
    return consistency_of(evidence, best_setting(evidence, estimates)[1]).headlines[:MOST_HEADLINES]


def _settings(evidence: Evidence, estimates: Estimates) -> list[tuple[str, str]]:
    """Return the settings to show: all without a sweep, else the best ones, best first."""
    every = [(variant, point) for point in evidence.points for variant in evidence.variants]
    if len(evidence.points) == 1:
        return every
    scores = scores_of(evidence)
    best = best_setting(evidence, estimates)
    return sorted(every, key=lambda setting: (scores[setting].rank, setting != best))[:MOST_POINTS]


def _workload_table(evidence: Evidence, estimates: Estimates, workload: str, settings: list[tuple[str, str]]) -> Text:
    table = Text(f"{workload}\n", style="", no_wrap=True, overflow="crop")
    table.stylize("bold")
    headings = zip_longest(*(reversed(column.heading) for column in _COLUMNS), fillvalue="")
    for line in reversed(list(headings)):
        table.append(_line("", line) + "\n")
    table.append("─" * WIDTH + "\n", style="dim")
    for setting in settings:
        figures = [estimates.get(*setting, workload, column.metric) for column in _COLUMNS]
        spreads = [_spread(figure, has_intervals(evidence)) for figure in figures]
        spreads = [_fitting(text, column) for text, column in zip(spreads, _COLUMNS, strict=True)]
        _add_row(table, _setting_name(evidence, *setting), [cell(figure) for figure in figures], spreads)
    return table


def _spread(figure: Estimate, intervals: bool) -> str:
    """Return how sure a figure is; that there is no interval is said where others have one."""
    return spread(figure) or (_UNKNOWN if intervals and figure.finite else "")


def _fitting(text: str, column: _Column) -> str:
    """Return how sure a figure is, without % where that would touch the column before: ``≥99.9`` below ``100%``."""
    return text if len(text) <= column.width else text.removesuffix("%")


def _add_row(table: Text, name: str, figures: Sequence[str], spreads: Sequence[str]) -> None:
    """Add a setting's figures, below them ± half their intervals; a long name runs on beside and below."""
    values, halves = _line("", figures), _line("", spreads)
    names = textwrap.wrap(name, _NAMES - 1) or [""]
    for place, (part, figure_line) in enumerate(zip_longest(names, (values, halves), fillvalue="")):
        table.append(f"{part:<{_NAMES}}")
        table.append(f"{figure_line[_NAMES:].rstrip()}\n", style="dim" if place else "")


def _line(name: str, cells: Sequence[str]) -> str:
    """Return right-aligned cells; one too wide for its column reaches to the left while there is room, and a mark
    stands in the gap to the right of all columns but the last."""
    line, end = f"{name:<{_NAMES}}", _NAMES
    for column, text in zip(_COLUMNS, cells, strict=True):
        end += column.width + 1
        last = end + text.endswith(MARK) if column is not _COLUMNS[-1] else end
        line = line.ljust(end)[: last - len(text)] + text
    return line.rstrip()


def _setting_name(evidence: Evidence, variant: str, point: str) -> str:
    if not point:
        return variant
    return point if len(evidence.variants) == 1 else f"{variant} {point}"


def _reading(evidence: Evidence, estimates: Estimates, settings: list[tuple[str, str]]) -> str:
    figures = [
        estimates.get(*setting, workload, column.metric)
        for workload in evidence.workload_names
        for setting in settings
        for column in _COLUMNS
    ]
    signs = _signs([_spread(figure, has_intervals(evidence)) for figure in figures])
    interval = f"± half the 95 % interval{signs}" if has_intervals(evidence) else "no intervals"
    hidden = len(evidence.points) * len(evidence.variants) - len(settings)
    rest = f" {hidden} more settings are in summary.csv." if hidden else ""
    order = " First the settings that meet most objectives." if len(evidence.points) > 1 else ""
    split = f" 7{TIMES}: 7 replications are near it." if any(figure.groups for figure in figures) else ""
    marked = mark_note(figure.mark for figure in figures)
    notes = f"{split}{f' {marked}' if marked else ''}{order}{rest}"
    reading = f"Figures of {replicated(evidence)}, {interval}; duplicates per request; –: no data.{notes}"
    return "\n".join(textwrap.wrap(reading, WIDTH))


def _signs(spreads: Sequence[str]) -> str:
    """Explain the signs of intervals that lie to one side, or that there are not, where there are any."""
    used = [sign for sign in "≤≥" if any(text.startswith(sign) for text in spreads)]
    parts = [f"{', '.join(used)}: its end"] if used else []
    parts += [f"{_UNKNOWN}: no interval"] if _UNKNOWN in spreads else []
    return f" ({'; '.join(parts)})" if parts else ""


def _objective_lines(evidence: Evidence, settings: list[tuple[str, str]]) -> Iterator[RenderableType]:
    scores = scores_of(evidence)
    for setting in settings:
        score = scores[setting]
        if score.objectives:
            yield _score_line(_setting_name(evidence, *setting), score)


def _recovery_lines(evidence: Evidence, settings: list[tuple[str, str]]) -> Iterator[RenderableType]:
    """Say in how many replications each setting recovered after each phase, and in how many never."""
    for found in recoveries_of(evidence):
        if (found.variant, found.point) in settings:
            name = (
                f"{_setting_name(evidence, found.variant, found.point)}: {found.operation} {phase_words(found.phase)}"
            )
            median = "" if not found.recovered else f", median {plain(found.median, 's')}"
            never = f", never in {found.never}" if found.never else ""
            text = f"recovered in {len(found.recovered)} of {counted(len(found.times), 'replication')}{median}{never}"
            style = "yellow" if found.goes_both_ways else "red" if found.never else "green"
            yield Text("\n  ".join(textwrap.wrap(f"{name}: {text}", WIDTH - 2)), style=style)


def _score_line(name: str, score: Score) -> Text:
    """Return one setting's objectives in words: how many hold, and which do not."""
    counts = ", ".join(
        f"{score.number(verdict)} {verdict}" for verdict in ("met", "missed", "undecided") if score.number(verdict)
    )
    heading = textwrap.wrap(f"{name}: objectives ", WIDTH - 40, drop_whitespace=False)
    line = Text.assemble(("\n".join(heading), "bold"), (counts, _STYLES.get(score.verdict, "")))
    for objective in score.objectives:
        if objective.verdict != "met":
            line.append(f"\n  {objective.verdict:9} ", style=_STYLES.get(objective.verdict, ""))
            line.append(
                "\n".join(textwrap.wrap(f"{objective.wanted}: {objective.measured}", WIDTH - 12)).replace(
                    "\n", "\n" + 12 * " "
                )
            )
    return line
