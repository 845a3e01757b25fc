"""The neutral colours of charts, and the page's variables that take their place, light or dark."""

from __future__ import annotations

INK = "#1b1f24"
MUTED = "#5b6470"
GRID = "#d8dde3"
PAPER = "#fdfdfe"

NEUTRALS = {INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"}
"""Exact colours: nothing else in a chart may use them."""
