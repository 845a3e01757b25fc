"""The plan of an experiment as the terminal shows it: loads, the highest first, then runs and time. 80 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rich.text import Text

from reports.compact import compact
from reports.words import counted, shortened

WIDTH = 80
MOST_STATIONS = 25
"""So many rows are shown; the rest are loaded less."""

State = Literal["ok", "high", "overloaded"]
_STYLES: dict[State, str] = {"ok": "green", "high": "yellow", "overloaded": "red"}

_NAME = 29
_HEADING = f"{'':{_NAME}}{'offered':>9}{'each':>8}{'there':>9}{'load':>7}{'peak':>6}"

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


class Station(NamedTuple):
    """The load of one station in the setting where it is highest.

    Attributes:
        component, resource: what: ``service:orders`` and ``workers``.
        rate: visits per second. holding: seconds of each. servers: how many there are.
        load, peak: on average and at the highest rate.
        state: in a word. where: the setting; empty where all are alike, or there is only one.
        notes: what else there is to say, in words.
    """

    component: str
    resource: str
    rate: float
    holding: float
    servers: float
    load: float
    peak: float
    state: State
    where: str
    notes: str


class Facts(NamedTuple):
    """How much there is to do; pairs are the least and the most."""

    variants: int
    points: int
    replications: tuple[int, int]
    runs: tuple[int, int]
    pilots: int
    simulated: tuple[float, float]
    requests: tuple[float, float]
    seconds: tuple[float, float]
    jobs: int
    room: tuple[float, float]
    memory: float
    not_counted: str


def outlook_lines(name: str, stations: Sequence[Station], facts: Facts, warnings: Sequence[str]) -> Iterator[Text]:
    """Yield what to print, warnings first."""
    yield Text(name, style="bold")
    for warning in warnings:
        yield Text(textwrap.fill(f"warning: {warning}", WIDTH, subsequent_indent="  "), style="yellow")
    yield Text("")
    yield Text(_HEADING, style="dim")
    for station in stations[:MOST_STATIONS]:
        yield _row(station)
    hidden = stations[MOST_STATIONS:]
    if hidden:
        yield Text(f"and {len(hidden)} more, with a load of at most {hidden[0].load:.2f}", style="dim")
    if not stations:
        yield Text("nothing of which there is only so much", style="dim")
    yield Text(
        textwrap.fill(f"Load is rate times time over number. Not counted: {facts.not_counted}.", WIDTH), style="dim"
    )
    yield Text("")
    for title, text in _facts(facts):
        yield Text(textwrap.fill(text, WIDTH, initial_indent=f"{title:10}", subsequent_indent=" " * 10))


def _row(station: Station) -> Text:
    kind, _, name = station.component.partition(":")
    title = name if kind == "service" else station.component
    resource = station.resource
    label = f"{shortened(title, _NAME - len(resource) - 2)} {resource}"
    figures = (
        f"{label:{_NAME}}{compact(station.rate, '1/s'):>7}/s{_holding(station):>8}"
        f"{_servers(station.servers):>9}{_load(station.load):>7}{_peak(station):>6}  "
    )
    line = Text(figures)
    line.append(station.state, style=_STYLES[station.state])
    for more in (f"in {station.where}" if station.where else "", station.notes):
        if more:
            indented = textwrap.fill(more, WIDTH, initial_indent="    ", subsequent_indent="    ")
            line.append(f"\n{indented}", style="dim")
    return line


def _holding(station: Station) -> str:
    return "∞" if math.isinf(station.holding) else compact(station.holding, "s")


def _servers(number: float) -> str:
    """Return how many there are in at most eight characters, so that it stands apart from the time before it."""
    text = f"{number:,.0f}"
    return text if len(text) <= 8 else compact(number, "count")


def _load(load: float) -> str:
    if math.isinf(load):
        return "∞"
    if 0 < load < 0.005:
        return "<.01"
    return f"{load:.2f}" if load < 1000 else f"{load:.0f}"


def _peak(station: Station) -> str:
    return "" if math.isclose(station.peak, station.load, rel_tol=1e-6) else _load(station.peak)


def _facts(facts: Facts) -> Iterator[tuple[str, str]]:
    parts = [counted(facts.variants, "variant")]
    parts += [counted(facts.points, "point")] if facts.points > 1 else []
    least, most = facts.replications
    parts.append(counted(least, "replication") if least == most else f"{least} to {most} replications")
    pilots = f", and {counted(facts.pilots, 'pilot run')} for the warm-up" if facts.pilots else ""
    yield "Runs", f"{_between(*facts.runs)} ({' × '.join(parts)}){pilots}"
    yield "Simulated", f"{_span(facts.simulated)} in all, {_many(facts.requests)} requests"
    processes = counted(facts.jobs, "process", "processes")
    yield "Time", f"about {_span(facts.seconds)} on {processes} with nothing else to do, then charts and page"
    yield "Room", f"about {_bytes(facts.room[1])} of data at the most, {_bytes(facts.memory)} of memory"


def _between(least: float, most: float) -> str:
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _span(seconds: tuple[float, float]) -> str:
    low, high = (duration_words(value) for value in seconds)
    return low if low == high else f"{low} to {high}"


def duration_words(seconds: float) -> str:
    """Return a time as one says it, rounded to two digits: ``35 s``, ``12 min``, ``1.5 h``, ``3 days``."""
    if seconds < 1:
        return "1 s"
    if seconds < 1.5 * _MINUTE:
        return f"{_rounded(seconds)} s"
    if seconds < 1.5 * _HOUR:
        return f"{_rounded(seconds / _MINUTE)} min"
    if seconds < 2 * _DAY:
        return f"{_rounded(seconds / _HOUR)} h"
    return f"{_rounded(seconds / _DAY)} days"


def _many(numbers: tuple[float, float]) -> str:
    low, high = (_count(number) for number in numbers)
    return f"about {low}" if low == high else f"about {low} to {high}"


def _count(number: float) -> str:
    for limit, word in ((1e9, " billion"), (1e6, " million")):
        if number >= limit:
            return f"{_rounded(number / limit)}{word}"
    return _rounded(number)


def _bytes(number: float) -> str:
    for limit, word in ((1e9, "GB"), (1e6, "MB")):
        if number >= limit:
            return f"{_rounded(number / limit)} {word}"
    return f"{_rounded(max(number / 1e3, 1.0))} kB"


def _rounded(value: float) -> str:
    """Two significant digits."""
    if value <= 0 or math.isinf(value):
        return f"{value:g}"
    decimals = 1 - math.floor(math.log10(value))
    text = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
