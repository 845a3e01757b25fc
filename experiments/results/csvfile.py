"""Tables as text: the same bytes for the same numbers, everywhere."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path


def text_of(value: str | float | int) -> str:
    """Return a cell's text: floats as the shortest text that reads back the same, NaN as empty, infinity as ``inf``."""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(value)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str | float | int]]) -> None:
    """Write a table in UTF-8 with a header, commas, and a line feed after every row."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([text_of(value) for value in row] for row in rows)


def read_csv(path: Path) -> list[list[str]]:
    """Return the rows of a table as text, the header first. Nothing is guessed: a variant may be called ``NA``."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def number_of(text: str) -> float:
    """Return the float that `text_of` wrote, to the last bit."""
    return float(text) if text else math.nan
