"""The caller's own memory of answers."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ValidationInfo, model_validator

from simulator.spec.base import Count, Spec
from simulator.spec.units import PositiveDuration

MemoryScope = Literal["caller", "edge"]
"""Whose memory it is: each calling replica's own (lost when it crashes), or one that all of them share."""


class CacheSpec(Spec):
    """Answers ok from memory for ``ttl`` seconds after the last ok answer came; such a hit costs no call and no time.

    There is an entry for each called operation and key; ``capacity`` is how many entries are kept, the least recently
    used one going first (default: all). ``scope``: ``caller`` or ``edge``.
    """

    ttl: PositiveDuration = 0.0
    capacity: Count | None = None
    scope: MemoryScope = "caller"

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        self.require(info, "ttl")
        return self
