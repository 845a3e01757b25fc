"""Probability laws of times. Each states its mean and variance in closed form; drawing from them is the kernel's.

A field that the language calls ``mean`` is ``mean_`` here, because ``mean()`` is the mean of every law.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Positive, Spec
from simulator.spec.units import Duration, DurationText, PositiveDuration, Share

Z99 = 2.3263478740408408
"""The 99 % quantile of the standard normal law."""


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("law", "{text}", {"text": text})


class _Law(Spec):
    """What all laws have. ``per_request`` (a share, default 0) is the part of chance that all attempts of one request
    at one place have in common: the correlation of a Gaussian copula."""

    per_request: Share = 0.0


class ConstantLaw(_Law):
    """Always ``value`` seconds."""

    dist: Literal["constant"] = "constant"
    value: Duration

    def mean(self) -> float:
        """Seconds."""
        return self.value

    def variance(self) -> float:
        """Seconds squared."""
        return 0.0


class ExponentialLaw(_Law):
    """Without memory, of the given mean."""

    dist: Literal["exponential"] = "exponential"
    mean_: PositiveDuration = Field(alias="mean")

    def mean(self) -> float:
        """Seconds."""
        return self.mean_

    def variance(self) -> float:
        """Seconds squared."""
        return self.mean_**2


class UniformLaw(_Law):
    """Even between ``low`` and ``high``."""

    dist: Literal["uniform"] = "uniform"
    low: Duration
    high: Duration

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise _wrong("low must not be above high")
        return self

    def mean(self) -> float:
        """Seconds."""
        return (self.low + self.high) / 2

    def variance(self) -> float:
        """Seconds squared."""
        return (self.high - self.low) ** 2 / 12


class LognormalLaw(_Law):
    """exp of a normal law with mean `mu` and standard deviation `sigma`; stated by median and p99, or mean and cv."""

    dist: Literal["lognormal"] = "lognormal"
    median: PositiveDuration | None = None
    p99: PositiveDuration | None = None
    mean_: PositiveDuration | None = Field(default=None, alias="mean")
    cv: Positive | None = None

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        given = tuple(v is not None for v in (self.median, self.p99, self.mean_, self.cv))
        if given not in ((True, True, False, False), (False, False, True, True)):
            raise _wrong("a lognormal needs median and p99, or mean and cv")
        if self.median is not None and self.p99 is not None and self.p99 < self.median:
            raise _wrong("p99 must not be below the median")
        return self

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        if self.median is not None and self.p99 is not None:
            return math.log(self.p99 / self.median) / Z99
        return math.sqrt(math.log1p((self.cv or 0.0) ** 2))

    @property
    def mu(self) -> float:
        """Mean of the logarithm of seconds."""
        if self.median is not None:
            return math.log(self.median)
        return math.log(self.mean_ or 0.0) - self.sigma**2 / 2

    def mean(self) -> float:
        """Seconds."""
        return math.exp(self.mu + self.sigma**2 / 2)

    def variance(self) -> float:
        """Seconds squared; infinite where it exceeds the floats."""
        try:
            return math.expm1(self.sigma**2) * self.mean() ** 2
        except OverflowError:
            return math.inf


class GammaLaw(_Law):
    """Gamma of mean and coefficient of variation; ``k`` is its shape, ``theta`` its scale in seconds."""

    dist: Literal["gamma"] = "gamma"
    mean_: PositiveDuration = Field(alias="mean")
    cv: Positive

    @property
    def shape(self) -> float:
        """The shape parameter."""
        return 1 / self.cv**2

    @property
    def scale(self) -> float:
        """The scale parameter, seconds."""
        return self.mean_ * self.cv**2

    def mean(self) -> float:
        """Seconds."""
        return self.mean_

    def variance(self) -> float:
        """Seconds squared."""
        return (self.mean_ * self.cv) ** 2


class ErlangLaw(_Law):
    """The sum of ``k`` equal exponential stages, ``mean`` in all."""

    dist: Literal["erlang"] = "erlang"
    mean_: PositiveDuration = Field(alias="mean")
    k: Count

    def mean(self) -> float:
        """Seconds."""
        return self.mean_

    def variance(self) -> float:
        """Seconds squared."""
        return self.mean_**2 / self.k


class WeibullLaw(_Law):
    """Survival ``exp(-(t / scale) ** shape)``."""

    dist: Literal["weibull"] = "weibull"
    scale: PositiveDuration
    shape: Annotated[Positive, Field(ge=0.01)]

    def _moment(self, order: int) -> float:
        try:
            return self.scale**order * math.gamma(1 + order / self.shape)
        except OverflowError:
            return math.inf

    def mean(self) -> float:
        """Seconds."""
        return self._moment(1)

    def variance(self) -> float:
        """Seconds squared."""
        second = self._moment(2)
        return second if math.isinf(second) else second - self._moment(1) ** 2


class ParetoLaw(_Law):
    """Density proportional to ``t ** -(alpha + 1)`` from ``minimum`` to ``maximum``: truncated, not heaped there."""

    dist: Literal["pareto"] = "pareto"
    minimum: PositiveDuration
    alpha: Positive
    maximum: PositiveDuration | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.maximum is not None and self.maximum <= self.minimum:
            raise _wrong("maximum must be above minimum")
        return self

    def _moment(self, order: int) -> float:
        if self.maximum is None:
            below = self.alpha > order
            return self.alpha * self.minimum**order / (self.alpha - order) if below else math.inf
        ratio = self.minimum / self.maximum
        mass = self.alpha / -math.expm1(self.alpha * math.log(ratio))
        excess = order - self.alpha
        reach = -math.log(ratio)
        return mass * self.minimum**order * (reach if excess == 0 else math.expm1(excess * reach) / excess)

    def mean(self) -> float:
        """Seconds; infinite for alpha ≤ 1 without a maximum."""
        return self._moment(1)

    def variance(self) -> float:
        """Seconds squared; infinite for alpha ≤ 2 without a maximum."""
        second = self._moment(2)
        return second if math.isinf(second) else max(second - self._moment(1) ** 2, 0.0)


class NormalLaw(_Law):
    """A normal law of the given parameters, drawn again until it is not negative (so `mean()` lies above ``mean``)."""

    dist: Literal["normal"] = "normal"
    mean_: Duration = Field(alias="mean")
    sd: PositiveDuration

    @property
    def _inverse_mills(self) -> float:
        start = -self.mean_ / self.sd
        above = math.erfc(start / math.sqrt(2)) / 2
        return math.exp(-(start**2) / 2) / math.sqrt(2 * math.pi) / above

    def mean(self) -> float:
        """Seconds."""
        return self.mean_ + self.sd * self._inverse_mills

    def variance(self) -> float:
        """Seconds squared."""
        start, mills = -self.mean_ / self.sd, self._inverse_mills
        return self.sd**2 * (1 + start * mills - mills**2)


class EmpiricalLaw(_Law):
    """One of the ``values``, each as likely; a file holds one duration per line and is read when the experiment is."""

    dist: Literal["empirical"] = "empirical"
    values: tuple[Duration, ...] = ()
    file: str | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.values and self.file is None:
            raise _wrong("an empirical law needs values (at least one) or a file")
        return self

    def mean(self) -> float:
        """Seconds."""
        return math.fsum(self.values) / len(self.values)

    def variance(self) -> float:
        """Seconds squared: of the values themselves, not of a population behind them."""
        centre = self.mean()
        return math.fsum((value - centre) ** 2 for value in self.values) / len(self.values)


class MixturePart(Spec):
    """One law of a mixture; weights are relative to their sum."""

    weight: Positive
    law: LawSpec

    @field_validator("law")
    @classmethod
    def _luck_of_the_whole(cls, law: AnyLaw) -> AnyLaw:
        if law.per_request:
            raise _wrong("write per_request beside the mixture's parts: they share one piece of luck")
        return law


class MixtureLaw(_Law):
    """First one of the parts, by weight, then a time from its law."""

    dist: Literal["mixture"] = "mixture"
    parts: Annotated[tuple[MixturePart, ...], Field(min_length=1)]

    def _average(self, values: list[float]) -> float:
        total = math.fsum(part.weight for part in self.parts)
        return math.fsum(part.weight * value for part, value in zip(self.parts, values, strict=True)) / total

    def mean(self) -> float:
        """Seconds."""
        return self._average([part.law.mean() for part in self.parts])

    def variance(self) -> float:
        """Seconds squared."""
        if math.isinf(self.mean()):
            return math.inf
        second = self._average([part.law.variance() + part.law.mean() ** 2 for part in self.parts])
        return second if math.isinf(second) else max(second - self.mean() ** 2, 0.0)


AnyLaw = (
    ConstantLaw
    | ExponentialLaw
    | UniformLaw
    | LognormalLaw
    | GammaLaw
    | ErlangLaw
    | WeibullLaw
    | ParetoLaw
    | NormalLaw
    | MixtureLaw
    | EmpiricalLaw
)
"""Any law, for annotations."""

_Written = Annotated[AnyLaw, Field(discriminator="dist")]


def expand_law(value: Any) -> Any:
    """A duration where a law belongs is the constant law."""
    if isinstance(value, (str, int, float)):
        return {"dist": "constant", "value": value}
    return value


LawSpec = Annotated[_Written, BeforeValidator(expand_law, json_schema_input_type=DurationText | _Written)]
"""A law as it is written: a mapping with ``dist``, or a duration."""


def _of_no_request(law: AnyLaw) -> AnyLaw:
    if law.per_request:
        raise _wrong("per_request has no meaning here: this time belongs to no request")
    return law


FreshLawSpec = Annotated[LawSpec, AfterValidator(_of_no_request)]
"""A law of times that belong to no request, like the distances between arrivals: every draw is fresh luck."""

MixturePart.model_rebuild()
MixtureLaw.model_rebuild()
