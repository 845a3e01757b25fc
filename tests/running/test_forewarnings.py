"""What is said before the first run."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language import load
from experiments.running.forewarnings import forewarnings
from experiments.running.preparation import prepare
from tests.planning.test_load import SHOP


def told(file: Path | str, *overrides: str) -> list[str]:
    document = load(str(file), overrides)
    return [text for text in forewarnings(prepare(document)) if "is offered" in text]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP, encoding="utf-8")
    return file


def test_a_load_below_one_is_no_warning(shop: Path) -> None:
    assert told(shop) == []


def test_the_worst_overload_is_named_and_the_others_counted(shop: Path) -> None:
    (text,) = told(shop, "sweep={rate: {path: workload.buy.arrivals.rate, values: [50/s, 120/s, 150/s]}}")
    assert text.startswith("variant base at rate=150/s: service:bank is offered 1.50 times what its workers can do")
    assert "(and 1 more)" in text


def test_what_only_empty_caches_overload_is_no_warning() -> None:
    assert told("catalog:cache-loss") == []


def test_closed_users_overload_nothing(shop: Path) -> None:
    assert told(shop, "workload[0].arrivals={process: closed, users: 500, think: 10ms}") == []


def test_replications_that_cannot_decide_are_said_beside_it(shop: Path) -> None:
    overrides = ["run.replications=2", "variants={fast: {}, slow: {}}", "workload.buy.arrivals.rate=120/s"]
    document = load(str(shop), overrides)
    first, second = forewarnings(prepare(document))
    assert "is offered 1.20 times" in first
    assert "2 variants, 2 replications" in second


def test_batches_of_one_run_decide_what_one_replication_could_not(shop: Path) -> None:
    overrides = ["run.replications=1", "variants={fast: {}, slow: {}}"]
    assert forewarnings(prepare(load(str(shop), overrides))) == []
    timed = [*overrides, "phases={rush: {from: 1s, to: 2s}}"]
    (text,) = forewarnings(prepare(load(str(shop), timed)))
    assert "2 variants, 1 replication" in text
