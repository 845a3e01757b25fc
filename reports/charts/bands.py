"""Bands that show in which state a circuit breaker was, one row an edge."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports.charts.style import BREAKER_STATES
from reports.neutrals import INK
from reports.words import wrapped

STATE_WORDS = {"closed": "closed", "half_open": "half-open", "open": "open"}


def opened(frame: pd.DataFrame, variant: str, point: str, replication: int = 0) -> dict[str, pd.DataFrame]:
    """Return the changes of state in one replication of each breaker that ever left closed, by edge in order of
    name."""
    if frame.empty:
        return {}
    at_point = frame[(frame["variant"] == variant) & (frame["point"].fillna("") == point)]
    chosen = at_point[at_point["replication"] == replication]
    changed = chosen[chosen["state"] != "closed"]
    return {str(name): chosen[chosen["operation"] == name] for name in sorted(changed["operation"].unique())}


def spans(changes: pd.DataFrame, end: float) -> list[tuple[str, float, float]]:
    """Return ``(state, from, to)`` from 0 to ``end``: closed until the first change; spans without length left out."""
    times = [0.0, *(float(time) for time in changes["time"])]
    states = ["closed", *(str(state) for state in changes["state"])]
    ends = [*times[1:], max(end, times[-1])]
    return [(state, low, high) for state, low, high in zip(states, times, ends, strict=True) if high > low]


def draw_bands(axes: Axes, breakers: dict[str, pd.DataFrame], end: float) -> None:
    """Draw one band a breaker, open, half-open and closed in colour and hatch."""
    for row, changes in enumerate(breakers.values()):
        found = spans(changes, end)
        for state, (colour, hatch) in BREAKER_STATES.items():
            pieces = [(low, high - low) for name, low, high in found if name == state]
            style: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": INK, "linewidth": 0.4}
            axes.broken_barh(pieces, (row - 0.36, 0.72), **style)
    names = [name.removeprefix("call:").replace("->", " → ") for name in breakers]
    axes.set_yticks(range(len(names)), [wrapped(name, 24) for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_title("Breaker states")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
