"""How long until a difference is significant for somebody who looks again and again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from experiments.statistics.two_samples import LEVEL


class Detection(NamedTuple):
    """When a series of p-values said so.

    Attributes:
        first: position of the first p-value below the level; None if there is none.
        lasting: position from which on all of them are; None if the last one is not.
        corrected: position of the first one below the level divided by the number of looks (Bonferroni): looking
            often then gives no more false alarms than the level says. None if there is none.
    """

    first: int | None
    lasting: int | None
    corrected: int | None


def detection(p_values: Sequence[float], level: float = LEVEL) -> Detection:
    """Say when growing data became significant.

    Args:
        p_values: one per look, each from all data so far; NaN (too little data) is not significant.
        level: of a single look.
    """
    seen = [not math.isnan(p) and p < level for p in p_values]
    lasting = len(seen)
    while lasting and seen[lasting - 1]:
        lasting -= 1
    strict = level / len(p_values) if p_values else 0.0
    return Detection(
        first=next((place for place, found in enumerate(seen) if found), None),
        lasting=lasting if lasting < len(seen) else None,
        corrected=next((place for place, p in enumerate(p_values) if p < strict), None),
    )
