"""Horizontal bars, one variant a row: the interval as a whisker, the figure in digits at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.charts.style import Look
from reports.estimates import Estimate
from reports.neutrals import INK, MUTED, PAPER
from reports.numbers import NEVER, NO_DATA
from reports.words import wrapped

ROW = 0.36
"""Inches that one variant's row takes."""


def name_rows(axes: Axes, names: Sequence[str], width: int = 24) -> None:
    """Label the rows with the variants' names, the first on top."""
    axes.set_yticks(range(len(names)), [wrapped(name, width) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def plain_rows(axes: Axes) -> None:
    """Take away the lines along the rows: the bars are line enough."""
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def draw_bars(axes: Axes, estimates: Sequence[Estimate], looks: Sequence[Look], room: float = 0.6) -> None:
    """Draw one bar a row from 0, with whisker and figure; ``room`` is the share of the panel that bars may take."""
    limit = scale_to(axes, estimates, room)
    plain_rows(axes)
    for row, (estimate, look) in enumerate(zip(estimates, looks, strict=True)):
        if estimate.groups:
            say(axes, split(axes, row, estimate, look, limit), row, digits(estimate))
        elif estimate.finite:
            _bar(axes, row, estimate, look, limit)
        elif math.isinf(estimate.mean):
            axes.barh(row, limit, height=0.62, facecolor="none", edgecolor=look.colour, hatch="//", linewidth=0.8)
            say(axes, limit, row, f"{NEVER if estimate.unit == 's' else 'unbounded'}{estimate.mark}")
        else:
            say(axes, 0, row, NO_DATA, colour=MUTED)


def scale_to(axes: Axes, estimates: Sequence[Estimate], room: float) -> float:
    """Set the horizontal axis so that the longest bar takes ``room`` of it; returns where that bar ends."""
    ends = [estimate.end for estimate in estimates if not math.isnan(estimate.end)]
    limit = max([*ends, 0.0]) or 1.0
    axes.set_xlim(0, limit / room)
    nothing = not any(end > 0 for end in ends)
    axes.set_xticks(
        [0.0] if nothing else [tick for tick in MaxNLocator(3).tick_values(0, limit) if tick <= limit * 1.02]
    )
    unit = next((estimate.unit for estimate in estimates if estimate.unit), "")
    format_axis(axes, unit)
    return limit


def format_axis(axes: Axes, unit: str, vertical: bool = False) -> None:
    """Write shares as per cent and times with their unit at the ticks."""
    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _position: tick_text(value, unit)))


def tick_text(value: float, unit: str) -> str:
    """Return a tick's label: short, with its unit where that depends on the size."""
    if unit == "share":
        return f"{100 * value:.4g} %"
    if unit == "s":
        return _short_time(value)
    return f"{value:.6g}"


def _short_time(seconds: float) -> str:
    if seconds == 0:
        return "0"
    if abs(seconds) < 1e-3:
        return f"{1e6 * seconds:.4g} µs"
    return f"{1e3 * seconds:.4g} ms" if abs(seconds) < 1 else f"{seconds:.5g} s"


def unit_words(unit: str) -> str:
    """Return the unit as an axis title says it."""
    words = {
        "1/s": "per second",
        "share": "share of requests",
        "1/request": "per request",
        "s": "time",
        "count": "number",
    }
    return words.get(unit, unit)


def _bar(axes: Axes, row: int, estimate: Estimate, look: Look, limit: float) -> None:
    if estimate.mean > 0:
        axes.barh(row, estimate.mean, height=0.62, color=look.colour, hatch=look.hatch, edgecolor=INK, linewidth=0.5)
    end = whisker(axes, row, estimate)
    say(axes, min(end, limit), row, digits(estimate))


def digits(estimate: Estimate) -> str:
    """Return the figure as it stands beside a mark; "per request" is said by the axis."""
    text = estimate.short.replace(" per request", "")
    return text.replace(", ", "\n") if estimate.groups else text


def split(axes: Axes, row: float, estimate: Estimate, look: Look, limit: float) -> float:
    """Draw two groups of replications as hollow marks with a dotted line between them; returns the right one's place.

    What is never reached stands at ``limit``.
    """
    ends = sorted(min(group.mean, limit) for group in estimate.groups)
    style: dict[str, Any] = {"marker": look.marker, "mfc": PAPER, "mec": look.colour, "mew": 1.6, "ms": 6.5}
    axes.plot(ends, [row] * len(ends), color=look.colour, linestyle=(0, (1, 2)), linewidth=1.4, clip_on=False, **style)
    return ends[-1]


def whisker(axes: Axes, row: float, estimate: Estimate) -> float:
    """Draw the interval; returns the right end of what was drawn."""
    low, high = max(estimate.low, 0.0), estimate.high
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return estimate.mean
    axes.plot([low, high], [row, row], color=INK, linewidth=1.3, marker="|", markersize=6, markeredgewidth=1.3)
    return max(high, estimate.mean)


def say(axes: Axes, x: float, row: float, text: str, colour: str = INK) -> None:
    """Write a figure to the right of where its bar ends."""
    axes.annotate(
        text, (x, row), xytext=(6, 0), textcoords="offset points", va="center", ha="left", fontsize=8, color=colour
    )
