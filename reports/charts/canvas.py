"""From an empty figure to two files. The only place that makes figures and writes them.

Bytes depend on the figures alone: a fixed salt for ids, no dates, and a font that comes with matplotlib.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

from reports.cautions import mark_note
from reports.chart_file import ChartFile
from reports.charts.style import SETTINGS, WIDTH
from reports.neutrals import MUTED

_HEAD = 0.62
"""Inches above the panels for title and subtitle."""

_LEGEND_ROW, _LEGEND_GAP = 0.185, 0.08
"""Inches that a row of legend takes, and that stay free below it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a chart, and under it on the page.

    Attributes:
        title: what is shown.
        reading: units, interval and number of replications: how to read it.
        notes: what was left out or has to be known; each one sentence.
    """

    title: str
    reading: str
    notes: tuple[str, ...] = ()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with our settings and without complaints about letters that the font lacks (a name may hold any)."""
    with rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def new_figure(height: float, legend_rows: int = 0) -> Figure:
    """Return an empty figure of the page's width with ``height`` inches for panels, and room for heading and legend."""
    head = _HEAD + (legend_rows * _LEGEND_ROW + _LEGEND_GAP if legend_rows else 0.0)
    total = height + head
    figure = Figure(figsize=(WIDTH, total), dpi=150)
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", rect=(0.004, 0.01, 0.99, 1 - head / total - 0.01), w_pad=0.06, h_pad=0.06)
    return figure


def panels(figure: Figure, rows: int, columns: int, *, sharex: bool = False, sharey: bool = False) -> list[Axes]:
    """Return the figure's panels row by row."""
    grid = figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
    return list(grid.flat)


def legend(figure: Figure, handles: Sequence[Artist], names: Sequence[str], columns: int) -> None:
    """Place a legend between heading and panels; ``names`` are shortened by the caller."""
    height = float(figure.get_size_inches()[1])
    # A label that begins with an underscore would be left out by matplotlib.
    labels = [f" {name}" if name.startswith("_") else name for name in names]
    figure.legend(
        handles,
        labels,
        loc="upper left",
        ncols=columns,
        bbox_to_anchor=(0.004, 1 - (_HEAD - 0.06) / height),
        borderaxespad=0,
        handlelength=2.4,
        columnspacing=1.6,
    )


def legend_columns(names: Sequence[str]) -> int:
    """Return how many legend entries fit beside each other."""
    longest = max(map(len, names), default=1)
    return max(1, min(len(names), int(WIDTH / (0.7 + 0.074 * longest))))


def legend_rows(names: Sequence[str]) -> int:
    """Return how many rows a legend of these names needs."""
    return -(-len(names) // legend_columns(names)) if names else 0


def save(figure: Figure, folder: Path, name: str, section: str, heading: Heading) -> ChartFile:
    """Write the heading onto the figure, and the figure to ``folder`` as PNG and SVG."""
    height = float(figure.get_size_inches()[1])
    title = textwrap.shorten(heading.title, 105, placeholder=" …")
    figure.text(0.008, 1 - 0.1 / height, title, ha="left", va="top", fontsize=12.5, fontweight="bold")
    reading = textwrap.shorten(heading.reading, 150, placeholder=" …")
    figure.text(0.008, 1 - 0.35 / height, reading, ha="left", va="top", fontsize=8.5, color=MUTED)
    notes = " ".join((*heading.notes, *_marks(figure)))
    _settle(figure)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    # Straight to the two backends: Figure.savefig would draw everything twice for each.
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})  # type: ignore[no-untyped-call]
    FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    return ChartFile(name, section, heading.title, heading.reading, notes, png, svg)


def _marks(figure: Figure) -> Iterator[str]:
    """Explain what stands behind figures in digits on a chart, where there is any."""
    texts = [text.get_text() for text in figure.findobj(Text)]
    marked = mark_note(texts)
    if marked:
        yield marked


def _settle(figure: Figure) -> None:
    """Lay out once instead of once a file: that is the slowest part of drawing."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")


def file_name(kind: str, *names: str) -> str:
    """Return a name that every file system takes, from names that may hold anything; different names never meet."""
    return ".".join((kind, *(_cleaned(name) for name in names)))


def _cleaned(name: str) -> str:
    """Keep what is plain; what had to be changed is told apart by a digest of the original."""
    cleaned = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:50]
    return cleaned if cleaned == name else f"{cleaned}-{sha256(name.encode()).hexdigest()[:6]}".strip("-")
