"""Per workload: throughput and goodput; errors by outcome; what was left behind. Variants as rows of bars."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from reports.chart_file import ChartFile
from reports.charts.bars import ROW, digits, draw_bars, name_rows, plain_rows, say, scale_to, split, unit_words, whisker
from reports.charts.canvas import Heading, file_name, legend, legend_columns, legend_rows, new_figure, panels, save
from reports.charts.scene import Scene, left_out, unit_of
from reports.charts.style import OUTCOMES
from reports.neutrals import INK, MUTED
from reports.numbers import NO_DATA
from reports.words import listed, metric_words

RATES = ["throughput", "goodput"]
LEDGER = ["done", "undone", "orphaned", "duplicates", "false_ok", "false_error"]


def rates(scene: Scene, operation: str) -> ChartFile | None:
    """Draw throughput beside goodput on one scale, or nothing if neither was measured."""
    drawn, missing = scene.split(operation, RATES)
    if not drawn:
        return None
    figure = new_figure(0.55 + ROW * len(scene.variants))
    axes = panels(figure, 1, len(drawn), sharey=True)
    for panel, metric in zip(axes, drawn, strict=True):
        _metric_panel(scene, panel, operation, metric)
    name_rows(axes[0], scene.variants)
    widest = max(axes, key=lambda panel: panel.get_xlim()[1])
    for panel in axes:  # one scale: what is missing to the throughput is the point
        panel.set_xlim(widest.get_xlim())
        panel.set_xticks(widest.get_xticks())
    heading = Heading(
        scene.titled(operation, "throughput and goodput"),
        f"{scene.replicated}; requests per second. Throughput: answers. Goodput: answered ok and all effects in place",
        left_out(missing),
    )
    return save(figure, scene.folder, file_name("rates", operation), operation, heading)


def consistency(scene: Scene, operation: str) -> ChartFile | None:
    """Draw what requests left behind, a panel for each figure of the effect ledger, each on its own scale."""
    drawn, missing = scene.split(operation, LEDGER)
    if not drawn:
        return None
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = new_figure(rows * (0.6 + ROW * len(scene.variants)))
    axes = panels(figure, rows, columns, sharey=True)
    for panel, metric in zip(axes, drawn, strict=False):
        _metric_panel(scene, panel, operation, metric, room=0.5)
    for panel in axes[len(drawn) :]:
        panel.set_axis_off()
    name_rows(axes[0], scene.variants)
    heading = Heading(
        scene.titled(operation, "consistency of what was left behind"),
        f"{scene.replicated}; shares of requests that arrived, duplicates per request; every panel has its own scale",
        (
            "Done: all effects in place; undone: none; orphaned: some; duplicates: effects in place more than once;"
            " false ok: answered ok, not done; false error: answered otherwise, yet done.",
            *left_out(missing),
        ),
    )
    return save(figure, scene.folder, file_name("consistency", operation), operation, heading)


def errors(scene: Scene, operation: str) -> ChartFile | None:
    """Draw the error rate stacked by outcome, and the client errors apart: those are the callers' own mistakes."""
    drawn, missing = scene.split(operation, ["error_rate", "client_error_rate"])
    stacked, unknown = scene.split(operation, list(OUTCOMES))
    if not drawn:
        return None
    happened = [name for name in stacked if any(figure.mean > 0 for figure in scene.column(operation, name))]
    names = [_outcome(name) for name in happened]
    figure = new_figure(0.55 + ROW * len(scene.variants), legend_rows(names))
    axes = panels(figure, 1, len(drawn), sharey=True)
    for panel, metric in zip(axes, drawn, strict=True):
        if metric == "error_rate" and happened:
            _stack(scene, panel, operation, happened)
        else:
            _metric_panel(scene, panel, operation, metric)
    name_rows(axes[0], scene.variants)
    if happened:
        handles = [Patch(facecolor=OUTCOMES[name][0], hatch=OUTCOMES[name][1], edgecolor=INK) for name in happened]
        legend(figure, handles, names, legend_columns(names))
    never = [_outcome(name) for name in stacked if name not in happened]
    notes = (f"Never happened: {listed(never)}.",) if never else ()
    heading = Heading(
        scene.titled(operation, "error rate by outcome"),
        f"{scene.replicated} (whisker: of the total); shares of answers; client errors (4xx) stand apart",
        (*notes, *left_out(missing + unknown)),
    )
    return save(figure, scene.folder, file_name("errors", operation), operation, heading)


def _metric_panel(scene: Scene, axes: Axes, operation: str, metric: str, room: float = 0.6) -> None:
    draw_bars(axes, scene.column(operation, metric), [scene.looks[name] for name in scene.variants], room)
    axes.set_title(_capital(metric_words(metric)))
    axes.set_xlabel(unit_words(unit_of(metric)))


def _stack(scene: Scene, axes: Axes, operation: str, outcomes: list[str]) -> None:
    """Stack the outcomes of each row; the whisker and the figure at the end are those of the sum."""
    totals = scene.column(operation, "error_rate")
    limit = scale_to(axes, totals, 0.6)
    plain_rows(axes)
    parts = {name: scene.column(operation, name) for name in outcomes}
    for row, total in enumerate(totals):
        if not total.known:
            say(axes, 0, row, NO_DATA, colour=MUTED)
            continue
        if total.groups:
            end = split(axes, row, total, scene.looks[scene.variants[row]], limit)
            say(axes, end, row, digits(total))
            continue
        left = 0.0
        for name, figures in parts.items():
            width = figures[row].mean
            if math.isfinite(width) and width > 0:
                colour, hatch = OUTCOMES[name]
                axes.barh(row, width, left=left, height=0.62, color=colour, hatch=hatch, edgecolor=INK, linewidth=0.5)
                left += width
        say(axes, whisker(axes, row, total), row, digits(total))
    axes.set_title("Error rate, stacked by outcome")
    axes.set_xlabel("share of answers")


def _outcome(metric: str) -> str:
    return metric.removesuffix("_rate").replace("_", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
