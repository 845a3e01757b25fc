"""A long run is its parts: replications 0 to 3 leave the same rows as 0 and 1, and then 2 and 3, on another day."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from experiments.language import load
from experiments.running.preparation import prepare
from experiments.running.session import play
from tests.invariance.shortened import SHIPPED, short

QUICK = [("brokers", ["kafka"]), ("reservation", ["hybrid"])]
TABLES = ("runs", "timeline", "distributions", "breaker_states", "requests")
RUN = re.compile(r"\{'variant': .*, 'point': .*, 'replication': \d")


def rows(name: str, variants: list[str], folder: Path, replications: int, first: int = 0) -> dict[str, list[str]]:
    """The rows of some replications of a shortened experiment, by table, each as a text that tells every bit."""
    document = load(f"catalog:{name}", (*short(name), f"run.replications={replications}"))
    place = folder / f"{first} and {replications - 1} more"
    play(prepare(document, variants, first=first), place)
    return {table: [repr(row) for row in pq.read_table(place / f"{table}.parquet").to_pylist()] for table in TABLES}


def of_run(row: str) -> str:
    """The beginning of a row: its variant, point and replication."""
    found = RUN.match(row)
    assert found is not None, row
    return found[0]


def same_in_parts(name: str, variants: list[str], folder: Path) -> None:
    whole = rows(name, variants, folder, 4)
    early, late = rows(name, variants, folder, 2), rows(name, variants, folder, 2, first=2)
    assert len({of_run(row) for row in whole["runs"]}) % 4 == 0
    for table, expected in whole.items():
        assert sorted(early[table] + late[table], key=of_run) == expected, table


@pytest.mark.parametrize(("name", "variants"), QUICK, ids=[name for name, _ in QUICK])
def test_parts_of_a_run_leave_the_rows_of_the_whole(name: str, variants: list[str], tmp_path: Path) -> None:
    same_in_parts(name, variants, tmp_path)


@pytest.mark.stat
@pytest.mark.parametrize("name", SHIPPED)
def test_parts_of_any_shipped_experiment_leave_the_rows_of_the_whole(name: str, tmp_path: Path) -> None:
    same_in_parts(name, [load(f"catalog:{name}", short(name)).baseline], tmp_path)
