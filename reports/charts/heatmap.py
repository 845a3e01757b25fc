"""A sweep over two axes: figures as colours, and the region where all objectives hold, outlined and hatched."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from reports.chart_file import ChartFile
from reports.charts.canvas import Heading, file_name, legend, legend_columns, new_figure, panels, save
from reports.charts.scene import Scene, left_out, unit_of
from reports.charts.series import panel_title
from reports.charts.style import BLUE, GREY, ORANGE, VERMILLION
from reports.charts.sweep_lines import HEADLINES, SECTION
from reports.estimates import Estimate
from reports.neutrals import INK, PAPER
from reports.numbers import NEVER
from reports.objectives import Score, scores_of
from reports.points import point_at
from reports.words import shortened, wrapped

_ROW = 0.44
_DARK, _LIGHT = "#101214", "#fefefe"
"""Digits on the cells: not the page's ink, for the cells keep their colour in the dark."""

_VERDICTS = {"met": (BLUE, ""), "undecided": (ORANGE, "..."), "missed": (PAPER, ""), "none": (PAPER, "")}
_EDGES = ((0, -1, (0, 1), (0, 0)), (0, 1, (0, 1), (1, 1)), (-1, 0, (0, 0), (0, 1)), (1, 0, (1, 1), (0, 1)))
"""For each side of a cell: the neighbour's step (column, row) and the side's ends from the cell's corner."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The points of two axes, the others held; ``points[row][column]`` is None where the sweep left a point out."""

    across: str
    upward: str
    columns: list[str]
    rows: list[str]
    points: list[list[str | None]]


def heatmaps(
    scene: Scene, operation: str, variant: str, across: str, upward: str, fixed: dict[str, str]
) -> ChartFile | None:
    """Draw a workload's figures of one variant over two axes, the others held at ``fixed``; nothing without figures."""
    grid = _grid(scene, across, upward, fixed)
    scores = scores_of(scene.evidence)
    cells = {
        point: scores.get((variant, point), Score(())) for row in grid.points for point in row if point is not None
    }
    drawn = [name for name in HEADLINES if any(_at(scene, variant, point, operation, name).known for point in cells)]
    if not drawn:
        return None
    judged = any(score.objectives for score in cells.values())
    count = len(drawn) + judged
    columns = min(2, count)
    height = -(-count // columns) * (0.95 + _ROW * len(grid.rows))
    figure = new_figure(height, legend_rows=1 if judged else 0)
    axes = panels(figure, -(-count // columns), columns)
    if judged:
        _verdict_panel(axes[0], grid, cells)
    for panel, metric in zip(axes[judged:], drawn, strict=False):
        estimates = {point: _at(scene, variant, point, operation, metric) for point in cells}
        _metric_panel(panel, grid, estimates, metric)
    for panel in axes[:count]:
        _outline(panel, grid, cells)
        _label(panel, grid)
    for panel in axes[count:]:
        panel.set_axis_off()
    if judged:
        _explain(figure)
    heading = _heading(scene, (operation, variant), grid, fixed, drawn)
    name = file_name("sweep", operation, variant, across, upward, *fixed.values())
    return save(figure, scene.folder, name, SECTION, heading)


def _heading(scene: Scene, who: tuple[str, str], grid: Grid, fixed: dict[str, str], drawn: list[str]) -> Heading:
    where = "".join(f", {name} = {value}" for name, value in fixed.items())
    whose = f", {who[1]}" if len(scene.variants) > 1 else ""
    return Heading(
        f"{who[0]}{whose}: {grid.upward} × {grid.across}{where}",
        f"{scene.replicated}; an objective holds only if the whole interval does",
        (
            "The thick line encloses the settings at which all objectives hold;"
            " a question mark: undecided, an interval contains its bound.",
            *left_out([metric for metric in HEADLINES if metric not in drawn]),
        ),
    )


def _grid(scene: Scene, across: str, upward: str, fixed: dict[str, str]) -> Grid:
    axes = scene.evidence.axes
    at = point_at(scene.evidence.points, axes)
    columns, rows = list(axes[across]), list(axes[upward])
    points = [
        [at.get(tuple({**fixed, across: column, upward: row}[name] for name in axes)) for column in columns]
        for row in rows
    ]
    return Grid(across, upward, columns, rows, points)


def _at(scene: Scene, variant: str, point: str, operation: str, metric: str) -> Estimate:
    return scene.estimates.get(variant, point, operation, metric)


def _verdict_panel(axes: Axes, grid: Grid, cells: dict[str, Score]) -> None:
    for row, points in enumerate(grid.points):
        for column, point in enumerate(points):
            score = cells[point] if point is not None else Score(())
            colour, hatch = _VERDICTS[score.verdict]
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, hatch=hatch, edgecolor=INK, linewidth=0.4))
            text = f"{score.number('met')} of {len(score.objectives)}" if point is not None else "not run"
            ink = {"met": _LIGHT, "undecided": _DARK}.get(score.verdict, INK)
            _say(axes, column, row, text, ink, box=colour if hatch else "")
    axes.set_title("Objectives met")


def _metric_panel(axes: Axes, grid: Grid, estimates: dict[str, Estimate], metric: str) -> None:
    """Draw a figure's cells: colours to scale, the figure in digits; "never" is hatched, no data is empty."""
    means = np.array([[estimates[p].mean if p is not None else math.nan for p in row] for row in grid.points])
    finite = means[np.isfinite(means)]
    norm = _norm(finite, unit_of(metric))
    shown = np.ma.masked_invalid(means)
    mesh = axes.pcolormesh(shown, cmap="cividis", norm=norm, edgecolors=PAPER, linewidth=0.6)
    for row, points in enumerate(grid.points):
        for column, point in enumerate(points):
            if point is None:
                _say(axes, column, row, "not run", INK)
            elif estimates[point].groups:
                axes.add_patch(
                    Rectangle((column, row), 1, 1, facecolor=PAPER, hatch="//", edgecolor=GREY, linewidth=0.4)
                )
                _say(axes, column, row, _figure(estimates[point]), INK, box=PAPER)
            elif math.isinf(estimates[point].mean):
                axes.add_patch(
                    Rectangle((column, row), 1, 1, facecolor=GREY, hatch="xx", edgecolor=_DARK, linewidth=0.4)
                )
                _say(axes, column, row, NEVER, _LIGHT, box=_DARK)
            else:
                red, green, blue, _ = mesh.cmap(norm(estimates[point].mean))
                dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.52
                _say(
                    axes,
                    column,
                    row,
                    _figure(estimates[point]),
                    INK if not estimates[point].known else _LIGHT if dark else _DARK,
                )
    axes.set_title(panel_title(metric))


def _norm(finite: np.ndarray, unit: str) -> Normalize:
    if not len(finite):
        return Normalize(0, 1)
    low, high = float(finite.min()), float(finite.max())
    if unit == "s" and low > 0 and high / low > 30:
        return LogNorm(low, high)
    return Normalize(low, high if high > low else low + 1)


def _figure(estimate: Estimate) -> str:
    """Return a cell's text: the figure, and below it half its interval."""
    text = estimate.short.replace(" per request", "").replace(" /s", "")
    if estimate.groups:
        return text.replace(" of ", "/", 1).replace(" near ", ": ").replace(", ", "\n")
    return text.replace(" ±", "\n±").replace(" [", "\n[")


def _say(axes: Axes, column: int, row: int, text: str, colour: str, box: str = "") -> None:
    behind = {"facecolor": box, "edgecolor": "none", "pad": 1.2} if box else None
    axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7, color=colour, bbox=behind)


