"""Quantities as other programs write them, exactly: decimals in, the language's own texts out."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from simulator.spec.units import format_duration

_SECONDS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
_SPRING = re.compile(r"^\+?(\d{1,18})(ns|us|ms|s|m|h|d)?$", re.IGNORECASE)
_ISO = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$", re.IGNORECASE)
_GO_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_LONGEST = 60


def spring_duration(written: str) -> Decimal:
    """Seconds of ``500``, ``500ms``, ``10s`` (a bare number is milliseconds) or of ISO-8601's ``PT1M30S``.

    Raises:
        ValueError: Spring does not read it as a duration.
    """
    text = written.strip()
    if len(text) <= _LONGEST:
        if simple := _SPRING.match(text):
            return Decimal(simple[1]) * _SECONDS[(simple[2] or "ms").lower()]
        iso = _ISO.match(text)
        if iso is not None and any(iso.groups()):
            units = (Decimal(86400), Decimal(3600), Decimal(60), Decimal(1))
            return sum((Decimal(n) * unit for n, unit in zip(iso.groups(), units, strict=True) if n), Decimal(0))
    raise ValueError(f"{written!r} is not a duration that Spring reads: write 500ms, 10s, 1m, PT0.5S, or milliseconds")


def proto_duration(written: str) -> Decimal:
    """Seconds of ``0.25s`` (protobuf's JSON form) or ``1h30m`` (Go's).

    Raises:
        ValueError: it is neither.
    """
    text = written.strip()
    parts = _GO_PART.findall(text) if len(text) <= _LONGEST else []
    if parts and "".join(f"{number}{unit}" for number, unit in parts) == text:
        return sum((Decimal(number) * _SECONDS[unit] for number, unit in parts), Decimal(0))
    if text == "0":
        return Decimal(0)
    raise ValueError(f"{written!r} is not a duration: write it with its unit, like 0.25s")


def number(written: str) -> Decimal:
    """A finite number.

    Raises:
        ValueError: it is none.
    """
    try:
        value = Decimal(written.strip())
    except InvalidOperation:
        raise ValueError(f"{written!r} is not a number") from None
    if not value.is_finite() or len(written) > _LONGEST or abs(value.adjusted()) > 18:
        raise ValueError(f"{written!r} is not a number that has a meaning here")
    return value


def plain(value: Decimal) -> str:
    """A number in the usual form, without needless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Decimal) -> str:
    """A share of so many per cent, as the language writes it."""
    return f"{plain(value)}%"


def duration(seconds: Decimal) -> str:
    """A time as the language writes it."""
    return format_duration(float(seconds))
