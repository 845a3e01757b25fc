"""``summary.md``: ten lines for a pull request. The answer, a small table, and where to look further."""

from __future__ import annotations

import re

from reports.answer import answer, worst_hit
from reports.branches import TITLE, branch_sentences
from reports.consistency import consistency_of
from reports.estimates import Estimates, estimates_of
from reports.evidence import Evidence
from reports.objectives import best_setting, scores_of
from reports.words import counted, point_words

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


def render_markdown(evidence: Evidence) -> str:
    """Return the summary: heading, two sentences, a table of the workload with most errors, how to reproduce it."""
    estimates = estimates_of(evidence)
    variant, point = best_setting(evidence, estimates)
    first, second = answer(evidence, estimates)
    lines = [f"## {_escaped(evidence.name)}", "", f"**{_escaped(first)}** {_escaped(second)}", ""]
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
    lines.append(
        f"{_escaped(workload or '')}: means of {counted(evidence.replications, 'replication')} with 95 % intervals"
        f"{f', seed {seed}' if seed != '' else ''}; again with {_code(evidence.command)}"
    )
    return "\n".join(lines) + "\n"


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


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence}{text}{fence}"
