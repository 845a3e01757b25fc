"""A results folder as pandas frames, read when asked for."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.results.branches import BranchRow
from experiments.results.cautions.rows import Caution
from experiments.results.cells import Cells, Setting
from experiments.results.csvfile import number_of, read_csv
from experiments.results.effects import EffectRow, LossRow
from experiments.results.folder import MANIFEST, is_results_folder
from experiments.results.modes import LOOKED_AT, ModeRow, mode_rows
from experiments.results.warmup import WarmupRow

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = frozenset(
    ("mean", "ci_low", "ci_high", "difference", "p_value", "bound", "arrived", "first", "repeated", "again", "cut")
)
_COUNTS = frozenset(("replications", "replication", "requests", "units", "of", "messages"))


class Results:
    """What an experiment left behind. Every property reads its file at the first use and keeps the frame.

    In the frames NaN means that there was nothing to measure or that there is no interval, infinity means never.
    Times are in seconds.

    Attributes:
        folder: where the files are.
    """

    def __init__(self, folder: Path | str) -> None:
        """Take the folder ``folder``.

        Raises:
            FileNotFoundError: there are no results of callsim.
        """
        self.folder = Path(folder)
        if not is_results_folder(self.folder):
            found = (self.folder / MANIFEST).exists()
            why = f"its {MANIFEST} is not one that callsim wrote" if found else f"no {MANIFEST}"
            raise FileNotFoundError(f"{self.folder}: holds no results of callsim ({why})")

    def __repr__(self) -> str:
        return f"Results({str(self.folder)!r})"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """How the results came about: the experiment as resolved, seeds, versions, machine, files."""
        content: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        return content

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Every figure: ``variant, point, phase, operation, metric, unit, mean, ci_low, ci_high, replications``."""
        return self._csv("summary")

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """Variants against the baseline: see `experiments.results.comparisons.ComparisonRow`."""
        return self._csv("comparisons")

    @cached_property
    def branches(self) -> pd.DataFrame:
        """Versions behind a route: see `experiments.results.branches.BranchRow`; no rows where no route splits."""
        return self._optional("branches", BranchRow._fields)

    @cached_property
    def cautions(self) -> pd.DataFrame:
        """What the figures cannot bear: see `experiments.results.cautions.rows.Caution`."""
        return self._optional("cautions", Caution._fields)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What went wrong with effects, and why: see `experiments.results.effects.EffectRow`."""
        return self._optional("effects", EffectRow._fields)

    @cached_property
    def losses(self) -> pd.DataFrame:
        """Lost messages by reason: see `experiments.results.effects.LossRow`."""
        return self._optional("losses", LossRow._fields)

    @cached_property
    def objectives(self) -> pd.DataFrame:
        """What was asked for: see `experiments.results.objectives.ObjectiveRow`."""
        return self._csv("objectives")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per run and figure: ``variant, point, replication, phase, operation, metric, value``."""
        return self._parquet("runs")

    @cached_property
    def recoveries(self) -> pd.DataFrame:
        """Recovery times: ``variant, point, replication, phase, operation, value``, in seconds; infinite: never."""
        import pyarrow.parquet as pq

        wanted = [("metric", "==", "recovery_time")]
        frame: pd.DataFrame = pq.read_table(self.folder / "runs.parquet", filters=wanted).to_pandas()
        return frame.drop(columns=["metric", "of"], errors="ignore")

    @cached_property
    def modes(self) -> pd.DataFrame:
        """Figures whose replications fall into two groups: see `experiments.results.modes.ModeRow`."""
        import pandas as pd

        wanted = [("metric", "in", list(LOOKED_AT))]
        rows = mode_rows(cells_of(self._parquet("runs", wanted)))
        return pd.DataFrame(rows, columns=list(ModeRow._fields))

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """One row per run, window and figure: ``variant, point, replication, operation, metric, time, value``."""
        return self._parquet("timeline")

    @cached_property
    def warmup(self) -> pd.DataFrame:
        """What pilots would leave out: see `experiments.results.warmup.WarmupRow`; no rows without ``warmup: auto``."""
        return self._optional("warmup", WarmupRow._fields)

    @cached_property
    def pilots(self) -> pd.DataFrame:
        """What pilots saw, window by window: ``variant, point, replication, operation, measure, time, value,
        statistic``; no rows without ``warmup: auto``."""
        if not (self.folder / "pilots.parquet").exists():
            return _frame([["variant", "point", "replication", "operation", "measure", "time", "value", "statistic"]])
        return self._parquet("pilots")

    @cached_property
    def distributions(self) -> pd.DataFrame:
        """What share of requests took longer: ``…, operation, measure, survival, value``."""
        return self._parquet("distributions")

    @cached_property
    def breaker_states(self) -> pd.DataFrame:
        """Every change of a breaker: ``variant, point, replication, operation, time, state``."""
        return self._parquet("breaker_states")

    @cached_property
    def requests(self) -> pd.DataFrame:
        """One row per request.

        Raises:
            FileNotFoundError: the experiment says ``record: summary``.
        """
        return self._parquet("requests")

    def _optional(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """A table that not every folder has: without rows where it is missing."""
        if not (self.folder / f"{name}.csv").exists():
            return _frame([list(columns)])
        return self._csv(name)

    def _csv(self, name: str) -> pd.DataFrame:
        return _frame(read_csv(self.folder / f"{name}.csv"))

    def _parquet(self, name: str, wanted: Sequence[tuple[str, str, Any]] | None = None) -> pd.DataFrame:
        import pyarrow.parquet as pq

        filters = list(wanted) if wanted else None
        frame: pd.DataFrame = pq.read_table(self.folder / f"{name}.parquet", filters=filters).to_pandas()
        return frame


def cells_of(runs: pd.DataFrame) -> Cells:
    """Gather the rows of ``runs.parquet`` again, or some of them, as the tables were made from them."""
    cells = Cells()
    for (variant, point, _replication), rows in runs.groupby(
        ["variant", "point", "replication"], observed=True, sort=True
    ):
        columns = {name: rows[name].tolist() for name in ("phase", "operation", "metric", "value")}
        columns["of"] = rows["of"].tolist() if "of" in rows else [math.nan] * len(rows)  # older folders do not say
        cells.add(Setting(str(variant), str(point)), columns)
    return cells


def _frame(table: Sequence[Sequence[str]]) -> pd.DataFrame:
    import pandas as pd  # takes a second, and not every command needs it

    header, *rows = table
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return pd.DataFrame({column: _typed(column, cells) for column, cells in zip(header, columns, strict=True)})


def _typed(column: str, cells: Sequence[str]) -> Any:
    if column in _NUMBERS:
        return [number_of(cell) for cell in cells]
    return [int(cell) for cell in cells] if column in _COUNTS else list(cells)
