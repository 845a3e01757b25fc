"""Shares of executions that fail by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from simulator.spec.base import Spec
from simulator.spec.units import Share, ShareText


class ChanceSpec(Spec):
    """Strikes a ``share`` of executions; ``per_request`` (a share, default 0) is the part of chance that all attempts
    of one request at one operation have in common: the correlation of a Gaussian copula."""

    share: Share
    per_request: Share = 0.0


def _expand(value: Any) -> Any:
    """A share where a chance belongs has fresh luck at every attempt."""
    return value if isinstance(value, (Mapping, ChanceSpec)) else {"share": value}


Chance = Annotated[ChanceSpec, BeforeValidator(_expand, json_schema_input_type=ShareText | ChanceSpec)]
"""A chance as it is written: a share, or a mapping with ``share``."""

NEVER = ChanceSpec(share=0.0)
