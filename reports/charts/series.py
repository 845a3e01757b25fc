"""Figures along an axis (phases, sweep values): marks with intervals, and words where there is no number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.charts.bars import format_axis, unit_words
from reports.charts.style import Look
from reports.estimates import Estimate, metric_named
from reports.neutrals import INK, MUTED
from reports.words import metric_words, shortened

_WIDE = 50.0
"""From this ratio of largest to smallest on, times are drawn on a logarithmic axis."""


def set_scale(axes: Axes, estimates: Sequence[Estimate], unit: str, extra: Sequence[float] = ()) -> None:
    """Scale the vertical axis to the figures and to ``extra`` values; times that differ much get a log scale, unless
    some of them are 0 (of staleness most are)."""
    tops = [estimate.end for estimate in estimates if not math.isnan(estimate.end)] + list(extra)
    means = [estimate.mean for estimate in estimates if estimate.finite and estimate.mean > 0] + list(extra)
    top = max(tops, default=0.0)
    if top == 0:
        axes.set_ylim(0, 1)
        axes.set_yticks([0.0])
        format_axis(axes, unit, vertical=True)
        return
    any_zero = any(estimate.finite and estimate.mean == 0 for estimate in estimates)
    if unit == "s" and means and not any_zero and max(means) / min(means) >= _WIDE:
        axes.set_yscale("log")
        axes.set_ylim(min(means) / 2, top * (top / min(means)) ** 0.2)
    else:
        axes.set_ylim(0, min(top * 1.22, max(top, 1.06)) if unit == "share" else top * 1.22)
        axes.yaxis.set_major_locator(MaxNLocator(4))
    format_axis(axes, unit, vertical=True)
    axes.minorticks_off()


def draw_points(
    axes: Axes, places: Sequence[float], estimates: Sequence[Estimate], look: Look, size: float = 5.5
) -> None:
    """Draw figures with their intervals; "never" is a mark at the upper edge."""
    bottom, top = axes.get_ylim()
    found = [(place, estimate) for place, estimate in zip(places, estimates, strict=True) if estimate.finite]
    spans = [
        (place, max(estimate.low, bottom), min(estimate.high, top))
        for place, estimate in found
        if math.isfinite(estimate.low) and math.isfinite(estimate.high)
    ]
    if spans:
        axes.vlines(*zip(*spans, strict=True), color=look.colour, linewidth=1.6)
    style: dict[str, Any] = {"marker": look.marker, "color": look.colour, "mec": INK, "mew": 0.6, "ms": size, "ls": ""}
    if found:  # an empty line would count as a mark at the figure's lower left corner when panels are laid out
        axes.plot([x for x, _ in found], [estimate.mean for _, estimate in found], clip_on=False, zorder=3, **style)
    never = [place for place, estimate in zip(places, estimates, strict=True) if math.isinf(estimate.mean)]
    if never:
        axes.plot(never, [0.94] * len(never), transform=axes.get_xaxis_transform(), clip_on=False, **style)


def draw_line(axes: Axes, places: Sequence[float], estimates: Sequence[Estimate], look: Look) -> None:
    """Draw figures as a line with the intervals as a band; where a figure is missing or infinite, the line breaks."""
    means = [estimate.mean if estimate.finite else math.nan for estimate in estimates]
    axes.plot(places, means, color=look.colour, linestyle=look.dash, linewidth=1.8)
    bottom = axes.get_ylim()[0]
    lows = [max(estimate.low, bottom) if math.isfinite(estimate.low) else math.nan for estimate in estimates]
    highs = [estimate.high if math.isfinite(estimate.high) else math.nan for estimate in estimates]
    axes.fill_between(places, lows, highs, color=look.colour, alpha=0.2, linewidth=0)
    draw_points(axes, places, estimates, look, size=5)


def panel_title(metric: str) -> str:
    """Return a panel's title: the metric, its unit and which way is good."""
    known, words = metric_named(metric), metric_words(metric)
    unit = "" if known.unit == "s" else f", {unit_words(known.unit)}"
    better = {"higher": " (higher is better)", "lower": " (lower is better)"}.get(known.better, "")
    return f"{words[:1].upper()}{words[1:]}{unit}{better}"


def say_never(axes: Axes, estimates: Sequence[Estimate]) -> None:
    """Explain marks at the upper edge, if there are any."""
    if any(math.isinf(estimate.mean) for estimate in estimates):
        axes.axhline(axes.get_ylim()[1], color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)))
        word = "never" if any(estimate.unit == "s" for estimate in estimates) else "unbounded"
        axes.annotate(f"▴ {word}", (1.004, 0.94), xycoords="axes fraction", va="center", fontsize=8, color=MUTED)


def marks(looks: dict[str, Look], lines: bool = False) -> tuple[list[Artist], list[str]]:
    """Return legend entries for variants: their marks, with their lines where ``lines`` are drawn."""
    handles: list[Artist] = [
        Line2D(
            [],
            [],
            marker=look.marker,
            color=look.colour,
            linestyle=look.dash if lines else "",
            markeredgecolor=INK,
            markeredgewidth=0.6,
            markersize=5.5,
        )
        for look in looks.values()
    ]
    return handles, [shortened(name, 40) for name in looks]
