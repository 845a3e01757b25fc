"""Draws every chart that the results call for: the door to this folder. Importing it loads matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, product
from pathlib import Path

from reports.chart_file import ChartFile
from reports.charts.canvas import house_style
from reports.charts.distributions import distributions
from reports.charts.heatmap import heatmaps
from reports.charts.latency import latencies
from reports.charts.outcomes import consistency, errors, rates
from reports.charts.phases import phases
from reports.charts.scene import Scene
from reports.charts.style import looks
from reports.charts.sweep_lines import sweep_lines
from reports.charts.timeline import timeline, versions
from reports.charts.warm_up import warm_up
from reports.estimates import estimates_of
from reports.evidence import Evidence
from reports.objectives import best_setting

PER_WORKLOAD: tuple[Callable[[Scene, str], ChartFile | None], ...] = (
    rates,
    errors,
    latencies,
    consistency,
    phases,
    distributions,
)
MOST_SWEEP_CHARTS = 40
"""More are not drawn: nobody looks at them, and the tables have the figures."""


def draw_charts(evidence: Evidence, folder: Path) -> list[ChartFile]:
    """Draw all charts into a folder, each as PNG and SVG.

    With a sweep the sweep comes first, and the charts of single settings show the point that meets most
    objectives. The same evidence gives the same bytes.

    Args:
        evidence: the results.
        folder: where the files go; made if it is not there.

    Returns:
        The charts in the order in which the page shows them; a chart without any figure is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    estimates = estimates_of(evidence)
    point = best_setting(evidence, estimates)[1]
    scene = Scene(evidence, estimates, looks(evidence.variants), folder, point)
    with house_style():
        return [*_sweeps(scene), *_workloads(scene), *_timelines(scene), *_warm_up(scene)]


def _workloads(scene: Scene) -> Iterator[ChartFile]:
    for operation in scene.evidence.workload_names:
        for draw in PER_WORKLOAD:
            chart = draw(scene, operation)
            if chart is not None:
                yield chart


def _timelines(scene: Scene) -> Iterator[ChartFile]:
    for variant in scene.variants:
        for draw in (timeline, versions):
            chart = draw(scene, variant)
            if chart is not None:
                yield chart


def _warm_up(scene: Scene) -> Iterator[ChartFile]:
    chart = warm_up(scene)
    if chart is not None:
        yield chart


def _sweeps(scene: Scene) -> list[ChartFile]:
    wanted = _wanted_sweeps(scene)
    drawn = [chart for chart in islice((draw() for draw in wanted), MOST_SWEEP_CHARTS) if chart is not None]
    if drawn and len(wanted) > MOST_SWEEP_CHARTS:
        note = (
            f"{len(wanted) - MOST_SWEEP_CHARTS} more charts of the sweep are not drawn; the tables have their figures."
        )
        drawn[-1] = replace(drawn[-1], notes=f"{drawn[-1].notes} {note}".strip())
    return drawn


def _wanted_sweeps(scene: Scene) -> list[Callable[[], ChartFile | None]]:
    """Return what a sweep has to draw: lines for one axis, heatmaps for the last two, per setting of the rest."""
    axes = {name: list(values) for name, values in scene.evidence.axes.items()}
    varied = [name for name in axes if len(axes[name]) > 1]
    if not varied:
        return []
    shown = varied[-2:]
    rest = [name for name in axes if name not in shown]
    fixed = [dict(zip(rest, values, strict=True)) for values in product(*(axes[name] for name in rest))]
    operations = scene.evidence.workload_names
    if len(shown) == 1:
        return [_line_drawing(scene, operation, shown[0], held) for operation in operations for held in fixed]
    return [
        _heatmap_drawing(scene, operation, variant, shown, held)
        for operation in operations
        for variant in scene.variants
        for held in fixed
    ]


def _line_drawing(scene: Scene, operation: str, axis: str, held: dict[str, str]) -> Callable[[], ChartFile | None]:
    return lambda: sweep_lines(scene, operation, axis, held)


def _heatmap_drawing(
    scene: Scene, operation: str, variant: str, shown: list[str], held: dict[str, str]
) -> Callable[[], ChartFile | None]:
    upward, across = shown
    return lambda: heatmaps(scene, operation, variant, across, upward, held)
