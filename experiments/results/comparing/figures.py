"""The figures of every replication of a results folder, by its number: what comparisons across folders are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from experiments.results.cells import Cell, Setting
from experiments.results.parquet import row_groups
from experiments.results.reading import Results


class Value(NamedTuple):
    """A figure of one replication.

    Attributes:
        value: in the metric's unit; NaN: nothing measured.
        of: what it was taken over; NaN where nothing is counted, or in a folder of a version that did not say so.
    """

    value: float
    of: float


_NONE = Value(math.nan, math.nan)


class Figures:
    """All figures of a folder by setting and cell."""

    def __init__(self, manifest: Mapping[str, Any], tables: Iterable[pa.Table]) -> None:
        """Gather the figures.

        Args:
            manifest: says which seed each setting was played with.
            tables: rows as in ``runs.parquet``; a column ``of`` may be missing.
        """
        self._manifest = manifest
        self._figures: dict[Setting, dict[Cell, dict[int, Value]]] = {}
        self._numbers: dict[Setting, set[int]] = {}
        for rows in tables:
            self._add(rows)

    def _add(self, rows: pa.Table) -> None:
        columns = [rows.column(name).to_pylist() for name in ("variant", "point", "phase", "operation", "metric")]
        numbers, values = rows.column("replication").to_pylist(), rows.column("value").to_pylist()
        sizes = rows.column("of").to_pylist() if "of" in rows.column_names else [math.nan] * len(values)
        for variant, point, phase, operation, metric, number, value, of in zip(
            *columns, numbers, values, sizes, strict=True
        ):
            setting = Setting(variant, point)
            self._numbers.setdefault(setting, set()).add(number)
            cells = self._figures.setdefault(setting, {})
            cells.setdefault(Cell(phase, operation, metric), {})[number] = Value(value, of)

    def settings(self) -> list[Setting]:
        """Return the settings in order of name."""
        return sorted(self._figures)

    def cells(self, setting: Setting) -> set[Cell]:
        """Return what a setting has figures of; nothing where it was not played."""
        return set(self._figures.get(setting, {}))

    def numbers(self, setting: Setting) -> list[int]:
        """Return the numbers of a setting's replications, in order."""
        return sorted(self._numbers.get(setting, ()))

    def values(self, setting: Setting, cell: Cell, numbers: Iterable[int]) -> list[Value]:
        """Return a figure of the replications ``numbers``; NaN where one has none."""
        figure = self._figures[setting][cell]
        return [figure.get(number, _NONE) for number in numbers]

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
