"""Durations, rates and shares: texts with units outside, seconds, per second and fractions inside.

Numbers are read as exact decimals, so ``0.3ms`` is the float nearest to 0.0003 and not a rounded product.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from simulator.spec.base import in_file

NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
"""A number as quantities write it: no sign, no exponent."""
_UNITS: dict[str, Decimal] = {
    "d": Decimal(86400),
    "h": Decimal(3600),
    "m": Decimal(60),
    "s": Decimal(1),
    "ms": Decimal("0.001"),
    "us": Decimal("0.000001"),
}
_PERIODS: dict[str, Decimal] = {"s": Decimal(1), "min": Decimal(60), "h": Decimal(3600)}
_PART = re.compile(rf"({NUMBER})(us|ms|s|m|h|d)")
DURATION_PATTERN = "^" + "".join(rf"({NUMBER}{unit})?" for unit in _UNITS) + "$"
RATE_PATTERN = rf"^{NUMBER}/(s|min|h)$"
SHARE_PATTERN = rf"^{NUMBER}%$"
LONGEST = 60
"""No quantity is written with more characters than these."""


def parse_duration(text: str | float) -> float:
    """Seconds of ``50us``, ``250ms``, ``1.5s``, ``2m``, ``1h``, ``7d`` or ``1m30s`` (largest unit first), or of 0.

    Raises:
        ValueError: anything else, a negative time, or a number without its unit; the text says what to write.
    """
    plain = bare_number(text)
    if plain == 0:
        return 0.0
    if plain is not None:
        raise ValueError(bare(text, f"write {shown(text)}ms or {shown(text)}s"))
    words = str(text).strip()
    if words.startswith("-") and _is_duration(words[1:]):
        raise ValueError(f"{words}: a time must not be negative")
    if not _is_duration(words):
        raise ValueError(f"{words!r} is not a duration: write one like 50us, 250ms, 1.5s, 2m, 1h, 7d or 1m30s")
    return finite(sum((Decimal(n) * _UNITS[unit] for n, unit in _PART.findall(words)), Decimal(0)), words)


def parse_rate(text: str | float) -> float:
    """Events per second of ``40/s``, ``1200/min`` or ``90/h``, or of 0.

    Raises:
        ValueError: anything else; the text says what to write.
    """
    plain = bare_number(text)
    if plain == 0:
        return 0.0
    if plain is not None:
        raise ValueError(bare(text, f"write {shown(text)}/s or {shown(text)}/min"))
    words = str(text).strip()
    if words.startswith("-"):
        raise ValueError(f"{words}: a rate must not be negative")
    if len(words) > LONGEST or not re.match(RATE_PATTERN, words):
        raise ValueError(f"{words!r} is not a rate: write one like 40/s or 1200/min")
    number, period = words.split("/")
    return finite(Decimal(number) / _PERIODS[period], words)


def parse_share(text: str | float) -> float:
    """The fraction of ``0.5%`` or ``0.005``: from 0 to 1.

    Raises:
        ValueError: anything else; the text says what to write.
    """
    plain = bare_number(text)
    words = str(text).strip()
    if plain is not None:
        share = plain
    elif len(words) <= LONGEST and re.match(SHARE_PATTERN, words):
        share = float(Decimal(words[:-1]) / 100)
    elif words.startswith("-"):
        raise ValueError(f"{words}: a share must not be negative")
    else:
        raise ValueError(f"{words!r} is not a share: write one like 0.5% or 0.005")
    if share < 0:
        raise ValueError(f"{words}: a share must not be negative")
    if share > 1:
        advice = f"; write {words}% if that is meant" if plain is not None and plain <= 100 else ""
        raise ValueError(f"{words}: a share is at most 100% (or 1){advice}")
    return share


def format_duration(seconds: float) -> str:
    """The shortest single-unit text that `parse_duration` reads back as the same float: ``250ms``, ``90s``, ``2m``."""
    exact = Decimal(repr(float(seconds)))
    if exact == 0:
        return "0s"
    for unit in ("d", "h", "m"):
        if exact % _UNITS[unit] == 0:
            return f"{_plain(exact / _UNITS[unit])}{unit}"
    for unit in ("s", "ms"):
        if exact >= _UNITS[unit]:
            return f"{_plain(exact / _UNITS[unit])}{unit}"
    return f"{_plain(exact / _UNITS['us'])}us"


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_duration(words: str) -> bool:
    return 0 < len(words) <= LONGEST and re.match(DURATION_PATTERN, words) is not None


def shown(text: str | float) -> str:
    """A value as it was written."""
    return str(text).strip()


def bare(text: str | float, advice: str) -> str:
    """What is said of a number whose unit is missing."""
    return f"{shown(text)} has no unit: {advice}"


def bare_number(value: str | float) -> float | None:
    """The number that stands there without a unit; None for any other text.

    Raises:
        ValueError: true or false.
    """
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is not a quantity")
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < 1e300 else math.inf
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    return float(number) if number.is_finite() else None


def finite(number: Decimal, words: str) -> float:
    """A quantity in its base unit, read from `words`.

    Raises:
        ValueError: it is above 10¹⁵.
    """
    if number > Decimal("1e15"):
        raise ValueError(f"{words}: too large")
    return float(number)


def quantity(parse: Callable[[Any], float], name: str) -> Callable[[Any, ValidationInfo], float]:
    """A validator: texts are parsed; numbers are taken as they stand, but from a file only where the parser agrees."""

    def read(value: Any, info: ValidationInfo) -> float:
        if not isinstance(value, (str, int, float)):
            raise PydanticCustomError("quantity", "must be {name}", {"name": name})
        try:
            if isinstance(value, str) or in_file(info) or isinstance(value, bool):
                return parse(value)
        except ValueError as error:
            raise PydanticCustomError("quantity", "{text}", {"text": str(error)}) from None
        if not math.isfinite(value) or value < 0:
            raise PydanticCustomError("quantity", "must be finite and not negative", {})
        return float(value)

    return read


def above_zero(value: float) -> float:
    """Refuse 0."""
    if value <= 0:
        raise PydanticCustomError("quantity", "must be above 0", {})
    return value


DurationText = Annotated[str, Field(pattern=DURATION_PATTERN, min_length=2)] | Literal[0]
RateText = Annotated[str, Field(pattern=RATE_PATTERN)] | Literal[0]
ShareText = Annotated[str, Field(pattern=SHARE_PATTERN)] | Annotated[float, Field(ge=0, le=1)]

Duration = Annotated[
    float, BeforeValidator(quantity(parse_duration, "a duration like 250ms"), json_schema_input_type=DurationText)
]
"""Seconds, not negative."""

Rate = Annotated[float, BeforeValidator(quantity(parse_rate, "a rate like 40/s"), json_schema_input_type=RateText)]
"""Events per second, not negative."""

Share = Annotated[
    float,
    Field(le=1),
    BeforeValidator(quantity(parse_share, "a share like 0.5%"), json_schema_input_type=ShareText),
]
"""A fraction from 0 to 1."""

PositiveDuration = Annotated[Duration, AfterValidator(above_zero)]
"""Seconds, above 0."""

PositiveRate = Annotated[Rate, AfterValidator(above_zero)]
"""Events per second, above 0."""
