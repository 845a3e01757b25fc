"""How a service's cache behaves: for how long it keeps an answer, how many, and what a miss does to others."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Flag, Spec
from simulator.spec.laws import ConstantLaw, LawSpec
from simulator.spec.units import Duration, PositiveDuration


class CacheSettings(Spec):
    """A cache at each replica of a service: one for each ``name``, shared by the operations that use it.

    ``ttl``: seconds that an answer is kept from when it was stored, with ``sliding`` from its last hit (absent: for
    ever). ``capacity``: how many keys are kept, the least recently used one going first (absent: all). ``hit``: how
    long a hit occupies the worker. ``single_flight``: who misses what somebody else is fetching waits for that (Go's
    ``golang.org/x/sync/singleflight``). ``stale_while_revalidate``: for so many seconds after its end an answer is
    still given, and fetched anew meanwhile (RFC 5861, section 3).
    """

    name: str
    ttl: PositiveDuration | None = None
    sliding: Flag = False
    capacity: Count | None = None
    hit: LawSpec = ConstantLaw(value=0.0)
    single_flight: Flag = False
    stale_while_revalidate: Duration = 0.0

    @model_validator(mode="after")
    def _of_something_that_ends(self) -> Self:
        for key in ("sliding", "stale_while_revalidate"):
            if getattr(self, key) and self.ttl is None:
                text = f"{key} needs a ttl: without one nothing that is stored ever ends"
                raise PydanticCustomError("cached", "{text}", {"text": text})
        return self
