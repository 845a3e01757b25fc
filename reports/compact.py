"""Figures in five or six characters, for a table of eleven columns on a terminal of eighty."""

from __future__ import annotations

import math

from reports.estimates import Estimate

_SECOND = 0.9995
"""From here on a time is printed in seconds: three digits of milliseconds would round up to 1000."""

_LONG = 99_999.5
"""From here on a time is printed in hours."""


def compact(value: float, unit: str) -> str:
    """Return a figure in at most six characters: ``1.23s``, ``66ms``, ``0.12%``, ``never``, ``–`` without data."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "never" if unit == "s" else "∞"
    if unit == "share":
        return _share(value)
    return _time(value) if unit == "s" else _number(value)


def half_width(estimate: Estimate) -> str:
    """Return ± half the interval in at most six characters; empty where there is none or nothing varies."""
    half = (estimate.high - estimate.low) / 2
    if not math.isfinite(half) or half == 0 or not estimate.finite:
        return ""
    return f"±{_half(half, estimate)}"


def _half(half: float, estimate: Estimate) -> str:
    if estimate.unit == "share":
        return f"{_two(100 * half, 2)}%"
    if estimate.unit != "s":
        return _two(half, 3)
    if estimate.mean < 1e-3:
        return f"{_two(1e6 * half, 2)}µs"
    return f"{_two(1e3 * half, 2)}ms" if estimate.mean < _SECOND else f"{_two(half, 2)}s"


def _share(value: float) -> str:
    percent = 100 * value
    if 0 < percent < 0.01:
        return "<.01%"
    if 99.9 <= percent < 100:
        return "99.9%"
    return f"{_three(percent, 2 if percent < 10 else 1)}%"


def _time(seconds: float) -> str:
    if seconds == 0:
        return "0s"
    if abs(seconds) >= _LONG:
        return f"{seconds / 3600:.0f}h"
    if abs(seconds) < 0.9995e-3:
        return f"{_three(1e6 * seconds)}µs"
    return f"{_three(1e3 * seconds)}ms" if abs(seconds) < _SECOND else f"{_three(seconds)}s"


def _number(value: float) -> str:
    size = abs(value)
    if size >= 99_999.5:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    if 0 < size < 0.001:
        return f"{value:.0e}".replace("e-0", "e-")
    return _three(value)


def _three(value: float, most: int = 3) -> str:
    """Return three significant digits with at most so many decimals, and no zero before the point."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.2e}")  # 9.996 is 10.0, which has one decimal less
    decimals = min(most, max(0, 2 - math.floor(math.log10(abs(rounded)))))
    return _bare(f"{value:.{decimals}f}")


def _two(value: float, most: int) -> str:
    """Return two significant digits with at most so many decimals, rounded up: an interval is not made narrower."""
    decimals = min(most, max(0, 1 - math.floor(math.log10(value))))
    return _bare(f"{math.ceil(round(value * 10**decimals, 6)) / 10**decimals:.{decimals}f}")


def _bare(text: str) -> str:
    return text.removeprefix("0") if text.startswith("0.") else text
