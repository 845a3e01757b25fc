"""A long run is its parts: replications 0 to 3 leave the same rows as 0 and 1, and then 2 and 3, on another day."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments import catalog
from experiments.language import load
from experiments.running.preparation import prepare
from experiments.running.session import play
from tests.invariance.shortened import short

QUICK = [("brokers", ["kafka"]), ("reservation", ["hybrid"])]
TABLES = ("runs", "timeline", "distributions", "breaker_states", "requests")


def rows(name: str, variants: list[str], folder: Path, replications: int, first: int = 0) -> dict[str, pd.DataFrame]:
    """The rows of some replications of a shortened experiment, by table."""
    document = load(f"catalog:{name}", (*short(name), f"run.replications={replications}"))
    place = folder / f"{first} and {replications - 1} more"
    play(prepare(document, variants, first=first), place)
    return {table: pd.DataFrame(pq.read_table(place / f"{table}.parquet").to_pylist()) for table in TABLES}


def same_in_parts(name: str, variants: list[str], folder: Path) -> None:
    whole = rows(name, variants, folder, 4)
    early, late = rows(name, variants, folder, 2), rows(name, variants, folder, 2, first=2)
    assert set(whole["runs"]["replication"]) == {0, 1, 2, 3}
    for table, frame in whole.items():
        parts = pd.concat([early[table], late[table]]) if len(frame) else early[table]
        order = ["variant", "point", "replication"]
        joined = parts.sort_values(order, kind="stable").reset_index(drop=True)
        pd.testing.assert_frame_equal(joined, frame, check_exact=True, obj=table)


@pytest.mark.parametrize(("name", "variants"), QUICK, ids=[name for name, _ in QUICK])
def test_parts_of_a_run_leave_the_rows_of_the_whole(name: str, variants: list[str], tmp_path: Path) -> None:
    same_in_parts(name, variants, tmp_path)


@pytest.mark.stat
@pytest.mark.parametrize("name", catalog.names())
def test_parts_of_any_shipped_experiment_leave_the_rows_of_the_whole(name: str, tmp_path: Path) -> None:
    document = load(f"catalog:{name}", short(name))
    same_in_parts(name, [document.baseline, *document.variants][:3], tmp_path)
