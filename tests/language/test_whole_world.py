"""One file with every construct of the world that calls live in: it is valid, it runs, and its books balance."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language import load
from simulator.run import run_once
from tests.support import Played, columns_of

FILE = Path(__file__).with_name("files") / "whole_world.yaml"


@pytest.fixture(scope="module")
def played() -> Played:
    (scenario,) = load(FILE).scenarios()
    return Played(scenario, run_once(scenario, 0))


def test_every_workload_is_served(played: Played) -> None:
    for name in ("browse", "order", "users", "burst", "waves", "day", "recorded"):
        outcomes = played.outcomes(name)
        assert outcomes.count("ok") > 0.6 * len(outcomes), name
    assert len(played.rows("recorded")) == 4


def test_every_part_reports_its_own_figures(played: Played) -> None:
    assert 0.1 < played.figure("cache:products", "hit_ratio") < 1
    assert played.figure("cache:products", "hit_ratio") == played.figure("service:shop", "hit_ratio")
    assert 0 < played.figure("pool:shop/db", "utilization") < 1
    assert 0 < played.figure("service:shop", "cpu_utilization") < 1
    assert 2 <= played.figure("service:scaled", "replicas") <= 6
    assert played.figure("route:orders/v1", "throughput") > played.figure("route:orders/v2", "throughput") > 0


def test_every_period_is_a_phase(played: Played) -> None:
    named = ("cut", "slow border", "outage", "roll", "late")
    assert {f"during:{name}" for name in named} <= played.phases()
    assert {f"after:{name}" for name in ("loss", "cut", "shift", "more")} <= played.phases()
    assert not any("flaky" in phase for phase in played.phases()), "faults at random are none"


def test_the_same_seed_gives_the_same_numbers(played: Played) -> None:
    (scenario,) = load(FILE).scenarios()
    assert repr(columns_of(run_once(scenario, 0))) == repr(columns_of(played.result))
