"""Arrival times that were recorded elsewhere: a CSV file with a header, a column ``time`` and perhaps a column ``key``.

A time is a duration (``1m30s``) or a number of seconds from the start, and none lies before the one above it. Other
columns are left alone, so that a log can be used as it is.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import NamedTuple

from experiments.language.problems import ExperimentError, Place, Problem, problem
from experiments.language.source import LARGEST_TRACE
from experiments.language.tree import Listing, Node, Scalar, Table, text
from simulator.spec.base import hint
from simulator.spec.units import parse_duration

Read = Callable[[str, Place, int], str]
"""Reads a file below the experiment's folder: its name, where it is named, and the most bytes that it may have."""

MOST_MISTAKES = 10
"""After so many mistakes the rest of a file is not read."""


class _Trace(NamedTuple):
    """What a file holds; `mistakes` are lines with what is wrong in them."""

    times: tuple[float, ...]
    keys: tuple[str, ...]
    mistakes: tuple[tuple[int, str], ...]


def with_arrivals(process: Table, file: Node, read: Read, problems: list[Problem]) -> Node:
    """The arrival process with what its file holds as ``times`` and ``given``.

    Args:
        process: the mapping ``{process: trace, file: …}``.
        file: its file's name.
        read: reads a file.
        problems: takes what is wrong.
    """
    written = [key for key in ("times", "given") if key in process.entries]
    problems += [problem(process.key_place(key), "unknown key; the file has the arrivals") for key in written]
    try:
        content = read(text(file), file.place, LARGEST_TRACE)
    except ExperimentError as error:
        problems += error.problems
        return process.without(*written)
    trace = _parsed(content)
    problems += [problem(Place(text(file), line, 1, file.place.path), message) for line, message in trace.mistakes]
    if trace.mistakes:
        return process.without(*written)
    times = Listing(file.place, tuple(Scalar(file.place, time, "") for time in trace.times))
    keys = Listing(file.place, tuple(Scalar(file.place, key, "") for key in trace.keys))
    return process.with_entry("times", times, file.place).with_entry("given", keys, file.place)


@lru_cache(maxsize=4)
def _parsed(content: str) -> _Trace:
    """The arrivals of a text: read once, however many variants and points play it."""
    rows = csv.reader(content.splitlines())
    header = [name.strip() for name in next(rows, [])]
    if "time" not in header:
        known = hint("time", header).replace("did you mean", "is that") or f"; it has: {', '.join(header) or 'nothing'}"
        return _Trace((), (), ((1, f"the header needs a column 'time'{known}"),))
    column = header.index("time")
    place = header.index("key") if "key" in header else -1
    times: list[float] = []
    keys: list[str] = []
    mistakes: list[tuple[int, str]] = []
    before = 0.0
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        try:
            time = _time(row, column, before)
            if place >= 0:
                keys.append(_key(row, place))
        except ValueError as error:
            mistakes.append((rows.line_num, str(error)))
            if len(mistakes) == MOST_MISTAKES:
                break
            continue
        times.append(time)
        before = time
    if not times and not mistakes:
        mistakes.append((1, "there is no arrival below the header"))
    return _Trace(tuple(times), tuple(keys), tuple(mistakes))


def _time(row: list[str], column: int, before: float) -> float:
    cell = row[column].strip() if column < len(row) else ""
    if not cell:
        raise ValueError("the time is missing")
    try:
        time = float(cell)
    except ValueError:
        time = parse_duration(cell)
    if not 0.0 <= time < inf:
        raise ValueError(f"{cell}: a time is finite and not negative")
    if time < before:
        raise ValueError(f"{cell} lies before the arrival above it, at {before:g} s: sort the file by time")
    return time


def _key(row: list[str], place: int) -> str:
    cell = row[place].strip() if place < len(row) else ""
    if not cell:
        raise ValueError("the key is missing")
    return cell
