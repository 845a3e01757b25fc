"""When to stop playing replications: at a wanted precision, or at a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from simulator.metrics.names import METRICS
from simulator.spec.base import Count, Flag, NotNegative, Spec, hint, in_file
from simulator.spec.units import (
    DURATION_PATTERN,
    RATE_PATTERN,
    SHARE_PATTERN,
    parse_duration,
    parse_rate,
    parse_share,
)

MOST_REPLICATIONS = 10_000
"""So many replications are planned at most."""

FIRST_ROUND = 10
"""Replications before the first look at how precise the figures are: the spread of fewer is not known well enough, and
stopping by it would stop too early too often."""

Replications = Annotated[Count, Field(le=MOST_REPLICATIONS)]
"""A number of replications."""


HalfWidthText = Annotated[str, Field(pattern=f"{DURATION_PATTERN}|{RATE_PATTERN}|{SHARE_PATTERN}", min_length=2)]


class HalfWidth(Spec):
    """Half the length of an interval: ``value`` in the metric's unit or, if ``relative``, as a share of the
    estimate."""

    value: float
    relative: Flag = False


def _half_width(written: Any, info: ValidationInfo) -> Any:
    """Read a half width in the unit of the metric that was written before it."""
    metric = METRICS.get(info.data.get("metric", ""))
    if isinstance(written, HalfWidth) or (isinstance(written, Mapping) and not in_file(info)):
        return written
    if metric is None:
        return HalfWidth(value=1.0)  # what is wrong has been said, of the metric
    try:
        found = _read(metric.unit, written)
    except ValueError as error:
        raise PydanticCustomError("quantity", "{text}", {"text": f"{error} ({metric.name})"}) from None
    if found.value <= 0:
        raise PydanticCustomError("quantity", "must be above 0")
    return found


def _read(unit: str, written: Any) -> HalfWidth:
    if isinstance(written, bool) or not isinstance(written, (str, int, float)):
        raise ValueError("a half width is a single value")
    if unit == "share":
        return HalfWidth(value=parse_share(written))
    if isinstance(written, str) and written.strip().endswith("%"):
        return HalfWidth(value=parse_share(written), relative=True)
    if unit == "s":
        return HalfWidth(value=parse_duration(written))
    if unit == "1/s":
        return HalfWidth(value=parse_rate(written))
    if isinstance(written, str):
        raise ValueError("must be a number, or a percentage of the estimate")
    return HalfWidth(value=float(written))


class UntilSpec(Spec):
    """Whose interval must be how narrow: that of ``metric`` of ``operation`` (by default the only workload) in
    ``phase`` (by default the whole run). ``half_width`` is in the metric's unit; a percentage of a metric that is no
    share is one of the estimate."""

    metric: str
    operation: str = ""
    phase: str = "all"
    half_width: Annotated[HalfWidth, BeforeValidator(_half_width, json_schema_input_type=HalfWidthText | NotNegative)]

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in METRICS:
            advice = hint(value, METRICS) or "; see the list of metrics in the language reference"
            raise PydanticCustomError("metric", "unknown metric{advice}", {"advice": advice})
        return value

    @field_validator("phase")
    @classmethod
    def _as_in_tables(cls, value: str) -> str:
        """``during NAME``, as objectives write it, is ``during:NAME`` in the tables."""
        for word in ("during", "after"):
            if value.startswith(f"{word} "):
                return f"{word}:{value.removeprefix(word).strip()}"
        return value


class StoppingSpec(Spec):
    """Replications are played in rounds, ten first, until the interval of ``until`` is narrow enough in every variant
    of a sweep point, or ``max`` are played."""

    until: UntilSpec
    max: Annotated[int, Field(strict=True, ge=FIRST_ROUND, le=MOST_REPLICATIONS)] = 200
