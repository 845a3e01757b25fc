"""What drawing leaves behind: one chart as two files, and the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ChartFile:
    """One chart on disk.

    Attributes:
        name: the files' common name without suffix; unique within a folder.
        section: the heading it belongs under on the page: a workload's name, ``Sweep`` or ``Timelines``.
        title: what the chart shows, for people and for screen readers.
        reading: how to read it: units, interval, number of replications. It stands on the chart too.
        notes: what was left out or has to be known; may be empty.
        png: the picture at 150 dots per inch.
        svg: the same picture as vectors.
    """

    name: str
    section: str
    title: str
    reading: str
    notes: str
    png: Path
    svg: Path

    @property
    def caption(self) -> str:
        """All the words that go with the picture, for who cannot see it."""
        return f"{self.reading}. {self.notes}".strip()
