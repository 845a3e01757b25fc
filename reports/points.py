"""Sweep points: their values by axis, and where a value lies on a line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

_NUMBER = re.compile(
    r"\s*(?P<number>[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s*(?P<unit>us|µs|ms|s|m|h|d|%|/s|/min|/m|/h)?\s*"
)
_FACTORS = {
    **{"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "%": 0.01},
    **{"/s": 1.0, "/min": 1 / 60, "/m": 1 / 60, "/h": 1 / 3600},
}
_LOG_FROM = 15.0
"""From this ratio of largest to smallest on, values are placed by their logarithm."""


def values_of(point: str, axes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return a point's value on each axis. A value may itself hold ``;`` or ``=``: the axes' names decide."""
    found: dict[str, str] = {}
    rest = point
    names = list(axes)
    for place, name in enumerate(names):
        rest = rest.removeprefix(f"{name}=")
        following = f";{names[place + 1]}=" if place + 1 < len(names) else None
        value, _, rest = rest.partition(following) if following else (rest, "", "")
        found[name] = value
    return found


def point_at(evidence_points: Sequence[str], axes: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], str]:
    """Return the points by their values in the axes' order."""
    return {tuple(values_of(point, axes).values()): point for point in evidence_points}


def places(values: Sequence[str]) -> list[float]:
    """Return where values lie on a line: to scale if they are numbers, by logarithm if far apart, else evenly."""
    numbers = [_number(value) for value in values]
    known = [number for number in numbers if number is not None]
    if len(known) < len(values) or len(set(known)) < len(values):
        return [float(place) for place in range(len(values))]
    if min(known) > 0 and max(known) / min(known) >= _LOG_FROM:
        return [math.log10(number) for number in known]
    return known


def _number(text: str) -> float | None:
    """Return a value as a number in its base unit, None if it is not one."""
    pieces = list(_NUMBER.finditer(text))
    if not pieces or "".join(piece.group() for piece in pieces) != text:
        return None
    if len(pieces) > 1 and any(piece["unit"] not in {"us", "µs", "ms", "s", "m", "h", "d"} for piece in pieces):
        return None
    return sum(float(piece["number"]) * _FACTORS.get(piece["unit"] or "", 1.0) for piece in pieces)
