"""How charts look: colours that colour-blind readers tell apart, always together with a hatch, marker or dash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reports.neutrals import GRID, INK, MUTED, PAPER

# Okabe and Ito's palette, its black replaced by grey and its yellow last (it is weak on white).
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
VERMILLION, SKY, GREY, YELLOW = "#d55e00", "#56b4e9", "#8a8f98", "#f0e442"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, GREY, YELLOW)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h", "p")
Dash = Literal["-"] | tuple[float, tuple[float, ...]]

DASHES: tuple[Dash, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (2, 1.2)),
    (0, (6, 1.5, 1.5, 1.5)),
    (0, (1, 1)),
)
HATCHES = ("", "///", "...", "\\\\\\", "xxx")

OUTCOMES: dict[str, tuple[str, str]] = {
    "server_error_rate": (VERMILLION, ""),
    "timeout_rate": (ORANGE, "///"),
    "unreachable_rate": (PURPLE, "..."),
    "rejected_rate": (SKY, "\\\\\\"),
    "cancelled_rate": (GREY, "xxx"),
}
"""Errors by outcome, in the order in which they are stacked: colour and hatch."""

BREAKER_STATES: dict[str, tuple[str, str]] = {
    "closed": (GREEN, ""),
    "half_open": (YELLOW, "///"),
    "open": (VERMILLION, "xxx"),
}
PHASE_SHADES = (ORANGE, SKY, PURPLE, GREEN, VERMILLION)

WIDTH = 10.0
"""Every chart's width in inches: the page is as wide as one chart."""

SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same letters on every machine
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": PAPER,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "figure.facecolor": PAPER,
    "text.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "text.hinting": "none",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "path",  # the reader's machine need not have the font
    "svg.hashsalt": "callsim",
    "path.simplify": True,
}


@dataclass(frozen=True, slots=True)
class Look:
    """How one variant is drawn, the same on every chart: three signs, so that no two look alike without colour."""

    colour: str
    hatch: str
    marker: str
    dash: Dash


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Return a look for each name, by its place in the sequence."""
    return {
        name: Look(
            colour=PALETTE[place % len(PALETTE)],
            hatch=HATCHES[place // len(PALETTE) % len(HATCHES)],
            marker=MARKERS[place % len(MARKERS)],
            dash=DASHES[place % len(DASHES)],
        )
        for place, name in enumerate(names)
    }
