"""The report as one HTML file that needs nothing else: pictures and styles are inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import tables
from reports.answer import answer
from reports.branches import branch_table
from reports.cautions import TITLE, mark_note, rest_of
from reports.chart_file import ChartFile
from reports.consistency import consistency_of
from reports.consistency_tables import consistency_table, loss_table
from reports.estimates import Estimates, estimates_of
from reports.evidence import Evidence
from reports.findings import findings_of
from reports.neutrals import NEUTRALS
from reports.page_svg import inline_svg
from reports.sureness import has_intervals, measured, sureness
from reports.words import point_words

_ELSEWHERE = frozenset(
    (
        *("name", "description", "variants", "baseline", "points", "axes", "workloads", "phases", "warmup", "duration"),
        *("warmups", "replications_at"),
        *("experiment", "experiment_text", "command", "files"),
    )
)
"""Entries of the manifest that the page shows in another place, or that are for programs only."""

_NAMES = {"wall_time": "wall time of the runs, s", "simulated": "simulated time of all runs, s"}

TEMPLATES = Path(__file__).parent / "templates"


def render_page(evidence: Evidence, charts: Sequence[ChartFile]) -> str:
    """Return ``report.html``.

    Args:
        evidence: the results.
        charts: what `draw_charts` made of them; their SVG files are read.

    Returns:
        The page as text: the answer first, then what went wrong, pictures, tables, the experiment and how to
        reproduce it. It names no address, works offline, and follows the reader's light or dark setting.

    Raises:
        OSError: a chart's file cannot be read.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    estimates = estimates_of(evidence)
    findings, told = findings_of(evidence, estimates), estimates.cautions.told()
    return environment.get_template("report.html").render(
        evidence=evidence,
        style=Markup((TEMPLATES / "report.css").read_text("utf-8")),  # our own file
        answer=answer(evidence, estimates),
        findings=findings,
        consistency=consistency_of(evidence, findings.point),
        point=point_words(findings.point),
        sections=_sections(charts),
        main_tables=[tables.workload_table(evidence, estimates, name) for name in evidence.workload_names],
        more_tables=list(_more_tables(evidence, estimates, findings.point)),
        objectives=tables.objective_table(evidence),
        facts=list(_facts(evidence)),
        cautions=told,
        more_cautions=rest_of(told),
        cautions_title=TITLE,
        sureness=sureness(evidence),
        measured=measured(evidence),
        intervals=has_intervals(evidence),
        marks=mark_note(figure for finding in findings.found for figure in finding.figures),
    )


def _sections(charts: Sequence[ChartFile]) -> list[tuple[str, list[tuple[ChartFile, Markup]]]]:
    """Return the charts under their headings, in order, each with its picture."""
    found: dict[str, list[tuple[ChartFile, Markup]]] = {}
    for number, chart in enumerate(charts):
        picture = inline_svg(chart.svg.read_text("utf-8"), f"c{number}", NEUTRALS)
        found.setdefault(chart.section, []).append((chart, Markup(picture)))  # drawn by us, texts are paths
    return list(found.items())


def _more_tables(evidence: Evidence, estimates: Estimates, point: str) -> Iterator[tables.Table]:
    for name in evidence.workload_names:
        for table in (
            consistency_table(evidence, estimates, name, point),
            tables.comparison_table(evidence, estimates, name, point),
            tables.phase_table(evidence, estimates, name, point),
        ):
            if table is not None:
                yield table
    versions = branch_table(evidence, point)
    if versions is not None:
        yield versions
    recovery = tables.recovery_table(evidence, estimates, point)
    if recovery is not None:
        yield recovery
    losses = loss_table(evidence, point)
    if losses is not None:
        yield losses
    components = tables.component_table(evidence, estimates, point)
    if components is not None:
        yield components


def _facts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Return the manifest as name and text; nested entries by their path, long ones cut."""
    for name, value in _flat(evidence.manifest):
        text = f"{value:,.12g}" if isinstance(value, float) else str(value)
        yield name, text if len(text) <= 300 else f"{text[:300]} … (all of it is in manifest.json)"


def _flat(entries: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in entries.items():
        name = _NAMES.get(key) or f"{above} {key}".strip().replace("_", " ")
        if not above and key in _ELSEWHERE:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list | tuple):
            yield name, ", ".join(map(str, value))
        else:
            yield name, value
