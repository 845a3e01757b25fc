"""Keys: what the requests of a workload are about (a product, a user), and how often each of them is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import NotNegative, Positive, Spec

Size = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
"""How many different keys there are."""


class ZipfKeys(Spec):
    """``n`` keys, the first the most popular: key i is asked for in proportion to ``i ** -s``.

    Web requests follow such a law with s between 0.6 and 0.9 (Breslau, Cao, Fan, Phillips, Shenker, Web Caching and
    Zipf-like Distributions, INFOCOM 1999). With s = 0 all keys are alike.
    """

    dist: Literal["zipf"] = "zipf"
    n: Size
    s: NotNegative


class UniformKeys(Spec):
    """``n`` keys, each as likely."""

    dist: Literal["uniform"] = "uniform"
    n: Size


class EmpiricalKeys(Spec):
    """The ``values`` that were seen, each as likely (twice written is twice as likely), or keys with ``weights``."""

    dist: Literal["empirical"] = "empirical"
    values: tuple[StrictStr | StrictInt, ...] = ()
    weights: dict[str, Positive] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.values) == bool(self.weights):
            raise PydanticCustomError("keys", "empirical keys need either values (at least one) or weights")
        object.__setattr__(self, "weights", dict(sorted(self.weights.items())))
        return self

    @property
    def shares(self) -> Mapping[str, float]:
        """Each key's weight, in order of the keys' text."""
        counted = self.weights or {value: float(count) for value, count in Counter(map(str, self.values)).items()}
        return dict(sorted(counted.items()))


AnyKeys = ZipfKeys | UniformKeys | EmpiricalKeys
"""Keys of any kind, for annotations."""

KeysSpec = Annotated[AnyKeys, Field(discriminator="dist")]
"""Keys as they are written."""
