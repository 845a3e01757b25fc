"""Figures as text for people: with unit, with interval, and with words where there is no number.

Infinity is "never" for a time and "unbounded" otherwise; NaN is "no data". Nothing is rounded to a claim it does
not make: 99.97 % is not printed as 100 %.
"""

from __future__ import annotations

import math
from typing import NamedTuple

NO_DATA = "no data"
NEVER = "never"
MOST_DECIMALS = 6


class Scale(NamedTuple):
    """How figures of one size are printed: times ``factor``, then ``suffix``."""

    factor: float
    suffix: str


_TIMES = ((1e-3, Scale(1e6, " µs")), (1.0, Scale(1e3, " ms")), (math.inf, Scale(1.0, " s")))
_UNITS = {
    "share": Scale(100.0, " %"),
    "1/s": Scale(1.0, " /s"),
    "1/request": Scale(1.0, " per request"),
    "count": Scale(1.0, ""),
}


def scale_for(value: float, unit: str) -> Scale:
    """Return the scale in which a figure of this size reads best; only times change theirs with size."""
    if unit != "s":
        return _UNITS.get(unit, Scale(1.0, f" {unit}".rstrip()))
    size = abs(value)
    return next((scale for limit, scale in _TIMES if 0 < size < limit), Scale(1.0, " s"))


def absent(value: float, unit: str) -> str | None:
    """Return the word for a figure that is no number, or None if it is one."""
    if math.isnan(value):
        return NO_DATA
    if math.isinf(value):
        return NEVER if unit == "s" else "unbounded"
    return None


def plain(value: float, unit: str) -> str:
    """Return a figure with its unit, without interval: ``66.1 ms``, ``0.12 %``, ``never``."""
    word = absent(value, unit)
    if word is not None:
        return word
    scale = scale_for(value, unit)
    scaled = value * scale.factor
    return f"{_fixed(scaled, _decimals(scaled, unit))}{scale.suffix}"


def exact(value: float, unit: str) -> str:
    """Return a number that somebody wrote, a bound say, as they wrote it: ``2 s``, ``0.01 %``."""
    scale = scale_for(value, unit)
    return absent(value, unit) or f"{value * scale.factor:.10g}{scale.suffix}"


def with_interval(mean: float, low: float, high: float, unit: str, bound: float = math.nan) -> str:
    """Return a figure with its interval: ``66.1 ms [65.2, 67.0]``; says so where there is none.

    Where only one end is known it is that one: ``174 ms (≥ 146 ms)``, rounded outwards. With a
    `bound` no end is rounded across it, or onto it.
    """
    word = absent(mean, unit)
    if word is not None:
        return word
    scale = scale_for(mean or max((abs(end) for end in (low, high) if math.isfinite(end)), default=0.0), unit)
    if math.isnan(low) or math.isnan(high):
        return f"{plain(mean, unit)} ({_one_end(low, high, unit, bound)})"
    decimals = _decimals_for_interval(mean * scale.factor, low * scale.factor, high * scale.factor, unit)
    while decimals < MOST_DECIMALS and any(_rounds_across(end, bound, scale, decimals) for end in (low, high)):
        decimals += 1
    ends = [_end(end, scale, decimals) for end in (low, high)]
    return f"{_fixed(mean * scale.factor, decimals)}{scale.suffix} [{ends[0]}, {ends[1]}]"


def plus_minus(mean: float, low: float, high: float, unit: str) -> str:
    """Return a figure with half its interval: ``66.1 ±0.9 ms``; brackets where the interval is not symmetric."""
    ends = (low, high)
    if absent(mean, unit) or any(math.isnan(end) or math.isinf(end) for end in ends):
        return with_interval(mean, low, high, unit)
    if mean == 0 and high > 0:
        return _at_most(high, unit)
    below, above = mean - low, high - mean
    if below == above == 0:
        return plain(mean, unit)
    if abs(above - below) > 0.1 * max(above, below):
        return with_interval(mean, low, high, unit)
    scale = scale_for(mean, unit)
    decimals = _decimals_for_interval(mean * scale.factor, low * scale.factor, high * scale.factor, unit)
    half = max(above, below) * scale.factor
    return f"{_fixed(mean * scale.factor, decimals)} ±{_fixed(half, decimals)}{scale.suffix}"


def _one_end(low: float, high: float, unit: str, bound: float) -> str:
    """Return the end that is known, rounded outwards, but not across the bound: ``≥ 146 ms``."""
    sign, end, outwards = ("≥", low, math.floor) if math.isnan(high) else ("≤", high, math.ceil)
    if not math.isfinite(end):
        return "no interval"
    scale = scale_for(end, unit)
    decimals = _decimals(end * scale.factor, unit)
    rounded = outwards(round(end * scale.factor * 10**decimals, 6)) / 10**decimals
    while decimals < MOST_DECIMALS and (rounded - bound * scale.factor) * (end - bound) <= 0:
        decimals += 1
        rounded = outwards(round(end * scale.factor * 10**decimals, 6)) / 10**decimals
    return f"{sign} {_fixed(rounded, decimals)}{scale.suffix}"


def _at_most(high: float, unit: str) -> str:
    """Return what was never seen with the most that it may be: ``0 (≤ 0.0046 %)``. Rounded up."""
    scale = scale_for(high, unit)
    decimals = _significant(high * scale.factor, 2)
    most = math.ceil(round(high * scale.factor * 10**decimals, 6)) / 10**decimals
    return f"0 (≤ {_fixed(most, decimals)}{scale.suffix})"


def _rounds_across(end: float, bound: float, scale: Scale, decimals: int) -> bool:
    if math.isnan(bound) or not math.isfinite(end):
        return False
    exactly, limit = end * scale.factor, bound * scale.factor
    return (exactly - limit) * (round(exactly, decimals) - limit) <= 0 and not math.isclose(exactly, limit)


def _end(end: float, scale: Scale, decimals: int) -> str:
    return "∞" if math.isinf(end) else _fixed(end * scale.factor, decimals)


def _fixed(value: float, decimals: int) -> str:
    if value == 0:
        return "0"
    text = f"{value:,.{decimals}f}"
    return text[1:] if float(text.replace(",", "")) == 0 and text.startswith("-") else text


def _decimals(value: float, unit: str) -> int:
    """Return decimals for three significant digits; near 100 % for the digits that are missing to it."""
    if unit == "share" and 99 < value < 100:
        return min(4, max(1, -math.floor(math.log10(100 - value))))
    if value == 0 or (unit == "share" and value == 100):
        return 0
    if unit == "count" and float(value).is_integer():
        return 0
    return _significant(value, 3)


def _decimals_for_interval(mean: float, low: float, high: float, unit: str) -> int:
    """Return decimals that show the half width's first digit, two where that is 1 or 2; never more than six."""
    half = (high - low) / 2
    if not 0 < half < math.inf:
        return _decimals(mean, unit)
    leading = half / 10 ** math.floor(math.log10(half))
    return _significant(half, 2 if leading < 2.95 else 1)


def _significant(value: float, digits: int) -> int:
    return min(MOST_DECIMALS, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
