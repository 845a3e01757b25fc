"""How the warm-up was found: what the pilots saw, and where MSER-5 cuts it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from reports.chart_file import ChartFile
from reports.charts.bars import tick_text
from reports.charts.canvas import Heading, file_name, legend, legend_columns, legend_rows, new_figure, save
from reports.charts.scene import Scene
from reports.charts.series import set_scale
from reports.charts.style import BLUE, DASHES, GREY, PALETTE, VERMILLION, Dash
from reports.estimates import Estimate
from reports.neutrals import MUTED
from reports.words import counted, point_words, shortened

SECTION = "Warm-up"
_UNITS = {"answer_latency": "s", "completion": "s", "queue_length": "count", "backlog": "count"}
_WORDS = {
    "answer_latency": "time until the answer, by arrival",
    "completion": "time until everything is in place, by arrival",
    "queue_length": "requests waiting",
    "backlog": "messages waiting",
}
HALF = "half of the run"
"""The latest moment at which a pilot is cut."""

_HEIGHTS = (2.1, 1.6)


class _Series(NamedTuple):
    """The series that asked for the longest warm-up."""

    variant: str
    operation: str
    measure: str
    trusted: bool
    others: int


def warm_up(scene: Scene) -> ChartFile | None:
    """Draw what decided the warm-up of the point that is shown; nothing where it was written in the file."""
    found = _deciding(scene)
    if found is None:
        return None
    average, curves = _rows(scene.evidence.pilots, scene, found), _rows(scene.evidence.pilot_curves, scene, found)
    pilots = sorted(int(number) for number in set(curves["replication"]))
    names = ["mean of the pilots", "95 % interval", *(f"pilot {number}" for number in pilots), "warm-up chosen", HALF]
    figure = new_figure(sum(_HEIGHTS), legend_rows(names))
    grid = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": _HEIGHTS})
    top, bottom = grid.flat
    _draw_average(top, average, found)
    _draw_curves(bottom, curves, scene, found)
    for axes in (top, bottom):
        axes.axvspan(0, scene.evidence.warmup_at(scene.point), color=GREY, alpha=0.22, linewidth=0)
        axes.axvline(scene.evidence.warmup_at(scene.point), color=VERMILLION, linewidth=1.6, linestyle="--")
    bottom.set_xlim(0, scene.evidence.duration)
    bottom.set_xlabel("time from the start, s", color=MUTED)
    legend(figure, _handles(len(pilots)), names, legend_columns(names))
    return save(figure, scene.folder, file_name("warm-up"), SECTION, _heading(scene, found, len(pilots)))


def _deciding(scene: Scene) -> _Series | None:
    """Return the series without a steady state if there is one, else the one that is cut latest."""
    cuts = scene.evidence.warmup_cuts
    if cuts.empty:
        return None
    chosen = cuts[cuts["point"].fillna("") == scene.point]
    names = ["variant", "operation", "measure", "trusted"]
    longest = chosen.groupby(names, sort=True)["cut"].max().reset_index()
    if longest.empty:
        return None
    ordered = longest.sort_values(["trusted", "cut"], ascending=[True, False], kind="stable")
    variant, operation, measure, trusted = ordered.iloc[0][names]
    return _Series(str(variant), str(operation), str(measure), trusted == "yes", len(longest) - 1)


def _rows(frame: pd.DataFrame, scene: Scene, found: _Series) -> pd.DataFrame:
    at_point = frame[(frame["variant"] == found.variant) & (frame["point"].fillna("") == scene.point)]
    return at_point[(at_point["operation"] == found.operation) & (at_point["measure"] == found.measure)]


def _draw_average(axes: Axes, rows: pd.DataFrame, found: _Series) -> None:
    unit = _UNITS[found.measure]
    columns = (rows["mean"], rows["ci_low"], rows["ci_high"])
    set_scale(axes, [Estimate(mean, mean, mean, unit) for mean in rows["mean"]], unit)
    axes.fill_between(rows["time"], columns[1], columns[2], color=BLUE, alpha=0.22, linewidth=0)
    axes.plot(rows["time"], columns[0], color=BLUE, linewidth=1.6)
    words = _WORDS[found.measure]
    who = shortened(found.operation, 40)
    axes.set_title(f"{words[:1].upper()}{words[1:]} ({who}, variant {shortened(found.variant, 30)})")


def _draw_curves(axes: Axes, rows: pd.DataFrame, scene: Scene, found: _Series) -> None:
    """Draw the square root of each pilot's statistic, and where it is cut."""
    unit = _UNITS[found.measure]
    roots = rows.assign(root=rows["statistic"] ** 0.5)
    known = roots[roots["root"].notna()]
    set_scale(axes, [Estimate(root, root, root, unit) for root in known["root"]], unit)
    cuts = _rows(scene.evidence.warmup_cuts, scene, found)
    for place, (number, own) in enumerate(known.groupby("replication", sort=True)):
        colour, dash = _look(place)
        axes.plot(own["time"], own["root"], color=colour, linestyle=dash, linewidth=1.3)
        cut = float(cuts.loc[cuts["replication"] == number, "cut"].iloc[0])
        reached = own[own["time"] <= cut + 1e-9]
        if not reached.empty:
            axes.plot(cut, reached["root"].iloc[-1], "o", color=colour, markersize=5, clip_on=False)
    axes.axvline(scene.evidence.duration / 2, color=MUTED, linewidth=0.9, linestyle=":")
    axes.set_title("MSER: standard error of the mean if everything before is left out (a dot: its pilot's cut)")


def _look(place: int) -> tuple[str, Dash]:
    return PALETTE[(place + 1) % len(PALETTE)], DASHES[place % len(DASHES)]


def _handles(pilots: int) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [Line2D([], [], color=BLUE, linewidth=1.6), Patch(facecolor=BLUE, alpha=0.22)]
    for place in range(pilots):
        colour, dash = _look(place)
        handles.append(Line2D([], [], color=colour, linestyle=dash, marker="o", markersize=4, linewidth=1.3))
    chosen = Line2D([], [], color=VERMILLION, linewidth=1.6, linestyle="--")
    return [*handles, chosen, Line2D([], [], color=MUTED, linewidth=0.9, linestyle=":")]


def _heading(scene: Scene, found: _Series, pilots: int) -> Heading:
    warmup = scene.evidence.warmup_at(scene.point)
    chosen = f"{tick_text(warmup, 's')} (grey)" if warmup else "none"
    reading = f"Mean of {counted(pilots, 'pilot run')} with 95 % interval as a band; warm-up chosen: {chosen}"
    notes = ["The warm-up is the latest cut of all pilots of all variants, up to a whole window."]
    if not found.trusted:
        notes = ["The statistic goes on falling in the second half: there is no steady state, so half is left out."]
    if found.others:
        notes.append(f"{counted(found.others, 'other series', 'other series')} asked for no more; not drawn.")
    where = f" at {point_words(scene.point)}" if scene.point else ""
    return Heading(f"How the warm-up was found{where}", reading, tuple(notes))
