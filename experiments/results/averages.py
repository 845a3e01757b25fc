"""Series averaged over the replications, for pictures: what happened on average in each window, and how sure that is.

These numbers are drawn, not stored: ``timeline.parquet`` and ``distributions.parquet`` hold every replication's own.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.results.cells import highest
from experiments.results.parquet import SCHEMAS, row_groups
from experiments.statistics.distributions import student_t_quantile
from experiments.statistics.intervals import CONFIDENCE


def average_timeline(path: Path, *, empty: bool = False) -> pd.DataFrame:
    """Return ``variant, point, operation, metric, time, mean, ci_low, ci_high`` of a timeline file.

    With ``empty`` the frame has these columns and no rows.
    """
    series = _averaged(path, ["operation", "metric", "time"], "mean", empty)
    limits = {metric: highest(metric) for metric in sorted(set(series["metric"]))}
    return _clipped(series, series["metric"].map(limits).astype(float))


def average_distributions(path: Path, *, empty: bool = False) -> pd.DataFrame:
    """Return ``variant, point, operation, measure, survival, value, ci_low, ci_high`` of a distributions file.

    ``value`` is the mean over replications of what each one exceeded with the share ``survival``. With ``empty`` the
    frame has these columns and no rows.
    """
    return _clipped(_averaged(path, ["operation", "measure", "survival"], "value", empty), math.inf)


def average_pilots(path: Path, *, empty: bool = False) -> pd.DataFrame:
    """Return ``variant, point, operation, measure, time, mean, ci_low, ci_high`` of what pilots saw.

    With ``empty``, or without such a file, the frame has these columns and no rows.
    """
    return _clipped(_averaged(path, ["operation", "measure", "time"], "mean", empty or not path.exists()), math.inf)


def _clipped(series: pd.DataFrame, highest_value: pd.Series[float] | float) -> pd.DataFrame:
    """Return the series with intervals that end where the figures' range does: at 0, and at `highest_value`."""
    low = series["ci_low"].clip(lower=0.0)
    high = series["ci_high"].clip(upper=highest_value)
    return series.assign(ci_low=low, ci_high=high)


def _averaged(path: Path, keys: list[str], estimate: str, empty: bool) -> pd.DataFrame:
    keys = ["variant", "point", *keys]
    columns = [*keys, estimate, "ci_low", "ci_high"]
    parts = [] if empty else [_average(rows.to_pandas(), keys, estimate) for rows in row_groups(path)]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=_type_of(path.stem, name)) for name in columns})
    return pd.concat(parts, ignore_index=True)[columns]


def _type_of(file: str, column: str) -> str:
    schema = SCHEMAS[file]
    is_name = column in schema.names and str(schema.field(column).type).startswith("dictionary")
    return "object" if is_name else "float64"


def _average(rows: pd.DataFrame, keys: list[str], estimate: str) -> pd.DataFrame:
    """Average one setting's rows. Where a replication is infinite the mean is, and there is no interval."""
    names = [name for name in keys if isinstance(rows[name].dtype, pd.CategoricalDtype)]
    groups = rows.groupby(keys, observed=True, sort=True)["value"]
    with np.errstate(invalid="ignore"):
        found = groups.agg(["count", "mean", "std"]).reset_index()
    half = _half_widths(found["count"].to_numpy(), found["std"].to_numpy())
    found = found.astype(dict.fromkeys(names, "object")).rename(columns={"mean": estimate})
    return found.assign(ci_low=found[estimate] - half, ci_high=found[estimate] + half)


def _half_widths(counts: np.ndarray[Any, Any], deviations: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    factors = {count: _factor(count) for count in set(counts.tolist())}
    widths: np.ndarray[Any, Any] = np.array([factors[count] for count in counts.tolist()]) * deviations
    return widths


def _factor(count: int) -> float:
    """Return what turns a standard deviation of ``count`` values into half the width of the interval of their mean."""
    return student_t_quantile(0.5 + CONFIDENCE / 2, count - 1) / count**0.5 if count > 1 else math.nan
