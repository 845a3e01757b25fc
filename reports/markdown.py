"""``summary.md``: ten lines for a pull request. The answer, a small table, and where to look further."""

from __future__ import annotations

import re

from reports.answer import answer, worst_hit
from reports.branches import TITLE, branch_sentences
from reports.cautions import FILE, mark_note
from reports.cautions import TITLE as TITLE_OF_CAUTIONS
from reports.consistency import consistency_of
from reports.estimates import Estimates, estimates_of
from reports.evidence import Evidence
from reports.objectives import best_setting, scores_of
from reports.sureness import sureness
from reports.words import point_words

_COLUMNS = {
    "goodput": "goodput",
    "error_rate": "errors",
    "latency_p99": "answer p99",
    "completion_p99": "completion p99",
    "orphaned": "orphaned",
    "duplicates": "duplicates per request",
}
MOST_ROWS = 10
MOST_HEADLINES = 4
MOST_CAUTIONS = 3


def render_markdown(evidence: Evidence) -> str:
    """Return the summary: heading, two sentences, a table of the workload with most errors, how to reproduce it."""
    estimates = estimates_of(evidence)
    variant, point = best_setting(evidence, estimates)
    first, second = answer(evidence, estimates)
    lines = [
        f"## {_escaped(evidence.name)}",
        "",
        *_cautions(estimates),
        f"**{_escaped(first)}** {_escaped(second)}",
        "",
    ]
    workload = worst_hit(evidence, estimates, point)
    if workload is not None:
        lines += [*_table(evidence, estimates, workload, _settings(evidence, point, variant)), ""]
    shown = [(name, point) for name in evidence.variants]
    versions = [f"- {_escaped(line)}" for line in branch_sentences(evidence, shown)][:MOST_ROWS]
    if versions:
        lines += [f"{TITLE}:", "", *versions, ""]
    told = [f"- {_escaped(line)}" for line in consistency_of(evidence, point).headlines[:MOST_HEADLINES]]
    if told:
        lines += [*told, ""]
    seed = evidence.manifest.get("seed", "")
    sure = f"{_uncapital(sureness(evidence))}{f', seed {seed}' if seed != '' else ''}"
    marked = mark_note(lines).removesuffix(".")
    notes = f"{sure}; {marked}" if marked else sure
    lines.append(f"{_escaped(workload or '')}: {notes}; again with {_code(evidence.command)}")
    return "\n".join(lines) + "\n"


def _cautions(estimates: Estimates) -> list[str]:
    """Return a line that says what the figures cannot bear, and a blank one; nothing without cautions."""
    told = estimates.cautions.told()
    if not told:
        return []
    parts = [f"{kind.title} ({kind.lines[0].removesuffix('.')})" for kind in told[:MOST_CAUTIONS] if kind.lines]
    shown = len(parts)
    more = sum(len(kind.lines) + kind.more for kind in told) - shown
    rest = f"; and {more:,} more in {FILE}" if more else ""
    return [f"> **{TITLE_OF_CAUTIONS}:** {_escaped('; '.join(parts) + rest)}.", ""]


def _settings(evidence: Evidence, point: str, variant: str) -> list[tuple[str, str]]:
    """Return the table's rows: the variants at the best point; if there is only one, its points."""
    if len(evidence.variants) > 1 or len(evidence.points) == 1:
        return [(name, point) for name in evidence.variants]
    scores = scores_of(evidence)
    others = sorted((name for name in evidence.points if name != point), key=lambda name: scores[variant, name].rank)
    return [(variant, name) for name in [point, *others]]


def _table(evidence: Evidence, estimates: Estimates, workload: str, settings: list[tuple[str, str]]) -> list[str]:
    scores = scores_of(evidence)
    columns = [name for name in _COLUMNS if any(estimates.get(*s, workload, name).known for s in settings)]
    swept = len(evidence.variants) == 1 and len(evidence.points) > 1
    head = ["point" if swept else "variant", *(_COLUMNS[name] for name in columns), "objectives met"]
    lines = [_row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    for setting in settings[:MOST_ROWS]:
        score = scores[setting]
        met = f"{score.number('met')} of {len(score.objectives)}" if score.objectives else "none set"
        name = point_words(setting[1]) if swept else setting[0]
        figures = [estimates.get(*setting, workload, metric).short.replace(" per request", "") for metric in columns]
        lines.append(_row([_escaped(name), *map(_escaped, figures), met]))
    if len(settings) > MOST_ROWS:
        lines.append(_row([f"{len(settings) - MOST_ROWS} more in summary.csv", *[""] * (len(head) - 1)]))
    return lines


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it stands, on one line."""
    return re.sub(r"([\\`*|<>#]|(?<!\w)_|_(?!\w)|\](?=[(\[:]))", r"\\\1", " ".join(text.split()))


def _uncapital(text: str) -> str:
    return text[:1].lower() + text[1:]


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence}{text}{fence}"
