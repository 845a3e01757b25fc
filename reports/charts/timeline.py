"""Per variant: what happened when. Workloads over time, faults shaded, and the states of the breakers as bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from reports.chart_file import ChartFile
from reports.charts.bands import STATE_WORDS, draw_bands, opened
from reports.charts.bars import tick_text
from reports.charts.canvas import Heading, file_name, legend, legend_columns, legend_rows, new_figure, save
from reports.charts.scene import Scene, unit_of
from reports.charts.series import panel_title, set_scale
from reports.charts.style import BREAKER_STATES, GREY, PHASE_SHADES, Look, looks
from reports.estimates import Estimate
from reports.neutrals import INK, MUTED
from reports.sureness import replicated
from reports.words import counted, shortened

SECTION = "Timelines"
PANELS = ("goodput", "throughput", "error_rate", "latency_p99", "latency_mean", "completion_p99")
FURTHER = ("staleness_mean",)
"""Drawn below the others wherever it was measured."""
_MOST_PANELS = 4
_HEIGHT = 1.45
_BAND = 0.26
_MOST_BANDS = 8


def timeline(scene: Scene, variant: str) -> ChartFile | None:
    """Draw one variant's run over time; nothing where no series was kept."""
    bands = opened(scene.evidence.breaker_states, variant, scene.point, scene.evidence.first_replication)
    shown = dict(list(bands.items())[:_MOST_BANDS])
    heading = _heading(scene, variant, len(bands) - len(shown), bool(shown))
    if not _runs(scene, variant).empty:
        note = "Its replications fall into two groups: each is a thin line of its own, and there is no mean."
        heading = replace(heading, reading=_reading_of_runs(scene), notes=(note, *heading.notes))
    return _over_time(scene, variant, scene.evidence.workload_names, shown, file_name("timeline", variant), heading)


def versions(scene: Scene, variant: str) -> ChartFile | None:
    """Draw the versions behind a variant's routes over time; nothing where no route splits."""
    branches = scene.evidence.branches
    if branches.empty:
        return None
    chosen = branches[(branches["variant"] == variant) & (branches["point"].fillna("") == scene.point)]
    pairs = {
        (route, name)
        for end in ("branch_a", "branch_b")
        for route, name in zip(chosen["route"], chosen[end], strict=True)
    }
    reading = f"{scene.replicated_series}; seen from the gateway, by the time of the answer"
    heading = Heading(scene.titled(variant, "the versions behind a route"), reading)
    names = [f"route:{route}/{branch}" for route, branch in sorted(pairs)]
    return _over_time(scene, variant, names, {}, file_name("versions", variant), heading)


def _over_time(
    scene: Scene, variant: str, names: Sequence[str], shown: dict[str, pd.DataFrame], file: str, heading: Heading
) -> ChartFile | None:
    """Draw some operations over time, and below them bands of states."""
    frame = scene.evidence.timeline
    if frame.empty:
        return None
    chosen = frame[(frame["variant"] == variant) & (frame["point"].fillna("") == scene.point)]
    workloads = [name for name in names if (chosen["operation"] == name).any()]
    chosen = chosen[chosen["operation"].isin(workloads)]
    runs = _runs(scene, variant)
    kept = [name for name in (*PANELS, *FURTHER) if chosen.loc[chosen["metric"] == name, "mean"].notna().any()]
    drawn = [*[name for name in kept if name in PANELS][:_MOST_PANELS], *[name for name in kept if name in FURTHER]]
    if not drawn:
        return None
    labels = _legend_names(workloads, shown)
    heights = [_HEIGHT] * len(drawn) + ([0.3 + _BAND * len(shown)] if shown else [])
    figure = new_figure(sum(heights) + 0.7, legend_rows(labels))
    grid = figure.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})
    axes = list(grid.flat)
    lines = looks(workloads)
    for panel, metric in zip(axes, drawn, strict=False):
        own = runs[runs["metric"] == metric]
        if own.empty:
            _series(panel, chosen[chosen["metric"] == metric], metric, lines)
        else:
            _thin_lines(panel, own, metric, lines)
    axes[0].set_ylim(0, axes[0].get_ylim()[1] * 1.3)  # room for the phases' names
    for panel in axes:
        _shade(scene, panel, named=panel is axes[0])
    if shown:
        draw_bands(axes[-1], shown, scene.evidence.duration)
    _time_axis(scene, axes[-1], float(chosen["time"].max()))
    legend(figure, _handles(workloads, lines, shown), labels, legend_columns(labels))
    return save(figure, scene.folder, file, SECTION, heading)


