"""Series of single replications, for pictures of variants whose replications go two ways: no mean is where any is."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from experiments.results.cells import Setting
from experiments.results.parquet import row_groups
from reports.evidence import COMPONENT_PREFIXES, RUN_SERIES_COLUMNS


def series_of_runs(path: Path, settings: Collection[Setting]) -> pd.DataFrame:
    """Return ``variant, point, replication, operation, metric, time, value`` of the workloads of some settings.

    Args:
        path: a timeline file; not read where there are no settings.
        settings: the variants and points wanted.
    """
    parts = []
    for table in row_groups(path) if settings else ():
        rows = table.to_pandas().astype({"variant": "object", "point": "object", "operation": "object"})
        places = zip(rows["variant"], rows["point"], rows["operation"], strict=True)
        wanted = [
            (variant, point) in settings and not operation.startswith(COMPONENT_PREFIXES)
            for variant, point, operation in places
        ]
        parts.append(rows.loc[wanted, list(RUN_SERIES_COLUMNS)])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(RUN_SERIES_COLUMNS))
