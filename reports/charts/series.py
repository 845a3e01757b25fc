"""Figures along an axis (phases, sweep values): marks with intervals, and words where there is no number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.cautions import FILE
from reports.charts.bars import format_axis, unit_words
from reports.charts.style import Look
from reports.estimates import NOTHING, Estimate, metric_named
from reports.neutrals import INK, MUTED, PAPER
from reports.words import metric_words, shortened

_WIDE = 50.0
"""From this ratio of largest to smallest on, times are drawn on a logarithmic axis."""


GROUPED = "Two marks joined by dots: replications in two groups, at the mean of each."


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
    every = [*zip(places, estimates, strict=True)]
    for place, estimate in every:
        if estimate.groups:
            _draw_groups(axes, place, estimate, look, size)
    found = [(place, estimate) for place, estimate in every if estimate.finite and not estimate.groups]
    spans = [
        (place, max(estimate.low, bottom), min(estimate.high, top))
        for place, estimate in found
        if math.isfinite(estimate.low) and math.isfinite(estimate.high)
    ]
    if spans:
        axes.vlines(*zip(*spans, strict=True), color=look.colour, linewidth=1.6)
    style: dict[str, Any] = {"marker": look.marker, "color": look.colour, "mec": INK, "mew": 0.6, "ms": size, "ls": ""}
    for marked in (False, True):
        chosen = [(x, estimate.mean) for x, estimate in found if bool(estimate.mark) == marked]
        if chosen:  # an empty line would count as a mark at the lower left corner when panels are laid out
            face = PAPER if marked else look.colour
            axes.plot(*zip(*chosen, strict=True), clip_on=False, zorder=3, **style | _hollow(look, marked), mfc=face)
    never = [place for place, estimate in every if math.isinf(estimate.mean) and not estimate.groups]
    if never:
        axes.plot(never, [0.94] * len(never), transform=axes.get_xaxis_transform(), clip_on=False, **style)


def _hollow(look: Look, marked: bool) -> dict[str, Any]:
    """Return how the edge of a figure's mark is drawn: in its colour where a caution concerns it."""
    return {"mec": look.colour, "mew": 1.4} if marked else {}


def _draw_groups(axes: Axes, place: float, estimate: Estimate, look: Look, size: float) -> None:
    """Draw two groups of replications above each other, hollow, with a dotted line between them."""
    bottom, top = axes.get_ylim()
    edge = bottom + 0.94 * (top - bottom)
    ends = [min(max(group.mean, bottom), edge) for group in estimate.groups]
    style: dict[str, Any] = {"marker": look.marker, "mfc": PAPER, "ms": size, **_hollow(look, marked=True)}
    axes.plot([place] * len(ends), ends, color=look.colour, ls=(0, (1, 2)), lw=1.4, clip_on=False, zorder=3, **style)


def hollow_note(estimates: Iterable[Estimate]) -> tuple[str, ...]:
    """Return the sentences about hollow marks on a chart without digits; nothing where there are none."""
    found = list(estimates)
    marked = any(estimate.mark for estimate in found)
    grouped = any(estimate.groups for estimate in found)
    notes = (f"Hollow marks: figures that a caution concerns (all of them are in {FILE}).",) if marked else ()
    return (*notes, GROUPED) if grouped else notes


def draw_line(axes: Axes, places: Sequence[float], estimates: Sequence[Estimate], look: Look) -> None:
    """Draw figures as a line with the intervals as a band; where a figure is missing, infinite or in two groups, the
    line breaks."""
    whole = [estimate if not estimate.groups else NOTHING for estimate in estimates]  # nothing is near their mean
    means = [estimate.mean if estimate.finite else math.nan for estimate in whole]
    axes.plot(places, means, color=look.colour, linestyle=look.dash, linewidth=1.8)
    bottom = axes.get_ylim()[0]
    lows = [max(estimate.low, bottom) if math.isfinite(estimate.low) else math.nan for estimate in whole]
    highs = [estimate.high if math.isfinite(estimate.high) else math.nan for estimate in whole]
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
