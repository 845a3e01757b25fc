"""Per workload: percentiles of the time to the answer beside those of the time until the work is done."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from reports.chart_file import ChartFile
from reports.charts.bars import format_axis, name_rows, plain_rows
from reports.charts.canvas import Heading, file_name, legend, legend_columns, new_figure, panels, save
from reports.charts.scene import Scene, left_out
from reports.estimates import Estimate
from reports.neutrals import GRID, INK, MUTED, PAPER
from reports.numbers import NEVER, NO_DATA
from reports.words import percentile_words
from simulator.metrics.names import PERCENTILES

FAMILIES = {"latency": "Until the answer (ok answers)", "completion": "Until all effects are in place or undone"}
_ROW = 0.78
_SIGNS = dict(zip(PERCENTILES, ("o", "s", "^", "D", "X"), strict=True))
_WIDE = 20.0
"""From this ratio of largest to smallest on, the axis is logarithmic."""


def latencies(scene: Scene, operation: str) -> ChartFile | None:
    """Draw both families of percentiles on one scale, a line of marks per percentile within each variant's row."""
    families, missing = [], []
    for family in FAMILIES:
        drawn, absent = scene.split(operation, [f"{family}_{suffix}" for suffix in PERCENTILES])
        missing += absent
        families += [family] if drawn else []
    if not families:
        return None
    figure = new_figure(0.75 + _ROW * (len(scene.variants) + 0.2), legend_rows=1)
    axes = panels(figure, 1, len(families), sharex=True, sharey=True)
    limits = _limits(scene, operation, families)
    for panel, family in zip(axes, families, strict=True):
        _set_scale(panel, limits)
        _family(scene, panel, operation, family)
    name_rows(axes[0], scene.variants)
    names = [percentile_words(suffix) for suffix in PERCENTILES]
    signs = [Line2D([], [], marker=sign, linestyle="", color=INK, markersize=5.5) for sign in _SIGNS.values()]
    legend(figure, signs, names, legend_columns(names))
    heading = Heading(
        scene.titled(operation, "latency percentiles, answer and completion"),
        f"{scene.replicated}; time from arrival{', log scale' if _logarithmic(limits) else ''}; ▸ never: not reached",
        ("Requests that are orphaned or unfinished count as never completed.", *left_out(missing)),
    )
    return save(figure, scene.folder, file_name("latency", operation), operation, heading)


def _limits(scene: Scene, operation: str, families: list[str]) -> tuple[float, float]:
    """Return the smallest and the largest end to make room for, (1 ms, 1 s) if there is nothing finite."""
    ends = [
        end
        for family in families
        for suffix in PERCENTILES
        for estimate in scene.column(operation, f"{family}_{suffix}")
        for end in (estimate.mean, max(estimate.low, estimate.mean / 3), min(estimate.high, estimate.mean * 3))
        if math.isfinite(end) and end > 0
    ]
    return (min(ends), max(ends)) if ends else (1e-3, 1.0)


def _logarithmic(limits: tuple[float, float]) -> bool:
    return limits[1] / limits[0] >= _WIDE


def _set_scale(axes: Axes, limits: tuple[float, float]) -> None:
    low, high = limits
    if _logarithmic(limits):
        axes.set_xscale("log")
        axes.set_xlim(low / 1.6, high * (high / low) ** 0.24)
    else:
        axes.set_xlim(0, high * 1.25)
    format_axis(axes, "s")


def _family(scene: Scene, axes: Axes, operation: str, family: str) -> None:
    axes.set_title(FAMILIES[family])
    plain_rows(axes)
    axes.set_xlabel("time")
    for row, variant in enumerate(scene.variants):
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color=GRID, alpha=0.35, linewidth=0)
        figures = {
            suffix: scene.estimates.get(variant, scene.point, operation, f"{family}_{suffix}") for suffix in PERCENTILES
        }
        if not any(figure.known for figure in figures.values()):
            axes.annotate(
                NO_DATA, (0.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=MUTED
            )
            continue
        for place, (suffix, figure) in enumerate(figures.items()):
            _mark(axes, row + (place - 2) * 0.165, figure, _SIGNS[suffix], scene.looks[variant].colour)


def _mark(axes: Axes, height: float, estimate: Estimate, sign: str, colour: str) -> None:
    """Draw one percentile with its interval; the figure in digits beside it."""
    left, edge = axes.get_xlim()
    if estimate.groups:
        ends = [min(max(group.mean, left), edge) for group in estimate.groups]
        hollow: dict[str, Any] = {"marker": sign, "mfc": PAPER, "mec": colour, "mew": 1.2, "markersize": 5}
        axes.plot(ends, [height] * len(ends), color=colour, linestyle=(0, (1, 2)), clip_on=False, **hollow)
        _digits(axes, max(ends), height, estimate.short, "right" if max(ends) > edge / 2 else "left")
        return
    if math.isinf(estimate.mean):
        axes.plot([edge], [height], marker=sign, color=colour, markeredgecolor=INK, markersize=5, clip_on=False)
        _digits(axes, edge, height, f"{NEVER}{estimate.mark} ▸", "right")
        return
    if not estimate.finite:
        return
    if math.isfinite(estimate.low) and math.isfinite(estimate.high):
        low = max(estimate.low, left)
        axes.plot([low, min(estimate.high, edge)], [height, height], color=INK, linewidth=1.2)
    mean = max(estimate.mean, left)  # 0 has no place on a log axis: its mark stands at the edge
    style: dict[str, Any] = {"color": colour, "markeredgecolor": INK, "markeredgewidth": 0.5, "markersize": 5}
    axes.plot([mean], [height], marker=sign, clip_on=mean > left, **style)
    _digits(axes, min(max(estimate.high, mean), edge), height, estimate.short, "left")


def _digits(axes: Axes, x: float, height: float, text: str, side: str) -> None:
    offset = 5 if side == "left" else -6
    axes.annotate(text, (x, height), xytext=(offset, 0), textcoords="offset points", va="center", ha=side, fontsize=7)