def _heading(scene: Scene, variant: str, hidden: int, any_band: bool) -> Heading:
    first = f"in replication {scene.evidence.first_replication}."
    notes = [f"Breakers: states {first}"] if any_band else [f"No breaker opened {first}"]
    if hidden:
        notes.append(f"{counted(hidden, 'more breaker')} opened and not drawn.")
    if scene.evidence.warmup_at(scene.point) > 0:
        notes.append("The grey time at the beginning is the warm-up, which no figure counts.")
    reading = f"{scene.replicated_series}; shaded: while a fault or named phase lasts"
    return Heading(scene.titled(variant, "what happened when"), reading, tuple(notes))


def _series(axes: Axes, frame: pd.DataFrame, metric: str, lines: dict[str, Look]) -> None:
    unit = unit_of(metric)
    every = [
        Estimate(mean, low, high, unit)
        for mean, low, high in zip(frame["mean"], frame["ci_low"], frame["ci_high"], strict=True)
    ]
    set_scale(axes, every, unit)
    for workload, look in lines.items():
        rows = frame[frame["operation"] == workload].sort_values("time")
        finite = rows["mean"].where(rows["mean"].abs() < float("inf"))
        axes.fill_between(rows["time"], rows["ci_low"], rows["ci_high"], color=look.colour, alpha=0.22, linewidth=0)
        axes.plot(rows["time"], finite, color=look.colour, linestyle=look.dash, linewidth=1.4, clip_on=False)
    axes.set_title(panel_title(metric))


def _runs(scene: Scene, variant: str) -> pd.DataFrame:
    """Return the series of a variant's single replications, where they fall into two groups."""
    frame = scene.evidence.run_series
    return frame[(frame["variant"] == variant) & (frame["point"].fillna("") == scene.point)]


def _reading_of_runs(scene: Scene) -> str:
    return f"{replicated(scene.evidence)}, a line each: no intervals; shaded: while a fault or named phase lasts"


def _thin_lines(axes: Axes, frame: pd.DataFrame, metric: str, lines: dict[str, Look]) -> None:
    """Draw every replication's own line: where they go two ways, their mean is where none of them is."""
    finite = frame[frame["value"].abs() < float("inf")]
    set_scale(axes, [Estimate(value, value, value, unit_of(metric)) for value in finite["value"]], unit_of(metric))
    times = sorted(frame["time"].unique())
    for workload, look in lines.items():
        of_workload = finite[finite["operation"] == workload]
        for _number, rows in of_workload.groupby("replication", sort=True):
            values = rows.set_index("time")["value"].reindex(times)  # a window without a figure breaks the line
            axes.plot(times, values, color=look.colour, linewidth=0.7, alpha=0.65)
    axes.set_title(panel_title(metric))


def _shade(scene: Scene, axes: Axes, named: bool) -> None:
    """Shade warm-up and phases; the first panel names them."""
    warmup = scene.evidence.warmup_at(scene.point)
    if warmup > 0:
        axes.axvspan(0, warmup, color=GREY, alpha=0.22, linewidth=0)
    for place, (name, start, end) in enumerate(scene.evidence.phases):
        shade = PHASE_SHADES[place % len(PHASE_SHADES)]
        last = min(end, scene.evidence.duration)
        if start < end:
            axes.axvspan(start, last, color=shade, alpha=0.16, linewidth=0)
        else:
            axes.axvline(start, color=shade, linewidth=1.0, linestyle="--")  # a change, a flush: over in an instant
        if named:
            text = shortened(name, 22)
            axes.annotate(
                text,
                ((start + last) / 2, 0.96 - 0.13 * (place % 2)),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="top",
                fontsize=7.5,
            )


def _time_axis(scene: Scene, axes: Axes, last: float) -> None:
    axes.set_xlim(0, max(scene.evidence.duration, last))
    axes.set_xlabel(f"time from the start, s (arrivals stop at {tick_text(scene.evidence.duration, 's')})", color=MUTED)


def _legend_names(workloads: list[str], bands: dict[str, pd.DataFrame]) -> list[str]:
    states = [f"breaker {STATE_WORDS[state]}" for state in BREAKER_STATES] if bands else []
    return [*(shortened(name, 40) for name in workloads), *states]


def _handles(workloads: list[str], lines: dict[str, Look], bands: dict[str, pd.DataFrame]) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=lines[name].colour, linestyle=lines[name].dash, linewidth=1.8) for name in workloads
    ]
    if bands:
        handles += [Patch(facecolor=colour, hatch=hatch, edgecolor=INK) for colour, hatch in BREAKER_STATES.values()]
    return handles
