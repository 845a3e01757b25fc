"""Hardware that a file promises for free is a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments import catalog
from experiments.language import load
from tests.language.building import read
from tests.language.test_resources import desk


@pytest.mark.parametrize("workers", ["65", "unlimited"])
def test_many_workers_without_cores_are_a_warning(tmp_path: Path, workers: str) -> None:
    (only,) = read(tmp_path, desk(f"workers: {workers}")).warnings
    assert only.path == "services.desk.workers"
    assert f"{workers} workers and no cores" in only.message


@pytest.mark.parametrize(
    ("service", "steps"),
    [
        ("workers: 64", "[{work: 1ms}]"),
        ("workers: 65; cores: 8", "[{work: 1ms}]"),
        ("workers: 65; queue: {discipline: ps}", "[{work: 1ms}]"),
        ("workers: unlimited", "[{work: {io: 1ms}}, {pause: 1ms}, {work: 0ms}]"),
    ],
)
def test_few_workers_or_cores_or_none_that_compute_are_none(tmp_path: Path, service: str, steps: str) -> None:
    assert read(tmp_path, desk(service, steps)).warnings == ()


@pytest.mark.parametrize("name", catalog.names())
def test_no_experiment_that_ships_promises_hardware_for_free(name: str) -> None:
    assert [entry.message for entry in load(f"catalog:{name}").warnings if "no cores" in entry.message] == []
