"""Takes runs as they come, in the plan's order: streams their columns to files and gathers their figures."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from experiments.results.cells import Cells, Setting
from experiments.results.effects import Effects
from experiments.results.parquet import SCHEMAS, ParquetStream, table_of
from simulator.results import Columns, RunResult

_GROUPED = ("runs", "timeline", "distributions", "breaker_states")


class Recorder:
    """Writes the Parquet files of an experiment into a folder, run by run. Use it as a context manager.

    All replications of one setting come one after the other: they share a row group. Requests are many, so
    each run has a row group of its own.

    Attributes:
        cells: the figures of all runs so far.
        effects: what went wrong with effects and messages in all runs so far.
        totals: sums over the runs of what they counted (`RunResult.facts`).
    """

    def __init__(self, folder: Path, *, requests: bool) -> None:
        self.cells = Cells()
        self.effects = Effects()
        self.totals: dict[str, float] = {}
        self._setting: Setting | None = None
        self._waiting: dict[str, list[Any]] = {name: [] for name in _GROUPED}
        self._open = ExitStack()
        names = (*_GROUPED, "requests") if requests else _GROUPED
        with ExitStack() as failing:
            self._streams = {
                name: failing.enter_context(ParquetStream(folder / f"{name}.parquet", SCHEMAS[name])) for name in names
            }
            self._open = failing.pop_all()

    def add(self, setting: Setting, replication: int, result: RunResult) -> None:
        """Write one run."""
        if setting != self._setting:
            self._flush()
            self._setting = setting
        self.cells.add(setting, result.metrics, result.order_statistics)
        if result.batches:
            self.cells.add_batches(setting, result.batches, result.batch_samples)
        self.effects.add(setting, replication, result.effects, result.losses)
        for name, columns in self._columns(result).items():
            self._waiting[name].append(table_of(name, setting.variant, setting.point, replication, columns))
        if result.requests is not None and "requests" in self._streams:
            table = table_of("requests", setting.variant, setting.point, replication, result.requests)
            self._streams["requests"].write([table])
        for fact, count in result.facts.items():
            self.totals[fact] = self.totals.get(fact, 0) + count

    def _columns(self, result: RunResult) -> dict[str, Columns]:
        columns = {"runs": result.metrics, "timeline": result.timeline, "distributions": result.distributions}
        return columns | ({"breaker_states": result.breaker_states} if result.breaker_states else {})

    def _flush(self) -> None:
        if self._setting is not None:
            self.cells.settle(self._setting)
        for name, tables in self._waiting.items():
            self._streams[name].write(tables)
            tables.clear()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._open.close()
