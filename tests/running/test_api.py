"""Everything that the command line does is a function call away."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from experiments.api import run
from experiments.asking import results_name
from experiments.results.reading import Results

SHOP = """\
name: shop
services:
  desk:
    workers: 1
    operations:
      serve: {work: {dist: exponential, mean: 10ms}}
workload:
  - {name: visit, call: desk.serve, arrivals: {process: poisson, rate: 50/s}}
objectives:
  visit: {latency_p90: 10s}
run: {duration: 10s, replications: 3}
variants: {base: {}, fast: {services.desk.workers: 4}}
baseline: base
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return path


def test_results_are_frames(shop: Path) -> None:
    results = run(shop, seed=3)
    figures = results.summary.set_index(["variant", "operation", "metric"])["mean"]
    assert figures["base", "visit", "throughput"] == pytest.approx(50, rel=0.2)
    assert results.summary["point"].tolist() == [""] * len(results.summary)
    assert set(results.comparisons["verdict"]) <= {"better", "worse", "differs", "same", "inconclusive"}
    assert results.objectives["verdict"].tolist() == ["met", "met"]
    assert len(results.requests) == pytest.approx(3000, rel=0.2)
    assert results.manifest["seed"] == 3


def test_the_same_call_gives_the_same_frames(shop: Path) -> None:
    first, second = run(shop), run(shop)
    assert first.summary.equals(second.summary)
    assert first.requests.equals(second.requests)


def test_temporary_results_go_with_their_object(shop: Path) -> None:
    results = run(shop, replications=1, variants=["base"])
    folder = results.folder
    assert folder.exists()
    figures = results.summary.set_index(["operation", "metric"])["ci_low"]
    assert math.isnan(figures["service:desk", "queue_length_max"])
    del results
    assert not folder.exists()


def test_results_stay_where_they_are_put(shop: Path, tmp_path: Path) -> None:
    run(shop, replications=1, out=tmp_path / "out")
    assert not Results(tmp_path / "out").summary.empty


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no results of callsim"):
        Results(tmp_path)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("checkout", "checkout"), ("a b/../c", "a_b_.._c"), ("..", "experiment"), ("été 1.5", "été_1.5")],
)
def test_any_name_makes_a_folder_name(name: str, folder: str) -> None:
    assert results_name(name) == folder
