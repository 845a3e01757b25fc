"""A sweep over one axis: each headline figure as a line a variant, with its interval as a band."""

from __future__ import annotations

from matplotlib.axes import Axes

from reports.chart_file import ChartFile
from reports.charts.canvas import Heading, file_name, legend, legend_columns, legend_rows, new_figure, panels, save
from reports.charts.scene import Scene, left_out, unit_of
from reports.charts.series import draw_line, hollow_note, marks, panel_title, say_never, set_scale
from reports.estimates import Estimate
from reports.evidence import ALL
from reports.neutrals import INK
from reports.points import places, point_at
from reports.words import shortened

HEADLINES = ["goodput", "error_rate", "latency_p99", "completion_p99", "duplicates", "orphaned"]
SECTION = "Sweep"
_PANEL = 1.95


def sweep_lines(scene: Scene, operation: str, axis: str, fixed: dict[str, str]) -> ChartFile | None:
    """Draw a workload's figures along one axis, the others held at ``fixed``; nothing without figures."""
    at = point_at(scene.evidence.points, scene.evidence.axes)
    values = [value for value in scene.evidence.axes[axis] if _point(scene, at, axis, value, fixed) is not None]
    points = [str(_point(scene, at, axis, value, fixed)) for value in values]
    drawn = [metric for metric in HEADLINES if any(figure.known for figure in _every(scene, operation, metric, points))]
    if not drawn or len(values) < 2:
        return None
    handles, names = marks(scene.looks, lines=True)
    columns = min(2, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = new_figure(_PANEL * rows + 0.2, legend_rows(names))
    axes = panels(figure, rows, columns)
    for panel, metric in zip(axes, drawn, strict=False):
        _panel(scene, panel, operation, metric, points, places(values))
        panel.set_xticks(places(values), [shortened(value, 10) for value in values])
        panel.set_xlabel(shortened(axis, 60))
    for panel in axes[len(drawn) :]:
        panel.set_axis_off()
    legend(figure, handles, names, legend_columns(names))
    where = "".join(f", {name} = {value}" for name, value in fixed.items())
    heading = Heading(
        f"{operation} along {axis}{where}",
        f"{scene.replicated_band}; dashed grey: an objective's bound",
        (
            *left_out([metric for metric in HEADLINES if metric not in drawn]),
            *hollow_note(figure for metric in drawn for figure in _every(scene, operation, metric, points)),
        ),
    )
    return save(figure, scene.folder, file_name("sweep", operation, axis, *fixed.values()), SECTION, heading)


def _point(scene: Scene, at: dict[tuple[str, ...], str], axis: str, value: str, fixed: dict[str, str]) -> str | None:
    return at.get(tuple(value if name == axis else fixed[name] for name in scene.evidence.axes))


def _every(scene: Scene, operation: str, metric: str, points: list[str]) -> list[Estimate]:
    return [scene.estimates.get(variant, point, operation, metric) for variant in scene.variants for point in points]


def _panel(scene: Scene, axes: Axes, operation: str, metric: str, points: list[str], along: list[float]) -> None:
    every = _every(scene, operation, metric, points)
    bounds = _bounds(scene, operation, metric)
    set_scale(axes, every, unit_of(metric), extra=bounds)
    for bound in bounds:
        axes.axhline(bound, color=INK, alpha=0.55, linewidth=1.1, linestyle=(0, (4, 3)))
    for variant in scene.variants:
        figures = [scene.estimates.get(variant, point, operation, metric) for point in points]
        draw_line(axes, along, figures, scene.looks[variant])
    say_never(axes, every)
    axes.set_title(panel_title(metric))


def _bounds(scene: Scene, operation: str, metric: str) -> list[float]:
    frame = scene.evidence.objectives
    if frame.empty:
        return []
    chosen = frame[(frame["operation"] == operation) & (frame["metric"] == metric) & (frame["phase"] == ALL)]
    return sorted({float(bound) for bound in chosen["bound"]})
