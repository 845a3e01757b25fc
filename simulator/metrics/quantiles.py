"""Quantiles of a sample, by rank: the smallest value that at least the given share of the sample does not exceed.

No interpolation, so that infinite values (requests that never completed) are what they are.
"""

from __future__ import annotations

from math import ceil, nan
from typing import Any

import numpy as np

Values = np.ndarray[Any, np.dtype[np.float64]]


def quantile(ascending: Values, share: float) -> float:
    """The quantile of a sorted sample; NaN of an empty one.

    Args:
        ascending: the sample in ascending order.
        share: from 0 to 1.
    """
    size = len(ascending)
    if size == 0:
        return nan
    rank = max(1, ceil(share * size - 1e-9))
    return float(ascending[rank - 1])


def mean(values: Values) -> float:
    """The arithmetic mean; NaN of an empty sample."""
    return float(np.add.reduce(values)) / len(values) if len(values) else nan
