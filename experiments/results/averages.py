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
from experiments.statistics.bands import band


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
    """Average one setting's rows, each window for itself."""
    names = [name for name in keys if isinstance(rows[name].dtype, pd.CategoricalDtype)]
    place = rows.groupby(keys, observed=True, sort=True).ngroup().to_numpy()
    found = rows[keys].assign(place=place).drop_duplicates("place").sort_values("place", ignore_index=True)
    run, runs = pd.factorize(rows["replication"])
    values = np.full((len(runs), len(found)), np.nan)
    values[run, place] = rows["value"].to_numpy()
    drawn = band(values, _trials(found, values))
    found = found.drop(columns="place").astype(dict.fromkeys(names, "object"))
    return found.assign(**{estimate: drawn.estimate, "ci_low": drawn.low, "ci_high": drawn.high})


def _trials(found: pd.DataFrame, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """About how many answers each error rate is a share of: those of its window; None where there are no error rates.

    The file does not say it, and errors go by the time of arrival; but it only widens what is 0 throughout.
    """
    metric = found.get("metric")
    if metric is None or not (metric == "error_rate").any():
        return None
    times = np.unique(found["time"])
    seconds = float(times[1] - times[0]) if len(times) > 1 else 0.0
    place = {key: number for number, key in enumerate(zip(found["operation"], metric, found["time"], strict=True))}
    trials = np.full(values.shape, np.nan)
    for (operation, name, time), number in place.items():
        answers = place.get((operation, "throughput", time))
        if name == "error_rate" and answers is not None:
            trials[:, number] = values[:, answers] * seconds
    return trials
