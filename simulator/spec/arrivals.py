"""When requests arrive: every arrival process of the language. Rates are per second, times seconds from the start."""

from __future__ import annotations

from hashlib import sha256
from struct import pack
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_serializer, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Spec
from simulator.spec.laws import ConstantLaw, FreshLawSpec
from simulator.spec.units import Duration, PositiveDuration, PositiveRate, Rate


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("arrivals", "{text}", {"text": text})


class PoissonArrivals(Spec):
    """Independent requests at a mean rate (per second)."""

    process: Literal["poisson"] = "poisson"
    rate: PositiveRate


class ConstantArrivals(Spec):
    """Requests at equal distances."""

    process: Literal["constant"] = "constant"
    rate: PositiveRate


class RenewalArrivals(Spec):
    """Independent distances, all from one law."""

    process: Literal["renewal"] = "renewal"
    law: FreshLawSpec

    @model_validator(mode="after")
    def _some_distance(self) -> Self:
        if self.law.mean() <= 0:
            raise _wrong("the mean distance between arrivals must be above 0")
        return self


class ClosedArrivals(Spec):
    """A number of users, each of whom asks, waits for the answer, thinks, and asks again."""

    process: Literal["closed"] = "closed"
    users: Count
    think: FreshLawSpec = ConstantLaw(value=0.0)


class StageSpec(Spec):
    """``rate`` held, or ``ramp_to`` reached linearly, over ``for_`` seconds."""

    rate: Rate | None = None
    ramp_to: Rate | None = None
    for_: PositiveDuration = Field(alias="for")

    @model_validator(mode="after")
    def _one_goal(self) -> Self:
        if (self.rate is None) == (self.ramp_to is None):
            raise PydanticCustomError("stage", "a stage needs either rate or ramp_to")
        return self


class StagesArrivals(Spec):
    """Poisson arrivals whose rate follows stages, one after the other; after the last nobody arrives. A ramp begins at
    the rate that the stage before ended with (0 for the first)."""

    process: Literal["stages"] = "stages"
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1)]


class SpikeArrivals(Spec):
    """Poisson arrivals at ``rate``, and at ``peak`` from ``at`` on for ``for_`` seconds; with ``every`` again after so
    many seconds, counted from begin to begin."""

    process: Literal["spike"] = "spike"
    rate: Rate
    peak: PositiveRate
    at: Duration
    for_: PositiveDuration = Field(alias="for")
    every: PositiveDuration | None = None

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        if self.every is not None and self.every <= self.for_:
            raise _wrong("'every' must be longer than 'for': it counts from the begin of one spike to that of the next")
        return self


class DiurnalArrivals(Spec):
    """Poisson arrivals whose rate follows a cosine between ``low`` and ``high``: once up and down in a ``period``, and
    ``high`` at ``peak_at`` (0: the run begins at the peak)."""

    process: Literal["diurnal"] = "diurnal"
    low: Rate
    high: PositiveRate
    period: PositiveDuration = 86400.0
    peak_at: Duration = 0.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise _wrong("low must not be above high")
        return self


class RegimeSpec(Spec):
    """One state of an mmpp: its ``rate``, and how long it lasts on average (``for_``, exponential)."""

    rate: Rate
    for_: PositiveDuration = Field(alias="for")


class MmppArrivals(Spec):
    """A Markov-modulated Poisson process: Poisson arrivals whose rate is that of a hidden state. The states come in
    turn, each for an exponential time, beginning with the first (W. Fischer and K. Meier-Hellstern, "The
    Markov-modulated Poisson process (MMPP) cookbook", Performance Evaluation 18, 1993)."""

    process: Literal["mmpp"] = "mmpp"
    states: Annotated[tuple[RegimeSpec, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _somebody_comes(self) -> Self:
        if not any(state.rate for state in self.states):
            raise _wrong("at least one state needs a rate above 0")
        return self


class TraceArrivals(Spec):
    """The arrivals of a CSV file, the same in every replication: a column ``time`` (durations, or seconds from the
    start, not falling) and perhaps a column ``key``.

    Attributes:
        times, given: the times and the keys that the file holds: read with the experiment, not written in it.
    """

    process: Literal["trace"] = "trace"
    file: str
    times: SkipJsonSchema[tuple[float, ...]] = ()
    given: SkipJsonSchema[tuple[str, ...]] = ()

    @classmethod
    def keys(cls) -> list[str]:
        """The keys that a file may write here."""
        return ["process", "file"]

    @field_validator("times")
    @classmethod
    def _somebody_comes(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value:
            raise _wrong("the file names no arrival")
        return value

    @field_serializer("times")
    def _digest_of_times(self, value: tuple[float, ...]) -> str:
        """A manifest names the arrivals by number and digest: there may be very many."""
        return f"{len(value)} times, sha256 {sha256(pack(f'<{len(value)}d', *value)).hexdigest()}"

    @field_serializer("given")
    def _digest_of_keys(self, value: tuple[str, ...]) -> str:
        return f"{len(value)} keys, sha256 {sha256(chr(10).join(value).encode()).hexdigest()}"


AnyArrivals = (
    PoissonArrivals
    | ConstantArrivals
    | RenewalArrivals
    | ClosedArrivals
    | StagesArrivals
    | SpikeArrivals
    | DiurnalArrivals
    | MmppArrivals
    | TraceArrivals
)
"""Any arrival process, for annotations."""

ArrivalsSpec = Annotated[AnyArrivals, Field(discriminator="process")]
"""An arrival process as it is written."""


class ConstantBatch(Spec):
    """Always ``size`` requests at once."""

    dist: Literal["constant"] = "constant"
    size: Count


class GeometricBatch(Spec):
    """1 or more requests at once: geometric, ``mean`` on average."""

    dist: Literal["geometric"] = "geometric"
    mean: Annotated[float, Field(ge=1, allow_inf_nan=False)]


AnyBatch = ConstantBatch | GeometricBatch
"""Any law of batches, for annotations."""

_WrittenBatch = Annotated[AnyBatch, Field(discriminator="dist")]


def _size(value: Any) -> Any:
    if isinstance(value, (str, int, float)):
        return {"dist": "constant", "size": value}
    return value


BatchSpec = Annotated[_WrittenBatch, BeforeValidator(_size, json_schema_input_type=Count | _WrittenBatch)]
"""How many requests one arrival brings: a number, or a mapping with ``dist``."""
