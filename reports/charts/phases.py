"""Per workload: what faults do. The headline figures while each fault lasts and after it, variants side by side."""

from __future__ import annotations

from matplotlib.axes import Axes

from reports.chart_file import ChartFile
from reports.charts.canvas import Heading, file_name, legend, legend_columns, legend_rows, new_figure, panels, save
from reports.charts.scene import Scene, left_out, unit_of
from reports.charts.series import draw_points, hollow_note, marks, panel_title, say_never, set_scale
from reports.charts.style import PHASE_SHADES
from reports.neutrals import GRID
from reports.words import phase_words, wrapped

HEADLINES = ["goodput", "error_rate", "latency_p99", "completion_p99", "duplicates", "orphaned"]
_PANEL = 1.32
_SPREAD = 0.7
"""Share of a phase's width over which the variants are spread."""


def phases(scene: Scene, operation: str) -> ChartFile | None:
    """Draw a panel for each headline figure with a column for each phase; nothing without faults or changes."""
    columns = [name for name in scene.evidence.phase_names if _anything(scene, operation, name)]
    drawn = [name for name in HEADLINES if any(_known(scene, operation, name, phase) for phase in columns)]
    if len(columns) < 2 or not drawn:
        return None
    handles, names = marks(scene.looks)
    figure = new_figure(_PANEL * len(drawn) + 0.45, legend_rows(names))
    axes = panels(figure, len(drawn), 1, sharex=True)
    for panel, metric in zip(axes, drawn, strict=True):
        _panel(scene, panel, operation, metric, columns)
    shown = [figure for metric in drawn for phase in columns for figure in scene.column(operation, metric, phase)]
    axes[-1].set_xticks(range(len(columns)), [_label(phase, len(columns)) for phase in columns])
    axes[-1].set_xlim(-0.5, len(columns) - 0.5)
    legend(figure, handles, names, legend_columns(names))
    heading = Heading(
        scene.titled(operation, "what the faults do, phase by phase"),
        f"{scene.replicated}; requests count in the phase in which they arrive; shaded: while the fault lasts",
        (
            *left_out([name for name in HEADLINES if name not in drawn]),
            *hollow_note(shown),
        ),
    )
    return save(figure, scene.folder, file_name("phases", operation), operation, heading)


def _panel(scene: Scene, axes: Axes, operation: str, metric: str, columns: list[str]) -> None:
    figures = {phase: scene.column(operation, metric, phase) for phase in columns}
    every = [figure for row in figures.values() for figure in row]
    set_scale(axes, every, unit_of(metric))
    _shade(axes, columns)
    step = _SPREAD / max(1, len(scene.variants))
    for place, variant in enumerate(scene.variants):
        offset = (place - (len(scene.variants) - 1) / 2) * step
        places = [column + offset for column in range(len(columns))]
        draw_points(axes, places, [figures[phase][place] for phase in columns], scene.looks[variant])
    say_never(axes, every)
    axes.set_title(panel_title(metric))
    axes.grid(visible=False, axis="x")


def _shade(axes: Axes, columns: list[str]) -> None:
    faults = [name for name in columns if name.startswith("during:")]
    for column, phase in enumerate(columns):
        if phase in faults:
            shade = PHASE_SHADES[faults.index(phase) % len(PHASE_SHADES)]
            axes.axvspan(column - 0.5, column + 0.5, color=shade, alpha=0.13, linewidth=0)
        if column:
            axes.axvline(column - 0.5, color=GRID, linewidth=0.8)


def _label(phase: str, columns: int) -> str:
    kind, colon, name = phase.partition(":")
    width = max(10, 96 // columns)
    return f"{kind}\n{wrapped(name, width)}" if colon else phase_words(phase)


def _anything(scene: Scene, operation: str, phase: str) -> bool:
    return any(_known(scene, operation, metric, phase) for metric in HEADLINES)


def _known(scene: Scene, operation: str, metric: str, phase: str) -> bool:
    return any(figure.known for figure in scene.column(operation, metric, phase))
