"""Series of single replications."""

from __future__ import annotations

from pathlib import Path

from experiments.results.cells import Setting
from experiments.results.parquet import TIMELINE, ParquetStream, table_of
from experiments.results.series import series_of_runs


def written(folder: Path) -> Path:
    path = folder / "timeline.parquet"
    columns = {"operation": ["page", "service:web"], "metric": ["goodput"] * 2, "time": [0.0, 0.0], "value": [1.0, 2.0]}
    with ParquetStream(path, TIMELINE) as stream:
        for variant in ("one", "two"):
            stream.write([table_of("timeline", variant, "", number, columns) for number in range(3)])
    return path


def test_they_are_those_of_the_workloads_of_the_wanted_settings(tmp_path: Path) -> None:
    found = series_of_runs(written(tmp_path), {Setting("two", "")})
    assert set(zip(found["variant"], found["operation"], strict=True)) == {("two", "page")}
    assert found["replication"].tolist() == [0, 1, 2]
    assert found["value"].tolist() == [1.0] * 3


def test_nothing_is_read_where_nothing_is_wanted(tmp_path: Path) -> None:
    assert series_of_runs(tmp_path / "not there.parquet", set()).empty
