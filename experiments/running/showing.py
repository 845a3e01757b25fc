"""What people look at, added to a folder of data: the short summary, and the page with its charts."""

from __future__ import annotations

from pathlib import Path

from experiments.results.evidence import evidence_of
from experiments.results.reading import Results
from reports.evidence import Evidence

SUMMARY = "summary.md"
PAGE = "report.html"
CHARTS = "charts"


def show(folder: Path, *, page: bool) -> Evidence:
    """Write ``summary.md`` and, with ``page``, the charts and ``report.html``; return what they were made from.

    Without ``page`` matplotlib is not imported, and the series that only pictures need are left empty.
    """
    from reports.markdown import render_markdown

    evidence = evidence_of(Results(folder), series=page)
    (folder / SUMMARY).write_text(render_markdown(evidence), encoding="utf-8", newline="\n")
    if page:
        from reports.charts.draw import draw_charts
        from reports.page import render_page

        charts = draw_charts(evidence, folder / CHARTS)
        (folder / PAGE).write_text(render_page(evidence, charts), encoding="utf-8", newline="\n")
    return evidence
