"""The figures of every replication of a results folder, by its number: what comparisons across folders are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from experiments.results.cells import Cells, Setting
from experiments.results.parquet import row_groups
from experiments.results.reading import Results

_COLUMNS = ("phase", "operation", "metric", "value", "of")

_Rows = dict[str, list[Any]]


class Figures:
    """All figures of a folder by setting and number of the replication."""

    def __init__(self, manifest: Mapping[str, Any], tables: Iterable[pa.Table]) -> None:
        """Gather the figures.

        Args:
            manifest: says which seed each setting was played with.
            tables: rows as in ``runs.parquet``; a column ``of`` may be missing, as in folders of earlier versions.
        """
        self._manifest = manifest
        self._figures: dict[Setting, dict[int, _Rows]] = {}
        for rows in tables:
            self._add(rows)

    def _add(self, rows: pa.Table) -> None:
        if "of" not in rows.column_names:
            rows = rows.append_column("of", pa.array([math.nan] * rows.num_rows))
        places = [rows.column(name).to_pylist() for name in ("variant", "point", "replication")]
        figures = [rows.column(name).to_pylist() for name in _COLUMNS]
        for variant, point, number, *figure in zip(*places, *figures, strict=True):
            found = self._figures.setdefault(Setting(variant, point), {}).setdefault(number, {})
            for name, value in zip(_COLUMNS, figure, strict=True):
                found.setdefault(name, []).append(value)

    def settings(self) -> list[Setting]:
        """Return the settings in order of name."""
        return sorted(self._figures)

    def numbers(self, setting: Setting) -> list[int]:
        """Return the numbers of a setting's replications, in order; none where it was not played."""
        return sorted(self._figures.get(setting, {}))

    def cells(self, setting: Setting, numbers: Iterable[int]) -> Cells:
        """Return the figures of some replications of a setting, in the order of ``numbers``."""
        cells = Cells()
        for number in numbers:
            cells.add(setting, self._figures[setting][number])
        return cells

    def seed(self, setting: Setting) -> int | None:
        """Return the seed of a setting, None where the manifest does not say."""
        played = self._manifest.get("experiment", {}).get(setting.variant, {}).get(setting.point, {})
        seed = played.get("run", {}).get("seed", self._manifest.get("seed"))
        return None if seed is None else int(seed)


def figures_of(results: Results) -> Figures:
    """Read a folder's ``runs.parquet``.

    Raises:
        FileNotFoundError: it has none.
    """
    return Figures(results.manifest, row_groups(results.folder / "runs.parquet"))
