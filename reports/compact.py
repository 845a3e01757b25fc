"""Figures in five or six characters, for a table of eleven columns on a terminal of eighty."""

from __future__ import annotations

import math

from reports.estimates import Estimate

_SECOND = 0.9995
"""From here on a time is printed in seconds: three digits of milliseconds would round up to 1000."""

_LONG = 99_999.5
"""From here on a time is printed in hours."""


_LOPSIDED = 1.5
"""From this ratio of the interval's two sides on, half of it says less than its end."""

TIMES = "×"
"""Between the number of replications of a group and where they are."""


def compact(value: float, unit: str) -> str:
    """Return a figure in at most six characters: ``1.23s``, ``66ms``, ``0.12%``, ``never``, ``–`` without data."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "never" if unit == "s" else "∞"
    if unit == "share":
        return _share(value)
    return _time(value) if unit == "s" else _number(value)


def cell(estimate: Estimate) -> str:
    """Return a figure with its mark; of replications in two groups the larger one: ``14×31``."""
    text = _group(estimate, 0) if estimate.groups else compact(estimate.mean, estimate.unit)
    return f"{text}{estimate.mark}"


def spread(estimate: Estimate) -> str:
    """Return how sure a figure is in at most six characters: ± half its interval, or the end that lies farther off.

    The latter (``≤`` or ``≥``) where half of it would mislead: of what was never seen, and where the interval lies
    much more to one side or has no upper end, known or at all. Of replications in two groups the smaller one. ``±0``
    where nothing varies, empty where there is no interval.
    """
    if estimate.groups:
        return _group(estimate, 1)
    low, high = estimate.low, estimate.high
    if not estimate.finite or (math.isnan(low) and math.isnan(high)):
        return ""
    if low == high:
        return "±0"
    if math.isnan(low):
        return f"≤{_end(high, estimate.unit, up=True)}"
    if not math.isfinite(high):
        return f"≥{_end(low, estimate.unit, up=False)}"
    below, above = estimate.mean - low, high - estimate.mean
    if max(below, above) <= _LOPSIDED * min(below, above):
        return half_width(estimate)
    return f"≤{_end(high, estimate.unit, up=True)}" if above > below else f"≥{_end(low, estimate.unit, up=False)}"


def _group(estimate: Estimate, place: int) -> str:
    """Return the larger (0) or smaller (1) group: how many replications, and two digits of where they are."""
    size, mean = sorted(estimate.groups, key=lambda group: -group.size)[place]
    return f"{size}{TIMES}{_rough(mean, estimate.unit)}"


def _rough(value: float, unit: str) -> str:
    """Return a figure in two digits: ``1.6s``, ``31``, ``9.1%``."""
    if not math.isfinite(value):
        return compact(value, unit)
    factor, suffix = (100.0, "%") if unit == "share" else (1.0, "")
    if unit == "s":
        limits = ((0.9995e-3, 1e6, "µs"), (_SECOND, 1e3, "ms"), (math.inf, 1.0, "s"))
        factor, suffix = next((scale, text) for limit, scale, text in limits if value < limit)
    rounded = float(f"{value * factor:.1e}")
    return f"{_bare(f'{rounded:g}')}{suffix}"


def _end(value: float, unit: str, *, up: bool) -> str:
    """Return an end of an interval in at most five characters, rounded outwards."""
    if unit == "share":
        percent = 100 * value
        return f"{_two(percent, 2, up=up, digits=2 if up else 3)}%"
    if unit != "s":
        return compact(value, unit) if value >= 10_000 else _two(value, 3, up=up)
    if value >= _SECOND:
        return f"{math.ceil(value / 3600)}h" if value >= 9_999 else f"{_two(value, 2, up=up)}s"
    scale, suffix = (1e6, "µs") if value < 0.9995e-3 else (1e3, "ms")
    return f"{_two(value * scale, 2, up=up)}{suffix}"


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


def _two(value: float, most: int, *, up: bool = True, digits: int = 2) -> str:
    """Return two significant digits with at most so many decimals, rounded up: an interval is not made narrower."""
    if value <= 0:
        return "0"
    decimals = min(most, max(0, digits - 1 - math.floor(math.log10(value))))
    outwards = math.ceil if up else math.floor
    rounded = outwards(round(value * 10**decimals, 6)) / 10**decimals
    return _bare(f"{rounded:.{decimals}f}") if rounded else "0"


def _bare(text: str) -> str:
    return text.removeprefix("0") if text.startswith("0.") else text
