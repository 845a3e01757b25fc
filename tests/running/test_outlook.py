"""What an experiment will be like: the numbers of runs and requests are exact or measured, the rest is about right."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.api import plan, run
from experiments.language import load
from experiments.running.outlook import Outlook, outlook
from experiments.running.outlook_tables import stations_of
from experiments.running.preparation import prepare
from tests.planning.test_load import SHOP


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP, encoding="utf-8")
    return file


def seen(file: Path, *overrides: str, jobs: int = 1) -> Outlook:
    document = load(str(file), overrides)
    return outlook(document, prepare(document), jobs=jobs)


def test_runs_and_requests_are_those_that_are_played(shop: Path) -> None:
    found = seen(
        shop, "variants={a: {}, b: {}}", "sweep={load: {path: run.load, values: [1, 2]}}", "run.replications=3"
    )
    assert found.runs == (12, 12)
    assert found.simulated == (1200, 1200)
    assert found.requests == pytest.approx((90_000, 90_000))
    assert found.pilots == 0


def test_a_precision_and_a_warmup_to_be_found_make_a_range_and_pilots(shop: Path) -> None:
    until = "run.replications={until: {metric: latency_mean, half_width: 5%}, max: 40}"
    found = seen(shop, until, "run.warmup=auto")
    assert found.runs == (10, 40)
    assert found.pilots == 3
    assert found.seconds[0] < found.seconds[1]


def test_more_processes_than_runs_help_nobody(shop: Path) -> None:
    assert seen(shop, "run.replications=2", jobs=8).jobs == 2


def test_a_station_is_shown_where_it_is_loaded_most(shop: Path) -> None:
    found = seen(shop, "sweep={rate: {path: workload.buy.arrivals.rate, values: [50/s, 90/s, 70/s]}}")
    (bank, counter) = stations_of(found)
    assert (bank.component, bank.state) == ("service:bank", "high")
    assert bank.load == pytest.approx(0.9)
    assert bank.where == "variant base at rate=90/s"
    assert (counter.component, counter.state) == ("service:shop", "ok")


def test_what_is_overloaded_only_at_times_says_when(shop: Path) -> None:
    spike = "workload.buy.arrivals={process: spike, rate: 50/s, peak: 150/s, at: 20s, for: 10s}"
    (bank, _) = stations_of(seen(shop, spike))
    assert (bank.state, bank.notes) == ("overloaded", "only at the highest rate")


def test_replicas_that_are_not_loaded_alike_are_said_beforehand(shop: Path) -> None:
    sticky = ["keys={item: {dist: zipf, n: 2, s: 3}}", "workload.buy.key=item"]
    (_, counter) = stations_of(seen(shop, *sticky, "services.shop.balancing={sticky: item}"))
    assert counter.notes == "on average over the replicas, which sticky: item does not load alike"
    assert all(row.notes == "" for row in stations_of(seen(shop, *sticky, "services.bank.balancing={sticky: item}")))


def test_thin_tails_are_said_beforehand(shop: Path) -> None:
    (text,) = seen(shop, "run.duration=3s", "run.replications=4").warnings
    assert "about 6 requests of buy lie beyond its p99 in 4 replications" in text
    assert seen(shop).warnings == ()


def test_the_frame_holds_every_setting_and_the_totals(shop: Path) -> None:
    frame = plan(shop, overrides=["variants={one: {}, two: {services.bank.workers: 4}}"], replications=2)
    loads = frame.set_index(["variant", "component"])["load"]
    assert loads["one", "service:bank"] == pytest.approx(2 * loads["two", "service:bank"])
    assert frame.attrs["runs"] == [4, 4]


def test_the_data_take_about_the_room_that_was_said(shop: Path, tmp_path: Path) -> None:
    found = seen(shop, "run.replications=2")
    run(shop, replications=2, out=tmp_path / "out")
    taken = sum(file.stat().st_size for file in (tmp_path / "out").glob("*.parquet"))
    assert taken == pytest.approx(found.room[0], rel=0.3)