def _outline(axes: Axes, grid: Grid, cells: dict[str, Score]) -> None:
    """Draw a thick line round the cells where all objectives hold, and mark the undecided ones."""
    holds = [[point is not None and cells[point].verdict == "met" for point in row] for row in grid.points]
    for row, points in enumerate(grid.points):
        for column, point in enumerate(points):
            if point is not None and cells[point].verdict == "undecided":
                axes.text(
                    column + 0.94, row + 0.9, "?", ha="right", va="top", fontsize=8, fontweight="bold", color=_DARK
                )
                axes.texts[-1].set_bbox({"facecolor": ORANGE, "edgecolor": "none", "pad": 0.8})
            if not holds[row][column]:
                continue
            for step_x, step_y, xs, ys in _EDGES:
                beside, above = column + step_x, row + step_y
                inside = 0 <= above < len(holds) and 0 <= beside < len(holds[0]) and holds[above][beside]
                if not inside:
                    line = ([column + x for x in xs], [row + y for y in ys])
                    axes.plot(*line, color=PAPER, linewidth=5, solid_capstyle="projecting", clip_on=False, zorder=4)
                    axes.plot(
                        *line, color=VERMILLION, linewidth=2.6, solid_capstyle="projecting", clip_on=False, zorder=5
                    )


def _label(axes: Axes, grid: Grid) -> None:
    axes.set_xlim(0, len(grid.columns))
    axes.set_ylim(0, len(grid.rows))
    axes.set_xticks(
        [place + 0.5 for place in range(len(grid.columns))], [shortened(value, 9) for value in grid.columns]
    )
    axes.set_yticks([place + 0.5 for place in range(len(grid.rows))], [shortened(value, 12) for value in grid.rows])
    axes.set_xlabel(shortened(grid.across, 50))
    axes.set_ylabel(wrapped(grid.upward, 24))
    axes.tick_params(length=0)
    axes.grid(visible=False)


def _explain(figure: Figure) -> None:
    handles = [
        Patch(facecolor=BLUE, edgecolor=VERMILLION, linewidth=2),
        Patch(facecolor=ORANGE, hatch="...", edgecolor=INK),
        Patch(facecolor=PAPER, edgecolor=INK),
    ]
    names = ["all objectives hold", "undecided (?)", "an objective is missed"]
    legend(figure, handles, names, legend_columns(names))
