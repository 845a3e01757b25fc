"""Per workload: which share of requests takes longer than a time, on two logarithmic axes (complementary CDF)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from reports.chart_file import ChartFile
from reports.charts.bars import format_axis, tick_text
from reports.charts.canvas import Heading, file_name, legend, legend_columns, legend_rows, new_figure, panels, save
from reports.charts.scene import Scene
from reports.charts.series import marks
from reports.charts.style import Look
from reports.neutrals import INK
from reports.numbers import plain

MEASURES = {"latency": "Time to the answer (ok answers)", "completion": "Time until all effects are in place or undone"}
_HEIGHT = 4.0


def distributions(scene: Scene, operation: str) -> ChartFile | None:
    """Draw the tails of both measures, a line a variant; nothing where no distribution was kept."""
    frame = scene.evidence.distributions
    if frame.empty:
        return None
    chosen = frame[(frame["operation"] == operation) & (frame["point"].fillna("") == scene.point)]
    drawn = [name for name in MEASURES if (chosen["measure"] == name).any()]
    if not drawn:
        return None
    handles, names = marks(scene.looks, lines=True)
    figure = new_figure(_HEIGHT, legend_rows(names))
    axes = panels(figure, 1, len(drawn), sharey=True)
    notes: list[str] = []
    for panel, measure in zip(axes, drawn, strict=True):
        never = _never(scene, operation) if measure == "completion" else {}
        _measure(scene, panel, chosen[chosen["measure"] == measure], never)
        notes += [f"{name}: {plain(share, 'share')} of requests never complete." for name, share in never.items()]
        panel.set_title(MEASURES[measure])
    axes[0].set_ylabel("share of requests that take longer")
    legend(figure, handles, names, legend_columns(names))
    heading = Heading(
        scene.titled(operation, "how often it takes longer than that"),
        f"{scene.replicated_series}; both axes log; a mark at the right edge: never",
        tuple(notes),
    )
    return save(figure, scene.folder, file_name("distribution", operation), operation, heading)


def _never(scene: Scene, operation: str) -> dict[str, float]:
    """Which share of a variant's requests never complete: what is half done for good, or unfinished; none is 0."""
    columns = zip(*(scene.column(operation, metric) for metric in ("orphaned", "unfinished")), strict=True)
    sums = [sum(figure.mean for figure in figures if figure.known) for figures in columns]
    return {variant: share for variant, share in zip(scene.variants, sums, strict=True) if share > 0}


def _measure(scene: Scene, axes: Axes, frame: pd.DataFrame, never: Mapping[str, float]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    tails = {name: frame[frame["variant"] == name].sort_values("survival", ascending=False) for name in scene.variants}
    _limits(axes, frame, never.values())
    for variant, tail in tails.items():
        _tail(axes, tail, scene.looks[variant], never.get(variant, 0.0))
    format_axis(axes, "s")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: tick_text(value, "share")))
    axes.minorticks_off()
    axes.set_xlabel("longer than this")


def _limits(axes: Axes, frame: pd.DataFrame, never: Iterable[float]) -> None:
    values = frame["value"].to_numpy(dtype=float)
    values = values[np.isfinite(values) & (values > 0)]
    shares = frame["survival"].to_numpy(dtype=float)
    shares = np.concatenate([shares[shares > 0], list(never)])
    if len(values):
        axes.set_xlim(float(values.min()) * 0.8, float(values.max()) * 2.0)
    axes.set_ylim(float(shares.min()) * 0.7 if len(shares) else 1e-3, 1.25)


def _tail(axes: Axes, tail: pd.DataFrame, look: Look, never: float) -> None:
    """Draw one variant's tail, and a mark at the share of requests that never get there."""
    values, shares = tail["value"].to_numpy(dtype=float), tail["survival"].to_numpy(dtype=float)
    finite = np.isfinite(values) & (values > 0) & (shares > 0)
    x, y = values[finite], shares[finite]
    if not len(x):
        return
    lows, highs = (tail[name].to_numpy(dtype=float)[finite] for name in ("ci_low", "ci_high"))
    axes.fill_betweenx(y, np.maximum(lows, axes.get_xlim()[0]), highs, color=look.colour, alpha=0.18, linewidth=0)
    every = max(1, len(x) // 8)
    axes.plot(
        x,
        y,
        color=look.colour,
        linestyle=look.dash,
        linewidth=1.7,
        marker=look.marker,
        markevery=every,
        ms=4.5,
        mec=INK,
        mew=0.4,
    )
    if never > 0:
        edge = axes.get_xlim()[1]
        axes.plot([x[-1], edge], [never, never], color=look.colour, linestyle=(0, (1, 2)), linewidth=1.2)
        axes.plot([edge], [never], color=look.colour, marker=look.marker, ms=5, mec=INK, mew=0.5, clip_on=False)
