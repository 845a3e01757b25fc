"""Neither the order in which a file's keys are written nor the number of processes changes a byte of the data files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.language import load
from tests.invariance.shortened import SHIPPED, changed, content_of, data_files, short

NAMED = ("workload", "faults", "changes", "subscribers", "phases")
"""Lists whose members have names: their order, too, is only that of the text."""

QUICK = {"brokers": ["kafka", "sqs fifo"], "reservation": ["hybrid"], "canary": []}
"""Experiments, and variants of them, that the quick tests play; none named: all."""


def backwards(value: Any, name: str = "") -> Any:
    """Every mapping backwards, and every list of named things; but a sweep's axes, whose order names its points."""
    if isinstance(value, dict) and name == "sweep":
        return {axis: backwards(content) for axis, content in value.items()}
    if isinstance(value, dict):
        return {key: backwards(value[key], key) for key in reversed(list(value))}
    if isinstance(value, list):
        members = [backwards(member) for member in value]
        return members[::-1] if name in NAMED else members
    return value


def test_backwards_turns_names_round_and_leaves_steps() -> None:
    content = {"b": 1, "a": {"steps": [{"d": 1, "c": 2}, "e"], "faults": ["f", "g"]}}
    turned = backwards(content)
    assert list(turned) == ["a", "b"]
    assert turned["a"] == {"steps": [{"c": 2, "d": 1}, "e"], "faults": ["g", "f"]}


def same_backwards(name: str, folder: Path, variants: list[str]) -> None:
    document = load(f"catalog:{name}", short(name))
    as_written = data_files(document, folder / "as written", variants)
    turned_round = changed(name, backwards, folder)
    assert list(content_of(name)) != list(backwards(content_of(name)))
    assert data_files(turned_round, folder / "backwards", variants) == as_written
    assert {"summary.csv", "runs.parquet", "timeline.parquet"} <= set(as_written)


@pytest.mark.parametrize(("name", "variants"), QUICK.items(), ids=list(QUICK))
def test_a_file_written_backwards_gives_the_same_bytes(name: str, variants: list[str], tmp_path: Path) -> None:
    same_backwards(name, tmp_path, variants)


@pytest.mark.stat
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_file_written_backwards_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    document = load(f"catalog:{name}", short(name))
    same_backwards(name, tmp_path, [document.baseline, *document.variants][:4])


@pytest.mark.stat
@pytest.mark.parametrize("name", ["checkout", "brokers", "saga-products", "zone-outage"])
def test_two_processes_write_the_same_bytes_as_one(name: str, tmp_path: Path) -> None:
    document = load(f"catalog:{name}", short(name))
    assert data_files(document, tmp_path / "two", jobs=2) == data_files(document, tmp_path / "one", jobs=1)


def test_two_processes_write_the_same_bytes_as_one_on_the_smallest_experiment(tmp_path: Path) -> None:
    document = load("catalog:same-rate", short("same-rate"))
    assert data_files(document, tmp_path / "two", jobs=2) == data_files(document, tmp_path / "one", jobs=1)
