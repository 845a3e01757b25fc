"""The three tables of a small, fixed set of runs. To renew them: delete the files and run the test twice.

A change here is a change of every results folder. Figures are compared to twelve digits, since another processor
architecture may compute the last ones differently; everything else is compared as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from experiments.results.cells import Cells, Setting
from experiments.results.comparisons import ComparisonRow, comparison_rows
from experiments.results.csvfile import read_csv, write_csv
from experiments.results.objectives import Objective, ObjectiveRow, objective_rows
from experiments.results.summary import SummaryRow, summary_rows

GOLDEN = Path(__file__).parent / "golden"
NEVER, NOTHING = float("inf"), float("nan")

FIGURES: dict[tuple[str, str, str], dict[str, list[float]]] = {
    ("all", "checkout", "throughput"): {
        "queue": [29.5, 30.25, 30.0],
        "saga": [30.0, 30.5, 30.0],
        "sync": [30.0, 30.5, 30.0],
    },
    ("all", "checkout", "latency_p99"): {"queue": [0.02, 0.03, 0.02], "saga": [2.5, 2.6, 2.4], "sync": [2.0, 2.2, 1.9]},
    ("all", "checkout", "latency_p50"): {"queue": [0.01, 0.01, 0.01], "saga": [0.1, 0.2, 0.1], "sync": [0.1, 0.1, 0.2]},
    ("all", "checkout", "completion_p99"): {
        "queue": [1.0, 2.0, 1.5],
        "saga": [3.0, NEVER, 4.0],
        "sync": [NEVER, NEVER, NEVER],
    },
    ("all", "service:orders", "utilization"): {
        "queue": [0.5, 0.5, 0.6],
        "saga": [0.7, 0.7, 0.8],
        "sync": [0.6, 0.6, 0.7],
    },
    ("after:outage", "checkout", "recovery_time"): {
        "queue": [4.0, 8.0, 6.0],
        "saga": [NEVER, 9.0, 7.0],
        "sync": [NEVER, NOTHING, NEVER],
    },
    ("all", "topic:jobs", "message_age_p99"): {"queue": [0.1, NOTHING, 0.3]},
}
OBJECTIVES = [
    Objective("checkout", "all", "latency_p99", 2.1, at_most=True),
    Objective("checkout", "all", "throughput", 28.0, at_most=False),
    Objective("checkout", "after:outage", "recovered", 0.2, at_most=False, within=30.0),
]


@pytest.fixture
def cells() -> Cells:
    gathered = Cells()
    for variant in ("sync", "queue", "saga"):
        for replication in range(3):
            rows = [
                (*key, vectors[variant][replication], NOTHING) for key, vectors in FIGURES.items() if variant in vectors
            ]
            columns = dict(zip(("phase", "operation", "metric", "value", "of"), zip(*rows, strict=True), strict=True))
            gathered.add(Setting(variant, ""), columns)
    return gathered


def expect(name: str, header: Sequence[str], rows: Iterable[Sequence[str | float | int]], folder: Path) -> None:
    write_csv(folder / name, header, rows)
    golden = GOLDEN / name
    if not golden.exists():
        golden.write_bytes((folder / name).read_bytes())
        pytest.fail(f"{golden.name} was missing and has been written: look at it")
    assert table_of(folder / name) == table_of(golden)


def table_of(path: Path) -> list[list[object]]:
    return [[cell_of(cell) for cell in row] for row in read_csv(path)]


def cell_of(text: str) -> object:
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


def test_summary_table(cells: Cells, tmp_path: Path) -> None:
    expect("summary.csv", SummaryRow._fields, summary_rows(cells), tmp_path)


def test_comparisons_table(cells: Cells, tmp_path: Path) -> None:
    expect("comparisons.csv", ComparisonRow._fields, comparison_rows(cells, "sync"), tmp_path)


def test_objectives_table(cells: Cells, tmp_path: Path) -> None:
    expect("objectives.csv", ObjectiveRow._fields, objective_rows(cells, OBJECTIVES), tmp_path)
